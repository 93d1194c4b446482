"""나의 정보 and 정보변경, from outside."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.members.models import persons
from idp.members.profile import EnterpriseProfile, PersonProfile
from tests.builders import BUSINESS_NUMBER, a_person
from tests.protocol.account.lab import CI, Site, Visit, form_of
from tests.protocol.oidc.lab import is_a_page
from tests.races import race

EDIT = "/account/profile"
LATELY = timedelta(minutes=5)


def own(site: Site, visit: Visit) -> PersonProfile:
    profile = site.profile(visit.member_id)
    assert isinstance(profile, PersonProfile)
    return profile


def test_changes_what_a_person_says_of_themselves(site: Site, person: Visit) -> None:
    """REQ-70: e-mail and telephone numbers, by the rules of joining; a new one is not proven to be theirs."""
    answer = person.filled(
        EDIT,
        email_local="new.address",
        email_domain_typed="EXAMPLE.kr",
        phone="2222-3333",
        landline_prefix="02",
        landline="123-4567",
    )
    assert answer.headers["Location"] == "/account/?done=saved"
    assert "회원정보를 변경했습니다" in person.get("/account/?done=saved").text
    profile = own(site, person)
    assert (profile.email, profile.phone, profile.landline) == ("new.address@example.kr", "01022223333", "021234567")
    assert (profile.email_verified, profile.phone_verified) == (False, False)
    assert (profile.name, profile.login_id, profile.ci) == ("홍길동", "honggildong", CI)
    assert site.actions(person.member_id)[-1] == ("profile.changed", {"fields": "email landline phone"})


def test_finds_the_member_by_what_they_changed(site: Site, person: Visit) -> None:
    """Recovery looks members up by keyed digest: the new address and number find them, the former do not."""
    person.filled(EDIT, email_local="new.address", phone="22223333")
    digest = site.house.digester.digest
    with site.house.database.reading() as connection:
        row = connection.execute(select(persons)).one()
    assert row.email_digest == digest("email", "new.address@example.kr")
    assert row.phone_digest == digest("phone", "01022223333")


def test_changes_an_enterprise(site: Site, enterprise: Visit) -> None:
    """REQ-70: 회사명, 대표자명, 설립일, 이메일, 대표 전화번호; never the 사업자등록번호, whatever is posted."""
    answer = enterprise.filled(
        EDIT,
        company_name="㈜새이름",
        representative_name="김길동",
        founded_on="1999-12-31",
        landline="",
        business_number="2208162517",
        email_local="office",
    )
    assert answer.status_code == 303
    profile = site.profile(enterprise.member_id)
    assert isinstance(profile, EnterpriseProfile)
    assert (profile.company_name, profile.representative_name, profile.founded_on, profile.phone, profile.email) == (
        *("㈜새이름", "김길동", "1999-12-31"),
        None,
        "office@example.kr",
    )
    assert profile.business_number == BUSINESS_NUMBER


def test_writes_nothing_where_nothing_changed(site: Site, person: Visit) -> None:
    """No record of a change that was none; a proven address stays proven."""
    before = site.actions(person.member_id)
    assert person.filled(EDIT).status_code == 303
    assert site.actions(person.member_id) == before


def test_leaves_a_verified_number_alone(site: Site) -> None:
    """REQ-26: what verification knows cannot be altered by posting other values."""
    visit = site.signed_in(a_person(site.house, phone_verified=True, email_verified=True))
    assert 'name="phone"' not in visit.get(EDIT).text
    assert (
        visit.filled(EDIT, phone_prefix="010", phone="99998888", name="김길동", login_id="another").status_code == 303
    )
    profile = own(site, visit)
    assert (profile.phone, profile.phone_verified, profile.email_verified) == ("01012345678", True, True)
    assert (profile.name, profile.login_id) == ("홍길동", "honggildong")


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("email_local", "", "이메일 아이디와 도메인을"),
        ("email_local", "a b", "이메일 주소를 확인"),
        ("email_local", "이메일", "이메일 주소를 확인"),
        ("email_local", "a" * 65, "이메일 주소를 확인"),
        ("email_domain_typed", "no-dot", "이메일 주소를 확인"),
        ("email_local", "a\r\nBcc: x", "이메일 주소를 확인"),
        ("phone", "", "휴대전화번호를 입력"),
        ("phone", "😀", "휴대전화번호를 확인"),
        ("phone", "123", "휴대전화번호를 확인"),
        ("phone", "\u202e12345678", "휴대전화번호를 확인"),
        ("landline", "<b>1</b>", "전화번호를 지역번호부터 확인"),
    ],
)
def test_says_what_is_wrong_and_keeps_what_was_typed(
    site: Site, person: Visit, field: str, typed: str, said: str
) -> None:
    """Bad input: the fault stands at its field, the other fields keep what was typed, nothing is written."""
    before = own(site, person)
    answer = person.filled(EDIT, **{"email_local": "kept", field: typed})
    assert is_a_page(answer, 400)
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert own(site, person) == before
    if field != "email_local":
        assert form_of(answer, EDIT)["email_local"] == "kept"
    assert "<b>1</b>" not in answer.text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("company_name", ""),
        ("company_name", "가" * 101),
        ("company_name", "\u202e회사"),
        ("representative_name", "\x00"),
        ("founded_on", "2026-02-30"),
        ("founded_on", "2999-01-01"),
    ],
)
def test_holds_an_enterprise_to_the_rules_of_joining(site: Site, enterprise: Visit, field: str, typed: str) -> None:
    """REQ-29 among others: a real day, not in the future; a name of visible letters."""
    before = site.profile(enterprise.member_id)
    assert is_a_page(enterprise.filled(EDIT, **{field: typed}), 400)
    assert site.profile(enterprise.member_id) == before


def test_takes_full_width_digits(site: Site, person: Visit) -> None:
    """Korean input methods make them; they are digits."""
    assert person.filled(EDIT, phone="２２２２３３３３").status_code == 303
    assert own(site, person).phone == "01022223333"


def test_asks_again_who_it_is_after_five_minutes(site: Site, person: Visit) -> None:
    """REQ-70: 정보변경 needs a recent proof; up to five minutes is recent."""
    site.clock.advance(LATELY)
    assert person.get(EDIT).status_code == 200
    site.clock.advance(timedelta(seconds=1))
    asked = person.get(EDIT)
    assert asked.headers["Location"].startswith("/signin/")
    shown = person.sign_in_again(asked)
    assert (shown.status_code, shown.request.path) == (200, EDIT)


def test_keeps_what_was_typed_while_it_asks_again(site: Site, person: Visit) -> None:
    """WCAG 2.2 §2.2.5: nothing is saved before, nothing is lost after; and it is shown once."""
    values = {**form_of(person.get(EDIT), EDIT), "email_local": "typed.before"}
    site.clock.advance(LATELY + timedelta(seconds=1))
    asked = person.client.post(EDIT, data=values)
    assert asked.headers["Location"].startswith("/signin/")
    assert own(site, person).email == "hong@example.kr"
    shown = person.sign_in_again(asked)
    assert form_of(shown, EDIT)["email_local"] == "typed.before"
    assert "불러왔습니다" in shown.text
    assert form_of(person.get(EDIT), EDIT)["email_local"] == "hong"


def test_shows_nobody_else_what_was_typed(site: Site, person: Visit) -> None:
    """Another member who signs in at the same browser gets their own form."""
    a_person(site.house, "somebody_else", email="other@example.kr", phone="01099998888")
    values = {**form_of(person.get(EDIT), EDIT), "email_local": "typed.before"}
    site.clock.advance(LATELY + timedelta(seconds=1))
    shown = person.sign_in_again(person.client.post(EDIT, data=values), "somebody_else")
    assert form_of(shown, EDIT)["email_local"] == "other"
    assert "typed.before" not in shown.text


def test_does_not_overwrite_what_another_window_changed(site: Site, person: Visit) -> None:
    """Two windows: the later one is told, sees what it typed, and may save it then."""
    stale = form_of(person.get(EDIT), EDIT)
    person.filled(EDIT, landline_prefix="02", landline="1234567")
    answer = person.client.post(EDIT, data={**stale, "email_local": "second.window"})
    assert is_a_page(answer, 409)
    assert own(site, person).email == "hong@example.kr"
    again = form_of(answer, EDIT)
    assert again["email_local"] == "second.window"
    assert person.client.post(EDIT, data=again).status_code == 303
    assert own(site, person).email == "second.window@example.kr"


def test_lets_one_of_many_changes_at_once_through(site: Site, person: Visit) -> None:
    """Architecture §11: sixteen racers from the same form; one is saved, the others hear that it was not theirs."""
    values = form_of(person.get(EDIT), EDIT)
    cookies = {name: person.client.get_cookie(name) for name in ("idp_session", "idp_form")}

    def change(racer: int) -> int:
        client = site.app.test_client()
        for name, cookie in cookies.items():
            assert cookie is not None
            client.set_cookie(name, cookie.value)
        return client.post(EDIT, data={**values, "email_local": f"racer{racer}"}).status_code

    assert sorted(race(change, 8)) == [303] + [409] * 7
    assert len([name for name, _detail in site.actions(person.member_id) if name == "profile.changed"]) == 1


@pytest.mark.parametrize("seen", ["", "x", "x" * 500, "\x00"])
def test_takes_no_change_without_the_edition_that_was_seen(site: Site, person: Visit, seen: str) -> None:
    """A forged or missing hidden field is a change of nobody knows what."""
    before = own(site, person)
    assert is_a_page(person.filled(EDIT, email_local="forged", seen=seen), 409)
    assert own(site, person) == before


def test_shows_what_is_known_masked_until_asked_to_change_it(site: Site, person: Visit) -> None:
    """REQ-89: 나의 정보 masks; the form of 정보변경 does not, after a proof."""
    page = person.get("/account/").text
    assert "hong@example.kr" not in page
    assert "010-****-5678" in page
    assert form_of(person.get(EDIT), EDIT)["email_local"] == "hong"
    assert re.search(r"<dt>이메일</dt><dd>ho\*\*@example\.kr \(확인되지 않음\)</dd>", page)


def test_marks_what_an_enterprise_says_of_itself(enterprise: Visit) -> None:
    """Requirements C25: no register was asked, so 회사명, 대표자명 and 설립일 are 미확인; the proven number is not."""
    page = enterprise.get("/account/").text
    assert page.count("(미확인)") == 3
    number = page.partition("사업자등록번호")[2][:200]
    assert "미확인" not in number
