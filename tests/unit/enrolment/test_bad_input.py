"""Every field with every kind of bad input, by post: a complaint at the field, nothing lost, nothing broken."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace

import pytest

from idp.house import House
from idp.members import store as members
from idp.members.directory import CI
from idp.members.profile import EnterpriseProfile, PersonProfile
from idp.verification.simulated.people import people
from tests.unit.enrolment.joining import NUMBER, at_agencies, at_details, at_identity, members_of, send_last
from tests.unit.enrolment.walk import ENTERPRISE, PASSWORD, PERSON, Site, Walker

BAD = {
    "empty": "",
    "blank": "  \t ",
    "too long": "가" * 5000,
    "emoji": "😀👨‍👩‍👧❤️",
    "marks of direction": "\u200fabc\u202edef\u2066",
    "nothing to see": "\u200b\ufeff\u00ad",
    "NFD": unicodedata.normalize("NFD", "홍길동"),
    "full-width": "１２３４５６７８９０",
    "control": "\x00\x01\x1b[31m\x7f",
    "line ends": "a\r\nBcc: b",
    "HTML": "\"><script>alert(1)</script><b title='",
    "template": "{{ 7 * 7 }} %(brand)s %s",
    "SQL": "' OR 1=1 --",
}
TEXTS = {
    "person": (
        "login_id",
        "password",
        "password_again",
        "landline_prefix",
        "landline",
        "email_local",
        "email_domain_typed",
    ),
    "enterprise": (
        *("company_name", "representative_name", "founded_on"),
        *("login_id", "password", "password_again", "landline", "email_local", "email_domain_typed"),
    ),
}
READABLE = ("NFD", "full-width", "HTML", "template", "SQL")
# What these values are in these fields is nothing wrong.
RIGHT = {
    ("landline", "empty"),
    ("landline", "blank"),
    *(("landline_prefix", kind) for kind in BAD),
    ("email_local", "full-width"),
    *((name, kind) for name in ("company_name", "representative_name") for kind in READABLE),
}
COMPLAINS_AT = {"email_domain_typed": "email_local"}
HIDDEN = (
    "action",
    "method",
    "decision",
    "child",
    "confirmed",
    "csrf_token",
    "sign_in",
    "kind",
    "all",
    "business_number",
)


def post(walker: Walker, values: Mapping[str, str], path: str | None = None) -> Walker:
    """Send these values as they are, with the page's token."""
    token = walker.document.forms[0].fields["csrf_token"]
    sent = {"csrf_token": token, **values}
    walker.answer = walker.client.post(path or walker.path, data=sent, follow_redirects=True)
    return walker


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in TEXTS.items() for name in names])
def test_complains_at_the_field_and_keeps_the_rest(site: Site, house: House, kind: str, name: str) -> None:
    """Issue 3 (bad input), KWCAG 2.2 §7.4.2."""
    walker = at_details(site, kind)
    right = {**(PERSON if kind == "person" else ENTERPRISE), "email_domain": "", "email_domain_typed": "example.com"}
    right = {**right, "password": PASSWORD, "password_again": PASSWORD}
    for bad, value in BAD.items():
        walker.press("중복확인", login_id="gildong.h", **right)
        post(walker, {"login_id": "gildong.h", **right, name: value})
        if (name, bad) in RIGHT:
            assert walker.step == 5, (bad, walker.words)
            walker.open(f"/join/{walker.draft_id}/4")
            continue
        assert (walker.status, walker.step) == (400, 4), bad
        assert COMPLAINS_AT.get(name, name) in walker.document.xpath("//*[@aria-invalid='true']/@name"), bad
        assert len(walker.document.xpath("//*[@role='alert']")) == 1
        for each in {"email_local", "company_name"} - {name}:
            if walker.sees(each, field=True):
                assert walker.document.xpath(f"string(//input[@name='{each}']/@value)") == right[each]
        assert PASSWORD not in walker.text
        assert "<script>alert" not in walker.text
    assert members_of(house) == 0


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_survives_changed_hidden_fields_and_buttons(site: Site, house: House, step: int) -> None:
    """Issue 3: hidden fields changed; no 500, and nobody becomes a member by it."""
    walker = at_agencies(site)
    token, draft_id = walker.document.forms[0].fields["csrf_token"], walker.draft_id
    for name in HIDDEN:
        for bad, value in BAD.items():
            answer = walker.client.post(f"/join/{draft_id}/{step}", data={"csrf_token": token, name: value})
            assert answer.status_code in (303, 400), (name, bad)
    assert members_of(house) == 0


