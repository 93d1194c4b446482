"""Somebody is sent to convert who is a member already: sign in, agree, and the account is behind their link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from idp.audit.models import audit_records
from idp.clock import SystemClock
from idp.house import House
from idp.links.models import agency_accounts, consents, links
from tests.builders import a_house, link, unlink, withdrawing
from tests.fakes import FrozenClock
from tests.races import race
from tests.unit.enrolment.joining import at_agencies, members_of, send_last
from tests.unit.enrolment.test_conversion_pages import COMPANY, request_of, told
from tests.unit.enrolment.walk import PASSWORD, Site, Walker, site as build

METHOD = "공동인증서"
ROLES = ["시스템 관리자"]


def convert(site: Site, *, account: str = "testId1", walker: Walker | None = None) -> Walker:
    """At the door, with a request of voucher's for a person."""
    return (walker or site.browser()).open(request_of(site.house, account=account, roles=ROLES))


def verified(walker: Walker, holder: str = "hong_gildong") -> Walker:
    """Through the steps until it is known who converts."""
    return walker.press("다음", kind="person").agree_to_terms().press(METHOD).choose(holder)


def joined(site: Site, holder: str = "hong_gildong", login_id: str = "gildong.h") -> str:
    """A member's id."""
    send_last(at_agencies(site, holder=holder, login_id=login_id))
    with site.house.database.reading() as connection:
        member_id = site.house.directory.member_id(connection, login_id)
    assert member_id is not None
    return member_id


def sign_in(walker: Walker, login_id: str = "gildong.h") -> Walker:
    """At the sign-in page."""
    return walker.press("로그인", login_id=login_id, password=PASSWORD)


def attached(house: House) -> list[tuple[str, int]]:
    """Whose link how many accounts stand behind."""
    with house.database.reading() as connection:
        rows = connection.execute(
            select(links.c.member_id).join(agency_accounts, agency_accounts.c.link_id == links.c.id)
        ).scalars()
        members = list(rows)
    return [(each, members.count(each)) for each in dict.fromkeys(members)]


def verified_again(house: House) -> list[str]:
    """Of whom a later verification is kept."""
    with house.database.reading() as connection:
        query = select(audit_records.c.member_id).where(audit_records.c.action == "identity.verified_again")
        return list(connection.execute(query).scalars())


def test_attaches_the_account_to_the_membership_there_is(site: Site, house: House, frozen_clock: FrozenClock) -> None:
    """REQ-06, REQ-35, REQ-36: verified, signed in, agreed, linked, told, and on to voucher signed in."""
    member = joined(site)
    frozen_clock.advance(timedelta(seconds=1))
    walker = verified(convert(site))
    assert walker.sees("이미 통합회원입니다")
    assert walker.sees("홍길동 (testId1)")
    assert not walker.sees("동의하고 계정 연결")
    walker = sign_in(walker.press("통합로그인"))
    assert walker.sees("제공하는 개인정보 항목")
    assert attached(house) == []
    walker.press("동의하고 계정 연결")
    assert (walker.step, walker.sees("전환을 완료하였습니다.")) == (6, True)
    assert attached(house) == [(member, 1)]
    assert members_of(house) == 1
    assert verified_again(house) == [member]
    [event] = told(house)
    assert (event["current_status"], event["reason"], event["agency_account"]) == ("linked", "conversion", "testId1")
    way_on = walker.document.xpath("//a[contains(., '유관기관 서비스로 이동하기')]/@href")
    assert way_on == ["http://127.0.0.1:8101/login"]
    assert walker.open("/account/agencies").sees("혁신바우처")


def test_adds_the_account_to_a_link_in_force(site: Site, house: House) -> None:
    """Architecture §6: the version is raised, the subject stays, the relying party is told of both accounts."""
    member = joined(site)
    link(house, member, "voucher")
    for account in ("testId1", "testId2"):
        sign_in(verified(convert(site, account=account)).press("통합로그인")).press("동의하고 계정 연결")
    events = told(house)
    assert [each["version"] for each in events] == [1, 2, 3]
    assert events[1]["agency_account"] == "testId1"
    assert sorted(events[2]["agency_accounts"]) == ["testId1", "testId2"]
    assert attached(house) == [(member, 2)]


