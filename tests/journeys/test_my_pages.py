"""My pages with everything at work: what ends there ends at the relying parties, and what ends by itself as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import OpenBrowser
from tests.journeys.patience import eventually
from tests.journeys.stage import Stage, raised
from tests.journeys.tab import Sight, Tab

IDLE_SECONDS = 20


@pytest.fixture(scope="module")
def hasty_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A provider whose sessions end soon."""
    with raised(tmp_path_factory.mktemp("hasty-stage"), {"IDP_SESSIONS__IDLE": f"PT{IDLE_SECONDS}S"}) as stage:
        yield stage


def signed_out_at(tab: Tab, party: str) -> bool:
    return tab.visit(party) is Sight.SIGNED_OUT


def test_signs_out_another_browser(any_stage: Stage, open_browser: OpenBrowser) -> None:
    """Two browsers of one member: ended from the one, the other is signed out, at its relying party too; this one and
    its relying party are not."""
    person = any_stage.newcomer()
    here, there = open_browser(any_stage), open_browser(any_stage)
    here.first_sign_in("voucher", person)
    there.visit("voucher")
    assert there.press_sign_in() is Sight.PASSWORD
    assert there.give_password(person) is Sight.SIGNED_IN
    here.page.goto(f"{any_stage.provider}/account/history")
    others = here.page.locator("section[aria-labelledby=sessions-title] li").filter(has_not_text="이 기기")
    expect(others).to_have_count(1)
    expect(others).to_contain_text("Chrome")
    others.get_by_role("button", name=re.compile("^로그아웃")).click()
    expect(others).to_have_count(0)
    eventually(lambda: signed_out_at(there, "voucher"))
    assert there.my_agencies() is Sight.PASSWORD
    assert here.visit("voucher") is Sight.SIGNED_IN


def test_changes_the_password_and_leaves_the_rest_outside(sqlite_stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-68: every relying party hears; the other browser needs the new password; this one goes on."""
    person = sqlite_stage.newcomer()
    here, there = open_browser(sqlite_stage), open_browser(sqlite_stage)
    here.first_sign_in("voucher", person)
    there.visit("voucher")
    there.press_sign_in()
    assert there.give_password(person) is Sight.SIGNED_IN
    here.page.goto(f"{sqlite_stage.provider}/account/password")
    here.page.get_by_label("현재 비밀번호", exact=True).fill(person.password)
    here.page.get_by_label("새 비밀번호", exact=True).fill("Another!2027")
    here.page.get_by_label("새 비밀번호 확인", exact=True).fill("Another!2027")
    here.page.get_by_role("button", name="비밀번호 변경", exact=True).click()
    expect(here.page.get_by_text("비밀번호를 변경했습니다.")).to_be_visible()
    eventually(lambda: signed_out_at(there, "voucher"))
    there.watch.expect(401)
    assert there.press_sign_in() is Sight.PASSWORD
    assert there.give_password(person) is Sight.PASSWORD
    assert there.page.locator("[role=alert]").first.is_visible()
    assert here.my_agencies() is Sight.ACCOUNT


def test_ends_on_both_sides_when_time_is_up(hasty_stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-65, REQ-66: nobody presses anything; the page says so by itself, the relying party hears, and both need a
    sign-in."""
    person = hasty_stage.newcomer()
    tab = open_browser(hasty_stage)
    tab.first_sign_in("voucher", person)
    assert tab.my_agencies() is Sight.ACCOUNT
    tab.watch.expect(401)
    title = tab.page.get_by_role("heading", name="로그인 시간이 만료되었습니다")
    expect(title).to_be_focused(timeout=(IDLE_SECONDS + 10) * 1000)
    # Not by visiting our own pages, which would say so anyway: the relying party was told.
    other = tab.another()
    eventually(lambda: signed_out_at(other, "voucher"), 40)
    assert other.ended_because == "backchannel_logout"
    tab.page.get_by_role("link", name="다시 로그인").click()
    assert tab.sight is Sight.PASSWORD


def test_lives_as_long_as_it_is_used(hasty_stage: Stage, open_browser: OpenBrowser) -> None:
    """연장 in time keeps both sides signed in."""
    person = hasty_stage.newcomer()
    tab = open_browser(hasty_stage)
    tab.first_sign_in("voucher", person)
    tab.my_agencies()
    for _press in range(3):
        tab.page.wait_for_timeout(IDLE_SECONDS * 450)
        tab.page.get_by_role("button", name="연장").first.click()
        expect(tab.page.locator("[data-status]")).to_contain_text("연장했습니다")
    assert tab.visit("voucher") is Sight.SIGNED_IN
