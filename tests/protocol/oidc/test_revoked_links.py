"""From commit on a stopped link yields nothing, whatever was begun before. Architecture §6, §7."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.audit.actor import COMMAND
from idp.links.accounts import AgencyAccounts
from idp.links.models import links
from idp.links.suspend import RestoreLink, SuspendLink
from tests.builders import link, unlink, withdrawing
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import KAMP, VOUCHER, Browser, Provider, csrf, heard, hidden, is_a_page

LASTING = "openid email offline_access"


@pytest.fixture
def member(provider: Provider) -> str:
    with provider.house.database.reading() as connection:
        found = provider.house.directory.member_id(connection, "honggildong")
    assert found is not None
    return found


def test_gives_no_code_to_a_session_begun_before(provider: Provider, browser: Browser, member: str) -> None:
    """The member is still signed in, but must agree to a link anew."""
    browser.code(KAMP)
    unlink(provider.house, member, "kamp")
    assert heard(browser.authorize(KAMP, prompt="none"), KAMP)["error"] == "consent_required"
    asked = browser.authorize(KAMP)
    assert 'name="decision"' in browser.client.get(asked.headers["Location"]).text


def test_redeems_no_code_given_before(provider: Provider, browser: Browser, member: str) -> None:
    """Nor does a link made anew wake it."""
    codes = [browser.code(KAMP, scope=scope) for scope in ("openid", LASTING, "openid")]
    unlink(provider.house, member, "kamp")
    assert provider.redeem(KAMP, codes[0]).get_json()["error"] == "invalid_grant"
    assert provider.redeem(KAMP, codes[1]).get_json()["error"] == "invalid_grant"
    link(provider.house, member, "kamp", "openid")
    assert provider.redeem(KAMP, codes[2]).get_json()["error"] == "invalid_grant"


def test_weighs_an_answer_when_it_is_collected(
    provider: Provider, browser: Browser, member: str, clock: FrozenClock
) -> None:
    """A link stopped between the last page and the answer yields none: the member is asked again."""
    browser.code(KAMP)
    clock.advance(timedelta(seconds=1))
    asked = browser.authorize(KAMP, prompt="login").headers["Location"]
    page = browser.client.get(asked)
    sent = {"login_id": "honggildong", "password": "Onepass!2026", "csrf_token": csrf(page)}
    browser.client.post(f"{asked}/password", data=sent)
    unlink(provider.house, member, "kamp")
    answered = browser.client.get(asked.replace("/signin/", "/oidc/authorize/answer/"))
    assert answered.headers["Location"] == asked
    assert 'name="decision"' in browser.client.get(asked).text


def test_a_stopped_link_keeps_its_subject_when_made_anew(provider: Provider, browser: Browser, member: str) -> None:
    """Architecture §6: a relink keeps the subject."""
    first = provider.redeem(KAMP, browser.code(KAMP)).get_json()
    unlink(provider.house, member, "kamp")
    second = provider.redeem(KAMP, browser.code(KAMP)).get_json()
    subjects = {provider.claims(tokens["id_token"], "ES256")["sub"] for tokens in (first, second)}
    assert len(subjects) == 1
    assert provider.userinfo(first["access_token"]).status_code == 401
    assert provider.userinfo(second["access_token"]).status_code == 200


def test_one_link_stopped_leaves_the_others(provider: Provider, browser: Browser, member: str) -> None:
    """계정 연결 중단 concerns one agency."""
    kept = provider.redeem(VOUCHER, browser.code(VOUCHER)).get_json()
    browser.code(KAMP)
    unlink(provider.house, member, "kamp")
    assert provider.userinfo(kept["access_token"]).status_code == 200
    assert "code" in browser.answer(VOUCHER, prompt="none")


def test_consents_to_nothing_for_a_member_who_left(provider: Provider, browser: Browser, member: str) -> None:
    """A consent page that waits while its member withdraws makes no link and no code."""
    asked = browser.authorize(KAMP).headers["Location"]
    page = browser.client.get(asked)
    sent = {"login_id": "honggildong", "password": "Onepass!2026", "csrf_token": csrf(page)}
    browser.client.post(f"{asked}/password", data=sent)
    consent = browser.client.get(asked)
    assert 'name="decision"' in consent.text
    withdrawing(provider.house)(member)
    answered = browser.client.post(f"{asked}/consent", data={"decision": "accept", **hidden(consent)})
    assert answered.headers["Location"] == asked
    assert 'name="password"' in browser.client.get(asked).text
    collected = browser.client.get(asked.replace("/signin/", "/oidc/authorize/answer/"))
    assert collected.headers["Location"] == asked


def consented(browser: Browser, **asked_for: str) -> str:
    """Where a sign-in waits whose member has just agreed, before its answer is collected."""
    asked = browser.authorize(KAMP, **asked_for).headers["Location"]
    page = browser.client.get(asked)
    if 'name="password"' in page.text:
        sent = {"login_id": "honggildong", "password": "Onepass!2026", "csrf_token": csrf(page)}
        browser.client.post(f"{asked}/password", data=sent)
        page = browser.client.get(asked)
    browser.client.post(f"{asked}/consent", data={"decision": "accept", **hidden(page)})
    return asked


@pytest.mark.parametrize("asked_for", [{}, {"prompt": "consent"}])
def test_a_consent_dies_with_the_link_it_was_given_for(
    provider: Provider, browser: Browser, member: str, asked_for: dict[str, str]
) -> None:
    """CVE-2026-92358's class: agreed, stopped in another window, collected then: asked again, not linked again."""
    asked = consented(browser, **asked_for)
    unlink(provider.house, member, "kamp")
    answered = browser.client.get(asked.replace("/signin/", "/oidc/authorize/answer/"))
    assert answered.headers["Location"] == asked
    assert 'name="decision"' in browser.client.get(asked).text
    with provider.house.database.reading() as connection:
        assert connection.execute(select(links.c.state)).scalars().all() == ["unlinked"]