def test_undoes_no_end_that_came_after_the_request(site: Site, house: House, frozen_clock: FrozenClock) -> None:
    """CVE-2026-92358's class: a conversion under way when the link ends dies with it; a new request does not."""
    member = joined(site)
    link(house, member, "voucher")
    frozen_clock.advance(timedelta(seconds=5))
    walker = sign_in(verified(convert(site)).press("통합로그인"))
    waiting = request_of(house, account="testId2", roles=ROLES)
    frozen_clock.advance(timedelta(seconds=5))
    unlink(house, member, "voucher")
    frozen_clock.advance(timedelta(seconds=5))
    walker.press("동의하고 계정 연결")
    assert (walker.status, walker.sees("다시 시작해 주세요.")) == (409, True)
    late = sign_in(verified(site.browser().open(waiting)).press("통합로그인")).press("동의하고 계정 연결")
    assert late.status == 409
    assert attached(house) == []
    with house.database.reading() as connection:
        assert connection.execute(select(links.c.state)).scalars().all() == ["unlinked"]
    sign_in(verified(convert(site)).press("통합로그인")).press("동의하고 계정 연결")
    assert attached(house) == [(member, 1)]


def test_relinks_a_stopped_link_under_its_subject(site: Site, house: House) -> None:
    """Architecture §6."""
    member = joined(site)
    before = link(house, member, "voucher")
    unlink(house, member, "voucher")
    sign_in(verified(convert(site)).press("통합로그인")).press("동의하고 계정 연결")
    with house.database.reading() as connection:
        row = connection.execute(select(links)).one()
    assert (row.subject, row.state, row.version) == (before.subject, "linked", 3)


def test_lets_an_enterprise_sign_in_by_its_certificate(site: Site, house: House) -> None:
    """REQ-18, REQ-41: found by its verified 사업자등록번호."""
    send_last(at_agencies(site, "enterprise"))
    walker = site.browser().open(request_of(house)).press("다음", kind="enterprise").agree_to_terms()
    walker.press("기업인증서", business_number=COMPANY).choose("gildong")
    assert walker.sees("이미 통합회원입니다")
    walker.press("통합로그인")
    assert walker.sees("사업자등록번호")
    walker.press("로그인", business_number=COMPANY, method="business_certificate").choose("gildong")
    walker.press("동의하고 계정 연결")
    assert walker.step == 6
    assert len(attached(house)) == 1


def test_refuses_whoever_is_signed_in_as_somebody_else(site: Site, house: House) -> None:
    """C9: said in a plain sentence, before and after signing in, and whatever is posted."""
    joined(site)
    other = joined(site, "kim_gildong", "kim.gildong")
    walker = verified(convert(site))
    sign_in(walker.press("통합로그인"), "kim.gildong")
    assert walker.sees("본인확인한 회원이 아닌 김*동님으로 로그인되어 있어 연결할 수 없습니다.")
    assert walker.document.xpath("//button[@value='accept']") == []
    form = next(form for form in walker.document.forms if form.get("action") == walker.path)
    answer = walker.client.post(walker.path, data={**dict(form.form_values()), "action": "accept"})
    assert answer.status_code == 409
    assert attached(house) == []
    assert isinstance(house.clock, FrozenClock)
    house.clock.advance(timedelta(minutes=1))
    sign_in(walker.press("다시 로그인하기"))
    assert walker.press("동의하고 계정 연결").step == 6
    assert other not in dict(attached(house))


def test_believes_no_consent_that_was_shown_to_somebody_else(site: Site, house: House) -> None:
    """Architecture §11.3: another tab signed somebody in meanwhile; the page is shown anew, to them."""
    joined(site)
    walker = sign_in(verified(convert(site)).press("통합로그인"))
    token = walker.document.xpath("//input[@name='csrf_token']/@value")[0]
    for shown_to in ("", "x", "한글"):
        sent = {"csrf_token": token, "action": "accept", "shown_to": shown_to}
        assert walker.client.post(walker.path, data=sent).status_code == 409
    assert attached(house) == []


def test_offers_the_short_way_to_whoever_is_signed_in(site: Site, house: House) -> None:
    """Issue 3: their session has proven who they are; nothing is typed, nothing verified again."""
    member = joined(site)
    walker = sign_in(site.browser().open("/account/"))
    convert(site, walker=walker)
    assert walker.sees("연결할 통합회원")
    assert walker.sees("홍*동")
    walker.press("동의하고 계정 연결")
    assert walker.step == 6
    assert attached(house) == [(member, 1)]


def test_lets_somebody_else_at_that_browser_convert(site: Site, house: House) -> None:
    """Issue 3: whoever is signed in there need not be who converts."""
    joined(site)
    walker = convert(site, walker=sign_in(site.browser().open("/account/"))).press("다른 회원으로 전환하기")
    assert walker.step == 1
    verified(walker, "kim_gildong").give_details("kim.gildong").press("다음")
    assert walker.step == 6
    assert members_of(house) == 2