@pytest.mark.parametrize("name", ["agency", "account", "action"])
def test_connects_nothing_that_was_not_offered(site: Site, house: House, name: str) -> None:
    """Issue 3: hidden fields changed at the last step; what is not there cannot be chosen."""
    walker = at_agencies(site)
    token = walker.document.forms[0].fields["csrf_token"]
    sent = {"csrf_token": token, name: list(BAD.values())}
    walker.answer = walker.client.post(walker.path, data=sent, follow_redirects=True)
    assert walker.step == 6
    assert walker.document.xpath("//ul[@class='connected']/li") == []
    assert members_of(house) == 1


@pytest.mark.parametrize("octets", ["%ED%A0%80", "%FF%FE", "%C0%80", "%", "%F4%90%80%80"])
def test_survives_octets_that_are_no_text(site: Site, octets: str) -> None:
    """RFC 3629 §3: whatever a sender calls UTF-8."""
    walker = at_details(site, "enterprise")
    token = walker.document.forms[0].fields["csrf_token"]
    body = f"csrf_token={token}&" + "&".join(f"{name}={octets}" for name in (*TEXTS["enterprise"], octets))
    walker.answer = walker.client.post(walker.path, data=body, content_type="application/x-www-form-urlencoded")
    assert walker.status == 400


def test_takes_no_form_without_its_token(site: Site, house: House) -> None:
    """OWASP CSRF Prevention: another site cannot press our buttons."""
    walker = at_agencies(site)
    for step in range(1, 6):
        assert walker.client.post(f"/join/{walker.draft_id}/{step}", data={"agency": "kamp"}).status_code == 400
    assert members_of(house) == 0


def test_keeps_name_and_phone_as_verified_whatever_is_posted(site: Site, house: House) -> None:
    """REQ-26, architecture §11.3: nothing the browser posts decides identity."""
    walker = at_details(site)
    walker.press("중복확인", login_id="gildong.h", **PERSON)
    forged = {"name": "김길동", "phone_prefix": "010", "phone": "99998888", "ci": "x" * 88, "birth_date": "1980-01-01"}
    typed = {"login_id": "gildong.h", "password": PASSWORD, "password_again": PASSWORD, **PERSON, **forged}
    send_last(post(walker, typed))
    with house.database.reading() as connection:
        member_id = house.directory.member_id(connection, "gildong.h")
        assert member_id is not None
        row = members.find(connection, member_id)
    assert row is not None
    known = people(house.clock.now().date())["hong_gildong"]
    profile = house.directory.profile(row)
    assert isinstance(profile, PersonProfile)
    assert profile.verification is not None
    assert replace(profile, verification=None) == PersonProfile(
        "gildong.h", known.name, "gildong@naver.com", known.phone, birth_date="1990-01-01", landline=None, ci=known.ci,
        phone_verified=True, identity_verified=True,
    )  # fmt: skip
    with house.database.reading() as connection:
        assert members.id_by_ci(connection, house.directory.digester.digest(CI, known.ci)) == member_id


def test_keeps_the_verified_business_number_whatever_is_posted(site: Site, house: House) -> None:
    """REQ-26, REQ-18."""
    walker = at_details(site, "enterprise")
    walker.press("중복확인", login_id="gildong.e", **ENTERPRISE)
    forged = {"business_number": "1108100010", "evidence": "{}"}
    typed = {"login_id": "gildong.e", "password": PASSWORD, "password_again": PASSWORD, **ENTERPRISE, **forged}
    send_last(post(walker, typed))
    with house.database.reading() as connection:
        member_id = house.directory.enterprise_id(connection, NUMBER)
        assert member_id is not None
        row = members.find(connection, member_id)
        assert house.directory.enterprise_id(connection, "1108100010") is None
    assert row is not None
    profile = house.directory.profile(row)
    assert isinstance(profile, EnterpriseProfile)
    assert (profile.business_number, profile.company_name, profile.login_id) == (NUMBER, "길동상사", "gildong.e")


def test_takes_no_business_number_for_another_than_was_verified(site: Site) -> None:
    """REQ-15: the certificate of one company proves no other's number."""
    walker = at_identity(site, "enterprise").press("기업인증서", business_number=NUMBER)
    walker.press("결과 보내기", holder="second", outcome="approve")
    assert not walker.path.endswith("/4")
    assert walker.sees("본인확인을 마치지 못했습니다")


def test_escapes_what_a_company_is_called(site: Site) -> None:
    """Issue 3 (HTML): shown as text wherever it is shown."""
    walker = at_details(site, "enterprise").press(
        "중복확인", login_id="gildong.e", company_name="<img src=x onerror=a>"
    )
    assert "<img src=x" not in walker.text
    assert walker.document.xpath("string(//input[@name='company_name']/@value)") == "<img src=x onerror=a>"
