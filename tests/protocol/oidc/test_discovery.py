"""What the provider says of itself, and that all of it works."""

from __future__ import annotations

import json

import pytest

from idp.oidc.discovery import discovery_paths, document, metadata
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
    assert len(endpoints) == 8
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


_NAMES = """
    issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri registration_endpoint scopes_supported
    response_types_supported response_modes_supported grant_types_supported acr_values_supported
    subject_types_supported id_token_signing_alg_values_supported id_token_encryption_alg_values_supported
    id_token_encryption_enc_values_supported userinfo_signing_alg_values_supported
    userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported
    request_object_signing_alg_values_supported request_object_encryption_alg_values_supported
    request_object_encryption_enc_values_supported token_endpoint_auth_methods_supported
    token_endpoint_auth_signing_alg_values_supported display_values_supported claim_types_supported
    claims_supported service_documentation claims_locales_supported ui_locales_supported claims_parameter_supported
    request_parameter_supported request_uri_parameter_supported require_request_uri_registration op_policy_uri
    op_tos_uri revocation_endpoint revocation_endpoint_auth_methods_supported
    revocation_endpoint_auth_signing_alg_values_supported introspection_endpoint
    introspection_endpoint_auth_methods_supported introspection_endpoint_auth_signing_alg_values_supported
    introspection_signing_alg_values_supported introspection_encryption_alg_values_supported
    introspection_encryption_enc_values_supported code_challenge_methods_supported signed_metadata
    tls_client_certificate_bound_access_tokens mtls_endpoint_aliases require_signed_request_object
    pushed_authorization_request_endpoint require_pushed_authorization_requests
    authorization_response_iss_parameter_supported authorization_signing_alg_values_supported
    authorization_encryption_alg_values_supported authorization_encryption_enc_values_supported
    dpop_signing_alg_values_supported end_session_endpoint check_session_iframe frontchannel_logout_supported
    frontchannel_logout_session_supported backchannel_logout_supported backchannel_logout_session_supported
    verified_claims_supported trust_frameworks_supported evidence_supported documents_supported
    electronic_records_supported claims_in_verified_claims_supported attachments_supported prompt_values_supported
"""
_REGISTERED = frozenset(_NAMES.split())
"""IANA, OAuth Authorization Server Metadata; OpenID Connect for Identity Assurance 1.0 §9; Initiating User Registration
via OpenID Connect 1.0 §3 (`prompt_values_supported`)."""


def test_passes_what_reads_it_first() -> None:
    """oidcc-discovery-endpoint-verification: https everywhere, lists of strings and none empty, real booleans, no name
    that no specification knows; RS256 among ID tokens' algorithms, `openid` among scopes, BCP 47 locales."""
    named = json.loads(document("https://id.example"))
    assert set(named) <= _REGISTERED
    for name, value in named.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith("https://id.example/"), name
        elif isinstance(value, list):
            assert value, name
            assert all(isinstance(each, str) for each in value), name
            assert len(set(value)) == len(value), name
        elif name != "issuer":
            assert isinstance(value, bool | dict), name
    assert (named["issuer"], named["subject_types_supported"]) == ("https://id.example", ["pairwise"])
    assert "RS256" in named["id_token_signing_alg_values_supported"]
    assert "none" not in json.dumps([value for name, value in named.items() if "alg" in name])
    assert {"authorization_code", "implicit"} <= set(named["grant_types_supported"])
    assert {"code", "id_token", "id_token token"} <= set(named["response_types_supported"])
    assert "openid" in named["scopes_supported"]
    assert all(tag.isalpha() and len(tag) == 2 for tag in named["ui_locales_supported"])


def test_supports_what_a_fapi_client_looks_for() -> None:
    """fapi2-security-profile-final-discovery-end-point-verification: as far as the authorization endpoint goes, that of
    Message Signing (JARM) too."""
    named = metadata("https://id.example")
    assert named["authorization_response_iss_parameter_supported"] is True
    assert "S256" in named["code_challenge_methods_supported"]
    assert "pushed_authorization_request_endpoint" in named
    for what in ("id_token", "authorization"):
        assert {"PS256", "ES256", "EdDSA"} <= set(named[f"{what}_signing_alg_values_supported"])
    assert "jwt" in named["response_modes_supported"]


def test_says_the_same_to_who_reads_oauth_metadata(provider: Provider) -> None:
    """RFC 8414 §3: at its own well-known address, for an issuer with a path before that path."""
    answered = provider.app.test_client().get("/.well-known/oauth-authorization-server")
    assert (answered.mimetype, answered.get_json()) == ("application/json", said(provider))
    assert discovery_paths("https://id.example/onepass")[1] == "/.well-known/oauth-authorization-server/onepass"


def test_refuses_what_it_says_it_does_not_support(provider: Provider, browser: Browser) -> None:
    """RFC 8414 §2: the one method of PKCE that is named is the one that works."""
    named = said(provider)
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


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/oidc/jwks"]
)
def test_lets_anybody_read_and_keep_them_for_a_while(provider: Provider, path: str) -> None:
    """OpenID Connect Discovery §4: CORS is recommended; keys are published long before they sign."""
    answered = provider.app.test_client().get(path)
    assert answered.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age=3600" in answered.headers["Cache-Control"]
    assert "Set-Cookie" not in answered.headers