def test_leaves_the_other_type_to_the_warning(site: Site, house: House) -> None:
    """REQ-07: a person is signed in, an enterprise is expected."""
    joined(site)
    walker = sign_in(site.browser().open("/account/")).open(request_of(house))
    assert walker.step == 1


def test_joins_nobody_and_links_nothing_by_typed_values(site: Site, house: House) -> None:
    """Architecture §11.3: the page is for drafts in which somebody was proven to be a member, in this browser."""
    joined(site)
    walker = convert(site)
    draft = walker.draft_id
    walker.open(f"/join/{draft}/member")
    assert walker.step == 1
    walker.press("다음", kind="person").agree_to_terms()
    token = walker.document.xpath("//input[@name='csrf_token']/@value")[0]
    sent = {"csrf_token": token, "action": "accept", "member": "gildong.h"}
    walker.answer = walker.client.post(f"/join/{draft}/member", data=sent, follow_redirects=True)
    assert walker.step == 3
    assert site.browser().open(f"/join/{draft}/member").status == 404
    assert site.browser().open("/join/한글/member").status == 404
    assert site.browser().open("/join/member/answer/x").status == 404
    assert attached(house) == []


def test_forgets_who_was_a_member_when_somebody_else_is_verified(site: Site, house: House) -> None:
    """Issue 3: going back and being verified as another person makes another person's draft."""
    joined(site)
    walker = verified(convert(site))
    walker.open(walker.document.xpath("//a[contains(., '이전')]/@href")[0])
    assert walker.sees("기존 통합회원에 계정 연결하기")
    walker.press(METHOD).choose("kim_gildong")
    assert walker.step == 4
    walker.open(f"/join/{walker.draft_id}/member")
    assert walker.step == 4


@pytest.mark.parametrize("state", ["taken", "suspended", "withdrawn"])
def test_says_why_the_account_cannot_be_attached(site: Site, house: House, state: str) -> None:
    """Issue 3: taken by another member, suspended by the agency, or a member no more."""
    member = joined(site)
    if state == "taken":
        other = joined(site, "kim_gildong", "kim.gildong")
        sign_in(verified(convert(site), "kim_gildong").press("통합로그인"), "kim.gildong").press("동의하고 계정 연결")
        assert attached(house) == [(other, 1)]
    walker = sign_in(verified(convert(site)).press("통합로그인"))
    if state == "suspended":
        made = link(house, member, "voucher")
        with house.database.transaction() as connection:
            connection.execute(update(links).where(links.c.id == made.id).values(state="suspended"))
    if state == "withdrawn":
        withdrawing(house)(member)
    walker.press("동의하고 계정 연결")
    said = {
        "taken": "이미 다른 통합회원에 연결되어 있습니다.",
        "suspended": "계정 연결이 정지되어 있어",
        "withdrawn": "통합회원으로 로그인한 다음",
    }
    assert walker.sees(said[state]), walker.words
    assert member not in dict(attached(house))


def test_shows_the_end_to_every_submission(site: Site, house: House) -> None:
    """Issue 3 (double submission, back button): one event, and the last page each time."""
    joined(site)
    walker = sign_in(verified(convert(site)).press("통합로그인"))
    path, page = walker.path, walker.answer
    walker.press("동의하고 계정 연결")
    walker.answer = page
    assert walker.press("동의하고 계정 연결").step == 6
    assert walker.open(path).step == 6
    assert len(told(house)) == 1


def test_attaches_once_among_sixteen(any_database: object, keys_dir: object) -> None:
    """Architecture §11.1: sixteen submissions of one page, on both kinds of database."""
    url = any_database.engine.url.render_as_string(hide_password=False)  # type: ignore[attr-defined]
    house = a_house(url, keys_dir, SystemClock())  # type: ignore[arg-type]
    site = build(house)
    joined(site)
    walker = sign_in(verified(convert(site)).press("통합로그인"))
    form = next(form for form in walker.document.forms if form.get("action") == walker.path)
    sent = {**dict(form.form_values()), "action": "accept"}
    cookies = {name: walker.client.get_cookie(name) for name in ("idp_form", "idp_session")}

    def post(_number: int) -> tuple[int, str]:
        client = site.app.test_client()
        for name, cookie in cookies.items():
            assert cookie is not None
            client.set_cookie(name, cookie.value)
        answer = client.post(walker.path, data=sent)
        return answer.status_code, answer.headers.get("Location", "")

    assert {status for status, _where in race(post)} == {303}
    assert len(told(house)) == 1
    with house.database.reading() as connection:
        assert len(connection.execute(select(consents)).fetchall()) == 1
