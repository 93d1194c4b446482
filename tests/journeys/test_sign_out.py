"""Signing out at one relying party: the session at the provider ends, and so do those at the others."""

from __future__ import annotations

from tests.journeys.conftest import OpenBrowser
from tests.journeys.patience import eventually
from tests.journeys.stage import Stage
from tests.journeys.tab import Sight


def test_ends_the_session_here_at_the_provider_and_at_the_other_party(
    any_stage: Stage, open_browser: OpenBrowser
) -> None:
    """REQ-64; OpenID Connect RP-Initiated Logout §2, Back-Channel Logout §2.5, Core §3.1.2.6 (`login_required`)."""
    person, tab = any_stage.newcomer(), open_browser(any_stage)
    for party in ("voucher", "kamp"):
        tab.first_sign_in(party, person)
    tab.visit("voucher")
    assert tab.press_sign_out() is Sight.SIGNED_OUT
    assert tab.at == any_stage.party("voucher")
    eventually(lambda: tab.visit("kamp") is Sight.SIGNED_OUT)
    assert tab.ended_because == "backchannel_logout"
    tab.watch.expect(400)
    tab.page.goto(tab.question_of("voucher", prompt="none"))
    assert tab.sight is Sight.NOTICE
    assert (tab.at, tab.error) == (any_stage.party("voucher"), "login_required")


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
