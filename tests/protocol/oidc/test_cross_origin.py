"""Which pages' scripts may read what our endpoints say. OAuth 2.0 for Browser-Based Applications §6.3."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from tests.protocol.oidc.lab import KAMP, VERIFIER, Browser, Provider

OURS, STRANGER, CONFIDENTIAL = "https://kamp.example", "https://evil.example", "https://voucher.example"
SHARED = [
    ("/oidc/token", "POST"),
    ("/oidc/userinfo", "GET, POST"),
    ("/oidc/revoke", "POST"),
    ("/oidc/par", "POST"),
]


def ask(provider: Provider, method: str, path: str, origin: str) -> TestResponse:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return provider.app.test_client().open(path, method=method, headers=headers)


@pytest.mark.parametrize(("path", "methods"), SHARED)
def test_lets_pages_of_public_clients_ask(provider: Provider, path: str, methods: str) -> None:
    """Fetch standard (CORS): a preflight names methods and headers, DPoP's too, and never credentials."""
    answered = ask(provider, "OPTIONS", path, OURS)
    assert answered.status_code == 200
    assert answered.headers["Access-Control-Allow-Origin"] == OURS
    assert answered.headers["Access-Control-Allow-Methods"] == methods
    assert answered.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type, DPoP"
    assert "Access-Control-Allow-Credentials" not in answered.headers


def test_lets_them_read_what_comes_of_it(provider: Provider, browser: Browser) -> None:
    """Tokens and refusals alike, and the challenges beside them."""
    code = browser.code(KAMP)
    form = {"grant_type": "authorization_code", "client_id": KAMP.client_id, "redirect_uri": KAMP.redirect_uri}
    sent = {**form, "code": code, "code_verifier": VERIFIER}
    client = provider.app.test_client(use_cookies=False)
    redeemed = client.post("/oidc/token", data=sent, headers={"Origin": OURS})
    assert redeemed.status_code == 200
    again = client.post("/oidc/token", data=sent, headers={"Origin": OURS})
    assert again.get_json()["error"] == "invalid_grant"
    unauthorized = client.get("/oidc/userinfo", headers={"Origin": OURS, "Authorization": "Bearer x"})
    for answered in (redeemed, again, unauthorized):
        assert answered.headers["Access-Control-Allow-Origin"] == OURS
        assert answered.headers["Access-Control-Expose-Headers"] == "DPoP-Nonce, WWW-Authenticate"
        assert "Origin" in answered.headers["Vary"]
        assert answered.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("origin", [STRANGER, CONFIDENTIAL, "null", OURS + ".evil.example", OURS + ":444", OURS + "/"])
@pytest.mark.parametrize(("path", "_methods"), SHARED)
def test_lets_no_other_page(provider: Provider, path: str, _methods: str, origin: str) -> None:
    """RFC 9700 §2.1: origins are compared whole; a confidential client has no business in a page."""
    for method in ("OPTIONS", "POST"):
        answered = ask(provider, method, path, origin)
        assert [name for name, _ in answered.headers if name.startswith("Access-Control-")] == []
        assert "Origin" in answered.headers["Vary"]


@pytest.mark.parametrize(
    "path", ["/oidc/authorize", "/oidc/logout", "/account/", "/signed-out", "/oidc/introspect", "/agency/v1/links"]
)
def test_shares_nothing_that_reads_cookies_or_is_for_servers(provider: Provider, path: str) -> None:
    """OAuth 2.0 for Browser-Based Applications §6.3: the authorization endpoint MUST NOT support CORS."""
    answered = ask(provider, "GET", path, OURS)
    assert [name for name, _ in answered.headers if name.startswith("Access-Control-")] == []


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/oidc/jwks"]
)
def test_shares_what_is_public_with_everybody(provider: Provider, path: str) -> None:
    """OpenID Connect Discovery §4: pages find us and our keys from wherever they are."""
    assert ask(provider, "GET", path, STRANGER).headers["Access-Control-Allow-Origin"] == "*"
