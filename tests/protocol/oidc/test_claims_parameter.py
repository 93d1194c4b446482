"""Claims asked for one by one. OpenID Connect Core §5.5."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.builders import a_person
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import KAMP, VOUCHER, Browser, Provider, hidden, is_a_page

ESSENTIAL = {"essential": True}
WIDE = "openid profile email phone"


def asking(**places: Any) -> str:
    return json.dumps(places)


def told(provider: Provider, browser: Browser, claims: str, scope: str = "openid") -> tuple[Any, Any]:
    """What UserInfo and the ID token say."""
    tokens = provider.redeem(VOUCHER, browser.code(VOUCHER, claims=claims, scope=scope)).get_json()
    assert tokens["scope"] == scope
    return provider.userinfo(tokens["access_token"]).get_json(), provider.claims(tokens["id_token"], "RS256")


def test_releases_an_essential_claim_at_userinfo(provider: Provider, browser: Browser) -> None:
    """oidcc-claims-essential: `name` in UserInfo and not in the ID token; the scope stays as it was asked for."""
    userinfo, id_token = told(provider, browser, asking(userinfo={"name": ESSENTIAL}))
    assert userinfo.keys() == {"sub", "member_type", "name"}
    assert "name" not in id_token


def test_asks_the_member_for_what_an_essential_claim_needs(browser: Browser) -> None:
    """Core §5.5.1, REQ-85: the member reads what would be released, and may decline."""
    asked = browser.authorize(VOUCHER, claims=asking(userinfo={"phone_number": ESSENTIAL}))
    consent = browser.client.get(asked.headers["Location"])
    values = {"login_id": "honggildong", "password": "Onepass!2026", **hidden(consent)}
    browser.client.post(f"{asked.headers['Location']}/password", data=values)
    page = browser.client.get(asked.headers["Location"])
    assert "휴대전화" in page.text or "전화" in page.text


def test_releases_a_voluntary_claim_only_under_a_consent_there_is(provider: Provider, browser: Browser) -> None:
    """Core §5.5.1: a claim that is not essential disturbs nobody; what the link's consent covers is told."""
    claims = asking(userinfo={"email": None})
    assert "email" not in told(provider, browser, claims)[0]
    browser.code(VOUCHER, scope="openid email")
    userinfo, _id_token = told(provider, browser, claims)
    assert userinfo["email"] == "hong@example.kr"
    assert "email_verified" not in userinfo


def test_never_fails_for_want_of_a_claim(provider: Provider, browser: Browser) -> None:
    """Core §5.5.1: an essential claim too is left out, without an error and without a page, where none may be shown."""
    browser.code(VOUCHER)
    claims = asking(userinfo={"phone_number": ESSENTIAL}, id_token={"name": ESSENTIAL})
    code = browser.answer(VOUCHER, prompt="none", claims=claims)["code"]
    tokens = provider.redeem(VOUCHER, code).get_json()
    assert "phone_number" not in provider.userinfo(tokens["access_token"]).get_json()
    assert "name" not in provider.claims(tokens["id_token"], "RS256")


def test_releases_no_claim_beyond_the_registered_scopes(provider: Provider, browser: Browser) -> None:
    """REQ-85: what a relying party may ever have is its registration's, however it asks."""
    claims = asking(userinfo={"phone_number": ESSENTIAL, "email": ESSENTIAL})
    tokens = provider.redeem(KAMP, browser.code(KAMP, claims=claims)).get_json()
    userinfo = provider.userinfo(tokens["access_token"]).get_json()
    assert "email" in userinfo
    assert "phone_number" not in userinfo


def test_puts_into_the_id_token_what_is_asked_for_there(provider: Provider, browser: Browser) -> None:
    """Core §5.5: each place by itself; and again in ID tokens of a refresh (§12.2)."""
    claims = asking(id_token={"name": ESSENTIAL, "auth_time": ESSENTIAL, "sub": None})
    userinfo, id_token = told(provider, browser, claims)
    assert id_token["name"] == "홍길동"
    assert "auth_time" in id_token
    assert "name" not in userinfo
    lasting = provider.redeem(KAMP, browser.code(KAMP, claims=claims, scope="openid offline_access")).get_json()
    renewed = provider.refresh(KAMP, lasting["refresh_token"]).get_json()
    assert provider.claims(renewed["id_token"], "ES256")["name"] == "홍길동"


