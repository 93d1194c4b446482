"""Drafts from outside: two tabs, another browser, a restart, and time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.app import create_app
from idp.house import House
from tests.builders import a_house
from tests.fakes import FrozenClock
from tests.unit.enrolment.joining import (
    CERTIFICATE,
    NUMBER,
    at_agencies,
    at_details,
    members_of,
    send_last,
)
from tests.unit.enrolment.walk import ENTERPRISE, Site, Walker


def test_keeps_two_tabs_of_one_browser_apart(site: Site, house: House) -> None:
    """Issue 3: two tabs at once without mixing."""
    one = site.browser().open("/join/").press("다음", kind="enterprise")
    two = Walker(one.client).open("/join/").press("처음부터 다시 시작하기").press("다음", kind="person")
    assert one.draft_id != two.draft_id
    one.agree_to_terms()
    two.agree_to_terms()
    one.press(CERTIFICATE["enterprise"], business_number=NUMBER).choose("gildong")
    two.press(CERTIFICATE["person"]).choose("kim_gildong")
    one.give_details("gildong.e", ENTERPRISE)
    two.give_details("gildong.k")
    send_last(two)
    send_last(one)
    assert (one.step, two.step, members_of(house)) == (6, 6, 2)


def test_asks_whether_to_go_on_with_what_was_left(site: Site) -> None:
    """Issue 3: resumable."""
    walker = at_details(site)
    draft_id = walker.draft_id
    walker.open("/join/")
    assert walker.sees("4단계 정보입력")
    walker.press("이어서 진행하기")
    assert (walker.step, walker.draft_id) == (4, draft_id)
    walker.open("/join/").press("처음부터 다시 시작하기")
    assert walker.step == 1
    assert walker.draft_id != draft_id


def test_goes_on_after_a_restart(site: Site, house: House, frozen_clock: FrozenClock) -> None:
    """Issue 3: server-side drafts survive a restart; the browser brings its cookies along."""
    walker = at_details(site)
    walker.press("중복확인", login_id="gildong.h")
    again = a_house(
        house.database.engine.url.render_as_string(hide_password=False), house.settings.keys_dir, frozen_clock
    )
    client = create_app(again.settings, instead=again).test_client()
    for cookie in ("idp_form",):
        found = walker.client.get_cookie(cookie)
        assert found is not None
        client.set_cookie(cookie, found.value)
    late = Walker(client).open(f"/join/{walker.draft_id}/6")
    assert late.step == 4
    late.give_details("gildong.h")
    assert send_last(late).step == 6
    again.close()


def test_lets_a_draft_expire(site: Site, frozen_clock: FrozenClock) -> None:
    """Issue 3: expiring; with a way on."""
    walker = at_details(site)
    frozen_clock.advance(timedelta(days=1, minutes=1))
    walker.open(f"/join/{walker.draft_id}/4")
    assert walker.status == 404
    assert walker.sees("진행 중인 회원가입이 없습니다")
    assert walker.document.xpath("//main//a/@href") == ["/join/"]
    assert walker.open("/join/").step == 1


@pytest.mark.parametrize("path", ["1", "2", "3", "4", "5", "6", "verified", "verified?verification=x"])
def test_shows_a_draft_to_no_other_browser(site: Site, path: str) -> None:
    """REQ-15: a link to it, or a guess, is worth nothing."""
    walker = at_agencies(site)
    stranger = site.browser().open(f"/join/{walker.draft_id}/{path}")
    assert stranger.status == 404
    assert not stranger.sees("홍길동")


def test_shows_the_end_to_no_other_browser(site: Site) -> None:
    """REQ-15."""
    walker = send_last(at_agencies(site))
    assert site.browser().open(walker.path).status == 404