def test_a_link_made_anew_wakes_no_consent_of_before(provider: Provider, browser: Browser, member: str) -> None:
    """Nor an answer begun before: what another system of the agency may have is asked anew, and so are more scopes."""
    browser.code(KAMP, scope="openid email")
    asked = consented(browser, prompt="consent", scope="openid email")
    unlink(provider.house, member, "kamp")
    link(provider.house, member, "kamp", "openid")
    answered = browser.client.get(asked.replace("/signin/", "/oidc/authorize/answer/"))
    assert answered.headers["Location"] == asked
    assert heard(browser.authorize(KAMP, prompt="none", scope="openid email"), KAMP)["error"] == "consent_required"


def test_a_suspension_kills_what_was_given_before_it(provider: Provider, browser: Browser, member: str) -> None:
    """Architecture §6: code, token and refresh token stay dead when the link is restored."""
    house = provider.house
    tokens = provider.redeem(KAMP, browser.code(KAMP, scope=LASTING)).get_json()
    code = browser.code(KAMP)
    SuspendLink(house.database, house.clock, house.randomness, house.catalogue)(member, "kamp", actor=COMMAND)
    assert heard(browser.authorize(KAMP), KAMP)["error"] == "access_denied"
    assert heard(browser.authorize(KAMP, prompt="none"), KAMP)["error"] == "access_denied"
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    RestoreLink(house.database, house.clock, house.randomness, house.catalogue, accounts)(member, "kamp", actor=COMMAND)
    assert provider.redeem(KAMP, code).get_json()["error"] == "invalid_grant"
    assert provider.refresh(KAMP, tokens["refresh_token"]).status_code == 400
    assert provider.userinfo(tokens["access_token"]).status_code == 401
    assert "code" in browser.answer(KAMP, prompt="none")


def test_nothing_outlives_a_withdrawal(provider: Provider, browser: Browser, member: str) -> None:
    """REQ-76…81: session, code, refresh token and password are dead at once."""
    tokens = provider.redeem(KAMP, browser.code(KAMP, scope=LASTING)).get_json()
    code = browser.code(KAMP)
    withdrawing(provider.house)(member)
    assert heard(browser.authorize(KAMP, prompt="none"), KAMP)["error"] == "login_required"
    assert provider.redeem(KAMP, code).status_code == 400
    assert provider.refresh(KAMP, tokens["refresh_token"]).status_code == 400
    assert provider.userinfo(tokens["access_token"]).status_code == 401
    assert is_a_page(browser.pages(browser.authorize(KAMP)), 401)
