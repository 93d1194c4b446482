"""A suspended member gets nowhere, and is told so only after they have proven who they are."""

from __future__ import annotations

from functools import partial

import pytest

from idp.app.shared import share
from idp.audit.actor import COMMAND
from idp.links.tell_agencies import TellLinkedAgencies
from idp.members.suspend import Restore, Suspend
from idp.oidc.grants import revoke_of_member
from tests.protocol.oidc.lab import KAMP, Browser, Provider, heard, is_a_page

LASTING = "openid email offline_access"
SUSPENDED = "이용이 정지된 회원입니다"


@pytest.fixture
def member(provider: Provider) -> str:
    with provider.house.database.reading() as connection:
        found = provider.house.directory.member_id(connection, "honggildong")
    assert found is not None
    return found


def suspend(provider: Provider, member: str) -> None:
    house = provider.house
    tell = TellLinkedAgencies(house.randomness, house.catalogue)
    verb = Suspend(
        house.database, house.clock, partial(revoke_of_member, reason="suspended"), tell, share(house).inform
    )
    verb(member, actor=COMMAND, reason="case-17")


def restore(provider: Provider, member: str) -> None:
    house = provider.house
    tell = TellLinkedAgencies(house.randomness, house.catalogue)
    Restore(house.database, house.clock, tell, share(house).inform)(member, actor=COMMAND, reason="case-17")


def test_kills_what_was_given_before(provider: Provider, browser: Browser, member: str) -> None:
    """RISC §2.3: session, code, access and refresh token, from the commit on."""
    tokens = provider.redeem(KAMP, browser.code(KAMP, scope=LASTING)).get_json()
    code = browser.code(KAMP)
    suspend(provider, member)
    assert provider.userinfo(tokens["access_token"]).status_code == 401
    assert provider.refresh(KAMP, tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert provider.redeem(KAMP, code).get_json()["error"] == "invalid_grant"
    assert heard(browser.authorize(KAMP, prompt="none"), KAMP)["error"] == "login_required"
    assert browser.client.get("/account/").status_code == 303


def test_says_so_to_whoever_knows_the_password_and_to_nobody_else(
    provider: Provider, browser: Browser, member: str
) -> None:
    """REQ-39: a stranger learns nothing of an account."""
    suspend(provider, member)
    refused = browser.pages(browser.authorize(KAMP))
    assert is_a_page(refused, 403)
    assert SUSPENDED in refused.text
    guessed = provider.browser()
    wrong = guessed.pages(guessed.authorize(KAMP), password="Not!Mine2026")
    unknown = guessed.pages(guessed.authorize(KAMP), login_id="nobody_here", password="Not!Mine2026")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert SUSPENDED not in wrong.text


def test_goes_on_after_a_restoration(provider: Provider, browser: Browser, member: str) -> None:
    """The link was kept, so no consent is asked; the former refresh token stays dead."""
    tokens = provider.redeem(KAMP, browser.code(KAMP, scope=LASTING)).get_json()
    before = provider.claims(tokens["id_token"], "ES256")["sub"]
    suspend(provider, member)
    restore(provider, member)
    assert provider.refresh(KAMP, tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    again = provider.redeem(KAMP, browser.code(KAMP, scope=LASTING)).get_json()
    assert provider.claims(again["id_token"], "ES256")["sub"] == before
