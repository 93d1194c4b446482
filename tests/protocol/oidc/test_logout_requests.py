"""Logout requests that nobody sends in good faith. RP-Initiated Logout §2, §6."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.crypto import jws
from tests.protocol.oidc.lab import KAMP, VOUCHER, Browser, Provider, is_a_page
from tests.protocol.oidc.test_logout import BYE, is_signed_in, log_out, token_of, told

NAMES = ("id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales", "unknown")
VALUES = {
    "empty": "",
    "100 kB": "a" * 100_000,
    "not UTF-8": "%ff%fe",
    "NUL": "%00",
    "emoji": "%F0%9F%98%80",
    "lines": "a%0d%0aSet-Cookie:%20x=y",
    "markup": "%3Cscript%3Ealert(1)%3C/script%3E",
    "elsewhere": "//evil.example/%5C..",
}


def stays_here(browser: Browser, answer: TestResponse) -> bool:
    """Whether this is a page of ours, now or by way of our own addresses."""
    for _step in range(4):
        if answer.status_code != 303:
            break
        location = answer.headers["Location"]
        if not location.startswith("/") or location.startswith("//"):
            return False
        answer = browser.client.get(location)
    return answer.status_code in (200, 400) and answer.mimetype == "text/html" and "<script>alert" not in answer.text


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("name", NAMES)
def test_answers_every_value_with_a_page(provider: Provider, browser: Browser, name: str, kind: str) -> None:
    """By GET and by POST: no failure of ours, no redirect elsewhere, no header and no markup of the caller's."""
    browser.code(VOUCHER)
    sent = f"{name}={VALUES[kind]}"
    assert stays_here(browser, browser.client.get(f"/oidc/logout?{sent}"))
    form = "application/x-www-form-urlencoded"
    assert stays_here(browser, browser.client.post("/oidc/logout", data=sent, content_type=form))
    assert is_signed_in(browser)


@pytest.mark.parametrize("name", NAMES)
def test_refuses_each_parameter_that_comes_twice(browser: Browser, name: str) -> None:
    """RFC 6749 §3.1, by which this endpoint reads too: two readers must not each believe another one."""
    assert is_a_page(browser.client.get(f"/oidc/logout?{name}=a&{name}=b"), 400)
    assert is_a_page(browser.client.get(f"/oidc/logout?{name}=a&{name.replace('_', '%5F')}=b"), 400)


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_takes_no_other_kind_of_form(browser: Browser, content_type: str) -> None:
    """RP-Initiated Logout §2: form serialization only."""
    browser.code(VOUCHER)
    answer = browser.client.post("/oidc/logout", data=b'{"state": "s"}', content_type=content_type)
    assert is_a_page(answer, 400)
    assert is_signed_in(browser)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_signs_nobody_out_by_another_method(provider: Provider, browser: Browser, method: str) -> None:
    """RFC 9110 §9.3.2: what prefetches an address ends nothing."""
    hint = token_of(provider, browser)
    answer = browser.client.open(f"/oidc/logout?id_token_hint={hint}", method=method)
    assert answer.status_code in (200, 405)
    assert is_signed_in(browser)


def test_believes_no_other_token_of_ours(provider: Provider, browser: Browser) -> None:
    """RFC 8725 §3.11: a logout token, an answer signed with the same keys, an encrypted token and an access token are
    no ID tokens, however genuine."""
    hint = token_of(provider, browser)
    claims = provider.claims(hint, "RS256")
    key = provider.house.keyring.signing_key("oidc", "RS256")
    access = provider.redeem(VOUCHER, browser.code(VOUCHER)).get_json()["access_token"]
    others: dict[str, Any] = {
        "a logout token": jws.sign(key, claims, typ="logout+jwt"),
        "an access token of RFC 9068": jws.sign(key, claims, typ="at+jwt"),
        "a signed answer of userinfo": jws.sign(key, {name: claims[name] for name in ("iss", "aud", "sub", "sid")}),
        "a signed answer of JARM": jws.sign(
            key, {"iss": claims["iss"], "aud": claims["aud"], "exp": claims["exp"], "code": "c", "sid": claims["sid"]}
        ),
        "another issuer's": jws.sign(key, {**claims, "iss": "https://other.example"}),
        "nobody's": jws.sign(key, {**claims, "aud": "nobody"}),
        "encrypted": f"{hint}.a.b",
        "opaque": access,
    }
    for what, token in others.items():
        answer = log_out(browser, id_token_hint=token, post_logout_redirect_uri=BYE)
        assert answer.headers["Location"].startswith("/signin/out/"), what
    assert log_out(browser, id_token_hint=jws.sign(key, claims), post_logout_redirect_uri=BYE).location == BYE


@pytest.mark.parametrize("hint", ["honggildong", "subject", "sid", "nonsense"])
def test_signs_nobody_out_on_a_logout_hint(provider: Provider, browser: Browser, hint: str) -> None:
    """RP-Initiated Logout §2: `logout_hint` names somebody, which anybody can; the member is asked, and is not told
    whom it names."""
    claims = provider.claims(token_of(provider, browser), "RS256")
    named = {"subject": claims["sub"], "sid": claims["sid"]}.get(hint, hint)
    answer = log_out(browser, logout_hint=named, client_id=VOUCHER.client_id, post_logout_redirect_uri=BYE)
    assert named not in browser.client.get(answer.headers["Location"]).text
    assert is_signed_in(browser)


def test_is_not_talked_out_of_a_hint(provider: Provider, browser: Browser) -> None:
    """The hint of one client with the address or the id of another: nobody is believed, nobody redirected."""
    hint = token_of(provider, browser, KAMP)
    for more in ({"client_id": VOUCHER.client_id}, {}):
        answer = log_out(browser, id_token_hint=hint, post_logout_redirect_uri=BYE, **more)
        assert not answer.headers["Location"].startswith("https:")
    assert set(told(provider)) <= {"kamp"}
