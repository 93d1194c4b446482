"""What the provider says of itself, and that all of it works."""

from __future__ import annotations

import json

import pytest

from idp.oidc.discovery import document, metadata
from tests.protocol.oidc.lab import BIZINFO, CHALLENGE, KAMP, KAMP_MACHINE, VOUCHER, Browser, Provider

_ISSUER = "http://127.0.0.1:8000"


def said(provider: Provider) -> dict[str, object]:
    answered = provider.app.test_client().get("/.well-known/openid-configuration")
    assert answered.status_code == 200
    assert answered.mimetype == "application/json"
    found: dict[str, object] = answered.get_json()
    return found


def test_names_itself_byte_for_byte(provider: Provider) -> None:
    """OpenID Connect Discovery §4.3: issuer equals the prefix of the document's own address."""
    assert said(provider)["issuer"] == _ISSUER


def test_says_what_it_means_and_nothing_else(provider: Provider) -> None:
    """OpenID Connect Discovery §3: members have their types; none is there that we did not write."""
    assert said(provider) == metadata(_ISSUER)
    assert json.loads(document("https://id.example")) == metadata("https://id.example")


def test_has_every_address_it_names(provider: Provider) -> None:
    """OpenID Connect Discovery §3: an advertised endpoint answers."""
    endpoints = [str(value) for name, value in said(provider).items() if name.endswith(("_endpoint", "jwks_uri"))]
    assert len(endpoints) == 6
    adapter = provider.app.url_map.bind("127.0.0.1")
    for endpoint in endpoints:
        assert endpoint.startswith(_ISSUER)
        path = endpoint.removeprefix(_ISSUER)
        assert adapter.test(path, "GET") or adapter.test(path, "POST")


def test_supports_every_scope_and_claim_it_names(provider: Provider, browser: Browser) -> None:
    """OpenID Connect Core §5.4: each scope is granted to who registered it; each claim it brings is named."""
    named = said(provider)
    tokens = provider.redeem(VOUCHER, browser.code(VOUCHER, scope="openid profile email phone enterprise")).get_json()
    released = provider.userinfo(tokens["access_token"]).get_json()
    signed = provider.claims(tokens["id_token"], "RS256")
    assert set(released) | set(signed) <= set(named["claims_supported"])  # type: ignore[call-overload]
    lasting = provider.redeem(KAMP, provider.browser().code(KAMP, scope="openid offline_access")).get_json()
    proven = provider.redeem(BIZINFO, provider.browser().code(BIZINFO, scope="openid identity")).get_json()
    machine = provider.token(KAMP_MACHINE, grant_type="client_credentials").get_json()
    granted = {scope for each in (tokens, lasting, proven, machine) for scope in each["scope"].split()}
    assert granted == set(named["scopes_supported"])  # type: ignore[call-overload]


def test_refuses_what_it_says_it_does_not_support(provider: Provider, browser: Browser) -> None:
    """OpenID Connect Discovery §3: false is said, since request_uri_parameter_supported defaults to true."""
    named = said(provider)
    assert named["request_parameter_supported"] is False
    assert named["request_uri_parameter_supported"] is False
    assert named["code_challenge_methods_supported"] == ["S256"]
    assert browser.answer(VOUCHER, code_challenge=CHALLENGE, code_challenge_method="plain")["error"]


def test_publishes_public_keys_only(provider: Provider) -> None:
    """RFC 7517 §5, §9.3: each with its own kid, none with a private or symmetric part."""
    answered = provider.app.test_client().get("/oidc/jwks")
    keys = answered.get_json()["keys"]
    assert {key["alg"] for key in keys} == {"RS256", "PS256", "ES256", "EdDSA"}
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert key.keys() <= {"kty", "use", "alg", "kid", "n", "e", "crv", "x", "y"}
        assert key["use"] == "sig"


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/oidc/jwks"])
def test_lets_anybody_read_and_keep_them_for_a_while(provider: Provider, path: str) -> None:
    """OpenID Connect Discovery §4: CORS is recommended; keys are published long before they sign."""
    answered = provider.app.test_client().get(path)
    assert answered.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age=3600" in answered.headers["Cache-Control"]
    assert "Set-Cookie" not in answered.headers
