"""Signing out at one relying party: the session at the provider ends, and so do those at the others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from click.testing import CliRunner
from playwright.sync_api import expect

from idp.commands.deliveries import deliveries
from tests.journeys.conftest import OpenBrowser
from tests.journeys.patience import eventually
from tests.journeys.stage import Stage
from tests.journeys.tab import Sight


@contextmanager
def held(stage: Stage, party: str) -> Iterator[None]:
    """Send no logout token to `party` meanwhile."""
    for doing in ("hold", "resume"):
        done = CliRunner(env=dict(stage.told.environment)).invoke(
            deliveries, [doing, party, "--channel", "logout"], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        if doing == "hold":
            yield


def test_ends_the_session_here_at_the_provider_and_at_the_other_party(
    any_stage: Stage, open_browser: OpenBrowser
) -> None:
    """REQ-64; OpenID Connect RP-Initiated Logout §2, Back-Channel Logout §2.5, Core §3.1.2.6 (`login_required`). By way
    of the page that opens KAMP's front channel; which of its two channels is faster is chance."""
    person, tab = any_stage.newcomer(), open_browser(any_stage)
    for party in ("voucher", "kamp"):
        tab.first_sign_in(party, person)
    tab.visit("voucher")
    assert tab.press_sign_out() is Sight.SIGNED_OUT
    assert tab.at == any_stage.party("voucher")
    eventually(lambda: tab.visit("kamp") is Sight.SIGNED_OUT)
    assert tab.ended_because in ("backchannel_logout", "frontchannel_logout")
    tab.watch.expect(400)
    tab.page.goto(tab.question_of("voucher", prompt="none"))
    assert tab.sight is Sight.NOTICE
    assert (tab.at, tab.error) == (any_stage.party("voucher"), "login_required")


def test_ends_the_other_partys_session_in_the_browser(sqlite_stage: Stage, open_browser: OpenBrowser) -> None:
    """OpenID Connect Front-Channel Logout 1.0 §3: KAMP's page in a frame of ours ends its session while nothing is sent
    to its server, and the browser goes on to who asked by itself, without the page in its history."""
    person, tab = sqlite_stage.newcomer(), open_browser(sqlite_stage)
    for party in ("voucher", "kamp"):
        tab.first_sign_in(party, person)
    tab.visit("voucher")
    with held(sqlite_stage, "kamp"):
        started = time.monotonic()
        assert tab.press_sign_out() is Sight.SIGNED_OUT
        assert time.monotonic() - started < 4
        assert tab.at == sqlite_stage.party("voucher")
        assert tab.visit("kamp") is Sight.SIGNED_OUT
        assert tab.ended_because == "frontchannel_logout"
    tab.page.go_back()
    assert tab.at == sqlite_stage.party("voucher")


def test_goes_on_though_a_page_never_comes(sqlite_stage: Stage, open_browser: OpenBrowser) -> None:
    """The same where a relying party never answers: the browser waits for some seconds and goes on."""
    person, tab = sqlite_stage.newcomer(), open_browser(sqlite_stage)
    for party in ("voucher", "kamp"):
        tab.first_sign_in(party, person)
    tab.visit("voucher")
    tab.page.route("**/oidc/frontchannel-logout*", lambda _route: None)
    started = time.monotonic()
    assert tab.press_sign_out() is Sight.SIGNED_OUT
    assert 3.5 < time.monotonic() - started < 8
    assert tab.at == sqlite_stage.party("voucher")


def test_says_how_every_service_fares(any_stage: Stage, open_browser: OpenBrowser) -> None:
    """로그아웃 on my pages: the services of the session, each told before the eyes of the member."""
    person, tab = any_stage.newcomer(), open_browser(any_stage)
    for party in ("voucher", "kamp", "smtech"):
        tab.first_sign_in(party, person)
    tab.my_agencies()
    tab.press_sign_out()
    assert tab.page.url.startswith(f"{any_stage.provider}/signed-out/")
    services = tab.page.locator("[data-services] > li")
    expect(services).to_have_count(3)
    expect(services.filter(has_text="완료")).to_have_count(2)
    expect(services.filter(has_text="직접 로그아웃 필요")).to_have_count(1)
    expect(services.filter(has_text="직접 로그아웃 필요")).to_contain_text("SMTECH")
    assert tab.visit("kamp") is Sight.SIGNED_OUT
    assert tab.visit("voucher") is Sight.SIGNED_OUT


def test_leaves_another_browser_of_the_same_member_signed_in(sqlite_stage: Stage, open_browser: OpenBrowser) -> None:
    """OpenID Connect Back-Channel Logout §2.4: `sid` names the one session that ended."""
    person, one, other = sqlite_stage.newcomer(), open_browser(sqlite_stage), open_browser(sqlite_stage)
    one.first_sign_in("voucher", person)
    one.first_sign_in("kamp", person)
    other.visit("kamp")
    assert other.press_sign_in() is Sight.PASSWORD
    assert other.give_password(person) is Sight.SIGNED_IN
    one.visit("voucher")
    one.press_sign_out()
    eventually(lambda: one.visit("kamp") is Sight.SIGNED_OUT)
    assert other.visit("kamp") is Sight.SIGNED_IN
    assert other.visit("voucher") is Sight.SIGNED_OUT
    assert other.press_sign_in() is Sight.SIGNED_IN
