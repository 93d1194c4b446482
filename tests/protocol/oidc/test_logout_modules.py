"""What the conformance suite's logout plans check at the provider, a test for each module."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from tests.protocol.oidc.lab import VOUCHER, Browser, Provider, csrf, heard
from tests.protocol.oidc.test_logout import BYE, is_signed_in, log_out, says_signed_out, token_of, told

STATE = "".join(chr(33 + number % 94) for number in range(128))


def discovered(provider: Provider) -> dict[str, object]:
    found: dict[str, object] = provider.app.test_client().get("/.well-known/openid-configuration").get_json()
    return found


def confirmed(browser: Browser, asked: TestResponse) -> TestResponse:
    """What follows once the member has agreed to sign out."""
    location = asked.headers["Location"]
    assert location.startswith("/signin/out/")
    page = browser.client.get(location)
    return browser.client.post(location, data={"decision": "sign_out", "csrf_token": csrf(page)})


def really_gone(browser: Browser) -> bool:
    """The suite asks again with `prompt=none` and expects an error."""
    answer = heard(browser.authorize(VOUCHER, prompt="none", state="again"), VOUCHER)
    return (answer["error"], answer["state"]) == ("login_required", "again")


def never_there(browser: Browser, answer: TestResponse) -> bool:
    """Whether neither this nor what follows it leads to the relying party by itself."""
    while answer.status_code == 303:
        location = answer.headers["Location"]
        if not location.startswith("/"):
            return False
        answer = browser.client.get(location)
    return answer.status_code == 200 and "data-goes-on" not in answer.text


def test_rp_initiated_discovery(provider: Provider) -> None:
    """oidcc-rp-initiated-logout-discovery-endpoint-verification: an absolute address under the issuer."""
    document = discovered(provider)
    assert document["end_session_endpoint"] == f"{document['issuer']}/oidc/logout"


def test_rp_initiated(provider: Provider, browser: Browser) -> None:
    """oidcc-rp-initiated-logout: `state` of 128 characters comes back exactly and nothing else; the session is gone."""
    answer = log_out(browser, id_token_hint=token_of(provider, browser), post_logout_redirect_uri=BYE, state=STATE)
    parts = urlsplit(answer.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == BYE
    assert parse_qs(parts.query, strict_parsing=True) == {"state": [STATE]}
    assert parts.fragment == ""
    assert really_gone(browser)


def test_rp_initiated_without_state(provider: Provider, browser: Browser) -> None:
    """oidcc-rp-initiated-logout-no-state: the bare address."""
    answer = log_out(browser, id_token_hint=token_of(provider, browser), post_logout_redirect_uri=BYE)
    assert answer.headers["Location"] == BYE
    assert really_gone(browser)


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("https://voucher.example/other", id="oidcc-rp-initiated-logout-bad-post-logout-redirect-uri"),
        pytest.param(f"{BYE}?foo=bar", id="oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri"),
    ],
)
def test_rp_initiated_to_an_unregistered_address(provider: Provider, browser: Browser, uri: str) -> None:
    """oidcc-rp-initiated-logout-bad-post-logout-redirect-uri and
    oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri: a page, never that address."""
    answer = log_out(browser, id_token_hint=token_of(provider, browser), post_logout_redirect_uri=uri, state=STATE)
    assert never_there(browser, answer)
    assert "voucher.example" not in browser.client.get(answer.headers["Location"]).text


def test_rp_initiated_with_a_hint_turned_unsigned(provider: Provider, browser: Browser) -> None:
    """oidcc-rp-initiated-logout-modified-id-token-hint: `alg` none."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    hint = f"{header}.{token_of(provider, browser).split('.')[1]}."
    answer = log_out(browser, id_token_hint=hint, post_logout_redirect_uri=BYE, state=STATE)
    assert never_there(browser, answer)
    assert never_there(browser, confirmed(browser, answer))
    assert really_gone(browser)


def test_rp_initiated_with_a_hint_by_somebody_else(provider: Provider, browser: Browser) -> None:
    """oidcc-rp-initiated-logout-bad-id-token-hint: the same claims under another key."""
    claims = provider.claims(token_of(provider, browser), "RS256")
    hint = str(jwt.encode({"alg": "RS256"}, claims, RSAKey.generate_key(2048)))
    answer = log_out(browser, id_token_hint=hint, post_logout_redirect_uri=BYE, state=STATE)
    assert never_there(browser, answer)
    assert never_there(browser, confirmed(browser, answer))


def test_rp_initiated_without_hint(provider: Provider, browser: Browser) -> None:
    """oidcc-rp-initiated-logout-no-id-token-hint: not even once the member agreed."""
    token_of(provider, browser)
    answer = log_out(browser, post_logout_redirect_uri=BYE, state=STATE)
    assert never_there(browser, answer)
    assert never_there(browser, confirmed(browser, answer))


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param((), id="oidcc-rp-initiated-logout-no-params"),
        pytest.param(("id_token_hint", "state"), id="oidcc-rp-initiated-logout-no-post-logout-redirect-uri"),
        pytest.param(("state",), id="oidcc-rp-initiated-logout-only-state"),
    ],
)
def test_rp_initiated_to_nowhere(provider: Provider, browser: Browser, sent: tuple[str, ...]) -> None:
    """oidcc-rp-initiated-logout-no-params, oidcc-rp-initiated-logout-no-post-logout-redirect-uri and
    oidcc-rp-initiated-logout-only-state: ends with a page that says so."""
    all_of_them = {"id_token_hint": token_of(provider, browser), "state": STATE}
    answer = log_out(browser, **{name: all_of_them[name] for name in sent})
    if answer.headers["Location"].startswith("/signin/out/"):
        answer = confirmed(browser, answer)
    assert says_signed_out(browser, answer)
    assert not is_signed_in(browser)


def test_back_channel_discovery(provider: Provider) -> None:
    """oidcc-backchannel-logout-discovery-endpoint-verification: both true."""
    document = discovered(provider)
    assert document["backchannel_logout_supported"] is True
    assert document["backchannel_logout_session_supported"] is True


def test_front_channel_discovery(provider: Provider) -> None:
    """oidcc-frontchannel-logout-discovery-endpoint-verification: both true."""
    document = discovered(provider)
    assert document["frontchannel_logout_supported"] is True
    assert document["frontchannel_logout_session_supported"] is True


def test_two_requests_of_one_browser_at_once_tell_once(provider: Provider, browser: Browser) -> None:
    """Back-Channel Logout §2.5: one logout token for one `sid`, also where the request comes twice."""
    hint = token_of(provider, browser)
    cookie = browser.session_cookie()
    assert cookie is not None
    log_out(browser, id_token_hint=hint)
    browser.client.set_cookie("idp_session", cookie)
    log_out(browser, id_token_hint=hint)
    assert len(told(provider)) == 1
