"""Who is asked what: prompt, max_age, hints. OpenID Connect Core §3.1.2.1."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import a_person
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import BIZINFO, KAMP, VOUCHER, Browser, Client, Provider, heard


def tokens(provider: Provider, browser: Browser, client: Client = VOUCHER, **parameters: str | None) -> dict[str, Any]:
    answered: dict[str, Any] = provider.redeem(client, browser.code(client, **parameters)).get_json()
    return answered


def claims(provider: Provider, browser: Browser, **parameters: str | None) -> dict[str, Any]:
    return provider.claims(tokens(provider, browser, VOUCHER, **parameters)["id_token"], "RS256")


def asks_for_the_password(browser: Browser, client: Client, **parameters: str | None) -> bool:
    response = browser.authorize(client, **parameters)
    if not response.headers["Location"].startswith("/signin/"):
        return False
    return 'name="password"' in browser.client.get(response.headers["Location"]).text


def test_says_login_required_without_a_page(browser: Browser) -> None:
    """OpenID Connect Core §3.1.2.6: prompt=none and nobody signed in."""
    said = heard(browser.authorize(VOUCHER, prompt="none"), VOUCHER)
    assert said["error"] == "login_required"


def test_says_consent_required_without_a_page(browser: Browser) -> None:
    """OpenID Connect Core §3.1.2.6: signed in, but this agency was never linked."""
    browser.code(VOUCHER)
    assert heard(browser.authorize(KAMP, prompt="none"), KAMP)["error"] == "consent_required"
    wider = heard(browser.authorize(VOUCHER, prompt="none", scope="openid email"), VOUCHER)
    assert wider["error"] == "consent_required"


def test_signs_in_again_without_a_page(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """OpenID Connect Core §3.1.2.1: prompt=none; same sub, same auth_time."""
    first = claims(provider, browser)
    clock.advance(timedelta(minutes=5))
    said = heard(browser.authorize(VOUCHER, prompt="none"), VOUCHER)
    again = provider.claims(provider.redeem(VOUCHER, said["code"]).get_json()["id_token"], "RS256")
    assert (again["sub"], again["auth_time"], again["sid"]) == (first["sub"], first["auth_time"], first["sid"])
    assert again["iat"] == first["iat"] + 300


@pytest.mark.parametrize("prompt", ["login", "select_account", "login consent"])
def test_asks_for_the_password_again(provider: Provider, browser: Browser, clock: FrozenClock, prompt: str) -> None:
    """OpenID Connect Core §3.1.2.1: prompt=login re-authenticates; the session and its sid go on, auth_time moves."""
    first = claims(provider, browser)
    clock.advance(timedelta(seconds=10))
    assert asks_for_the_password(browser, VOUCHER, prompt=prompt)
    again = claims(provider, browser, prompt=prompt)
    assert again["auth_time"] == first["auth_time"] + 10
    assert (again["sub"], again["sid"]) == (first["sub"], first["sid"])


def test_asks_for_consent_again(browser: Browser) -> None:
    """OpenID Connect Core §3.1.2.1: prompt=consent."""
    browser.code(VOUCHER)
    asked = browser.authorize(VOUCHER, prompt="consent")
    assert 'name="decision"' in browser.client.get(asked.headers["Location"]).text
    assert "code" in heard(browser.pages(asked), VOUCHER)


def test_declining_a_repeated_consent_keeps_the_link(browser: Browser) -> None:
    """REQ-85: a no is a no to this request; what was agreed before stands until it is stopped."""
    browser.code(VOUCHER)
    said = heard(browser.pages(browser.authorize(VOUCHER, prompt="consent"), decision="decline"), VOUCHER)
    assert said["error"] == "access_denied"
    assert "code" in browser.answer(VOUCHER, prompt="none")


@pytest.mark.parametrize("max_age", ["0", "1"])
def test_asks_for_the_password_when_the_sign_in_is_too_old(
    provider: Provider, browser: Browser, clock: FrozenClock, max_age: str
) -> None:
    """OpenID Connect Core §3.1.2.1: max_age, 0 included; asked once, not forever."""
    first = claims(provider, browser, max_age=max_age)
    clock.advance(timedelta(seconds=2))
    assert heard(browser.authorize(VOUCHER, prompt="none", max_age=max_age), VOUCHER)["error"] == "login_required"
    assert asks_for_the_password(browser, VOUCHER, max_age=max_age)
    again = claims(provider, browser, max_age=max_age)
    assert again["auth_time"] == first["auth_time"] + 2


def test_asks_nothing_while_the_sign_in_is_young_enough(
    provider: Provider, browser: Browser, clock: FrozenClock
) -> None:
    """OpenID Connect Core §3.1.2.1: max_age=10000; auth_time is there both times, and equal."""
    first = claims(provider, browser, max_age="10000")
    clock.advance(timedelta(minutes=20))
    said = heard(browser.authorize(VOUCHER, max_age="10000"), VOUCHER)
    again = provider.claims(provider.redeem(VOUCHER, said["code"]).get_json()["id_token"], "RS256")
    assert again["auth_time"] == first["auth_time"]


def test_reauthentication_in_one_request_does_not_answer_a_later_one(
    provider: Provider, browser: Browser, clock: FrozenClock
) -> None:
    """OpenID Connect Core §3.1.2.1: each prompt=login is a password of its own."""
    claims(provider, browser, prompt="login")
    clock.advance(timedelta(seconds=1))
    assert asks_for_the_password(browser, VOUCHER, prompt="login")


def test_fills_in_who_is_expected(browser: Browser) -> None:
    """OpenID Connect Core §3.1.2.1: login_hint, as text that cannot leave its field."""
    page = browser.client.get(browser.authorize(VOUCHER, login_hint='x"><script>').headers["Location"])
    assert 'value="x&#34;&gt;&lt;script&gt;"' in page.text


def test_takes_the_hint_of_who_is_here(provider: Provider, browser: Browser) -> None:
    """OpenID Connect Core §3.1.2.1: id_token_hint names the member signed in: a positive response."""
    hint = tokens(provider, browser)["id_token"]
    assert "code" in heard(browser.authorize(VOUCHER, prompt="none", id_token_hint=hint), VOUCHER)


def test_takes_no_other_member_than_the_hint_names(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """OpenID Connect Core §3.1.2.1: otherwise it MUST return an error, such as login_required."""
    a_person(provider.house, "second.member")
    hint = tokens(provider, browser)["id_token"]
    other = provider.browser()
    heard(other.pages(other.authorize(VOUCHER), login_id="second.member"), VOUCHER)
    clock.advance(timedelta(seconds=1))
    assert heard(other.authorize(VOUCHER, prompt="none", id_token_hint=hint), VOUCHER)["error"] == "login_required"
    assert asks_for_the_password(other, VOUCHER, id_token_hint=hint)
    wrong = other.pages(other.authorize(VOUCHER, id_token_hint=hint), login_id="second.member")
    assert heard(wrong, VOUCHER)["error"] == "login_required"
    clock.advance(timedelta(seconds=1))
    assert "code" in heard(other.pages(other.authorize(VOUCHER, id_token_hint=hint)), VOUCHER)


def test_takes_no_hint_of_another_client(provider: Provider, browser: Browser) -> None:
    """OpenID Connect Core §3.1.2.1: subjects are pairwise; another client's token says nothing here."""
    hint = tokens(provider, browser, BIZINFO)["id_token"]
    assert browser.answer(VOUCHER, prompt="none", id_token_hint=hint)["error"] == "invalid_request"