@pytest.mark.parametrize(
    ("wish", "released"),
    [
        (None, True),
        ({}, True),
        ({"value": "홍길동"}, True),
        ({"values": ["x", "홍길동"]}, True),
        ({"value": "임꺽정"}, False),
        ({"values": ["x", 7, None]}, False),
        ({"essential": True, "value": 7}, False),
        ({"essential": "true", "unheard_of": [1]}, True),
    ],
)
def test_tells_only_a_value_that_will_do(provider: Provider, browser: Browser, wish: Any, released: bool) -> None:
    """Core §5.5.1: value, values; otherwise it is left out, and a scope that was asked for releases it as ever."""
    browser.code(VOUCHER, scope=WIDE)
    assert ("name" in told(provider, browser, asking(userinfo={"name": wish}))[0]) is released
    assert "name" in told(provider, browser, asking(userinfo={"name": wish}), "openid profile")[0]


@pytest.mark.parametrize(
    "claims",
    [
        "{}",
        '{"userinfo":null,"id_token":null}',
        '{"userinfo":{"unheard_of":null,"name#ko":null,"nickname":{"essential":true}}}',
        '{"unheard_of":7,"userinfo":{}}',
        '{"id_token":{"acr":null,"nickname":null}}',
    ],
)
def test_ignores_what_it_does_not_know(provider: Provider, browser: Browser, claims: str) -> None:
    """Core §5.5: members and claims that are not understood are ignored.
    fapi2-security-profile-final-test-claims-parameter-identity-claims."""
    assert told(provider, browser, claims)[0].keys() == {"sub", "member_type"}


@pytest.mark.parametrize(
    "claims",
    [
        "",
        "x",
        "[]",
        "7",
        '"userinfo"',
        '{"userinfo":[]}',
        '{"id_token":7}',
        '{"userinfo":{"name":true}}',
        '{"userinfo":{"name":[]}}',
        '{"userinfo":{"name":{"values":"x"}}}',
        '{"userinfo":{"name":{"values":' + json.dumps(["x"] * 13) + "}}}",
        '{"userinfo":{"name":null,"name":{"essential":true}}}',
        '{"userinfo":{"name":{"value":NaN}}}',
        '{"userinfo":{"name":{"value":"\\u0000"}}}',
        '{"userinfo":{"name":{"value":' + "[" * 20 + "]" * 20 + "}}}",
        '{"id_token":{"sub":{"value":7}}}',
        '{"userinfo":{"' + "x" * 4096 + '":null}}',
        "[" * 4000,
    ],
)
def test_refuses_what_is_malformed(browser: Browser, claims: str) -> None:
    """Core §5.5, §3.1.2.6: a JSON object of one meaning, of bearable depth and length."""
    said = browser.answer(VOUCHER, claims=claims, prompt="none")
    # An empty parameter is one that was not sent (RFC 6749 §3.1).
    assert said["error"] == ("invalid_request" if claims else "login_required")


def test_takes_nobody_else_than_the_subject_it_asks_for(
    provider: Provider, browser: Browser, clock: FrozenClock
) -> None:
    """Core §3.1.2.2: a positive response only for the member that `sub` names; the hint must not name another."""
    a_person(provider.house, "second.member")
    tokens = provider.redeem(VOUCHER, browser.code(VOUCHER)).get_json()
    subject = provider.claims(tokens["id_token"], "RS256")["sub"]
    mine, other = (asking(id_token={"sub": {"value": each}}) for each in (subject, "a" * 32))
    assert "code" in browser.answer(VOUCHER, prompt="none", claims=mine)
    assert browser.answer(VOUCHER, prompt="none", claims=other)["error"] == "login_required"
    hint = tokens["id_token"]
    assert "code" in browser.answer(VOUCHER, prompt="none", claims=mine, id_token_hint=hint)
    assert browser.answer(VOUCHER, prompt="none", claims=other, id_token_hint=hint)["error"] == "invalid_request"


def test_forgets_what_was_asked_for_when_the_member_declines(browser: Browser) -> None:
    """REQ-85: a no is a no to all of it."""
    asked = browser.authorize(VOUCHER, claims=asking(userinfo={"name": ESSENTIAL}))
    assert not is_a_page(browser.pages(asked, decision="decline"), 200)
    assert browser.answer(VOUCHER, prompt="none")["error"] == "consent_required"
