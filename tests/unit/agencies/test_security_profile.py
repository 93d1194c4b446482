"""What a registration may not say once it names a profile."""

from __future__ import annotations

from typing import Any

import pytest

from idp.agencies.security_profile import contradictions, default_signing_alg

FAPI: dict[str, Any] = {
    "profile": "fapi2_security",
    "token_endpoint_auth_method": "private_key_jwt",
    "redirect_uris": ["https://voucher.example/callback?dummy1=lorem&dummy2=ipsum"],
    "response_types": ["code"],
    "jwks_uri": "https://voucher.example/keys",
    "dpop_bound_access_tokens": True,
    "id_token_signed_response_alg": "PS256",
    "userinfo_signed_response_alg": None,
}


@pytest.mark.parametrize("profile", ["fapi2_security", "fapi2_message_signing"])
@pytest.mark.parametrize("method", ["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"])
def test_finds_nothing_against_a_registration_that_keeps_its_profile(profile: str, method: str) -> None:
    """FAPI 2.0 Security §5.3.2.1: mutual TLS or private_key_jwt."""
    assert contradictions({**FAPI, "profile": profile, "token_endpoint_auth_method": method}) == ()


def test_finds_nothing_where_no_profile_is_named() -> None:
    """RFC 7591 §2: the defaults of OAuth stay allowed."""
    assert contradictions({"token_endpoint_auth_method": "none", "response_types": ["id_token"]}) == ()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"token_endpoint_auth_method": "client_secret_basic"}, "token_endpoint_auth_method"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "token_endpoint_auth_method"),
        ({"token_endpoint_auth_method": "none"}, "token_endpoint_auth_method"),
        ({"client_secret": "s" * 43}, "client_secret"),
        ({"secret_digests": ("ab",)}, "client_secret"),
        ({"response_types": ["code", "code id_token"]}, "response_types"),
        ({"response_types": frozenset({"id_token"})}, "response_types"),
        ({"require_pkce": False}, "require_pkce"),
        ({"dpop_bound_access_tokens": False}, "access tokens must be bound"),
        ({"token_endpoint_auth_signing_alg": "RS256"}, "token_endpoint_auth_signing_alg"),
        ({"token_endpoint_auth_signing_alg": "HS256"}, "token_endpoint_auth_signing_alg"),
        ({"request_object_signing_alg": "none"}, "request_object_signing_alg"),
        ({"id_token_signed_response_alg": "RS256"}, "id_token_signed_response_alg"),
        ({"userinfo_signed_response_alg": "RS256"}, "userinfo_signed_response_alg"),
        ({"authorization_signed_response_alg": "RS256"}, "authorization_signed_response_alg"),
        ({"introspection_signed_response_alg": "RS256"}, "introspection_signed_response_alg"),
        ({"redirect_uris": ["http://127.0.0.1:8101/callback"]}, "redirect_uris"),
    ],
)
def test_names_what_the_profile_forbids(changed: dict[str, Any], named: str) -> None:
    """FAPI 2.0 Security §5.3.2 and §5.4.1: confidential clients, code only, PS256, ES256 or EdDSA."""
    (said,) = contradictions({**FAPI, **changed})
    assert said.startswith(named)
    assert said.endswith("(profile fapi2_security)")
    assert said.isascii()
    assert '"' not in said
    assert "\\" not in said


def test_wants_keys_where_requests_are_signed() -> None:
    """FAPI 2.0 Message Signing §5.3."""
    (said,) = contradictions({**FAPI, "profile": "fapi2_message_signing", "jwks_uri": None})
    assert said.startswith("request objects need keys")
    assert contradictions({**FAPI, "jwks_uri": None}) == ()


def test_lets_a_native_application_listen_on_its_own_machine() -> None:
    """RFC 8252 §7.3, FAPI 2.0 Security §5.3.2.2."""
    native = {**FAPI, "application_type": "native", "redirect_uris": ["http://127.0.0.1/callback"]}
    assert contradictions(native) == ()


def test_signs_strongly_for_a_profile_unless_told_how() -> None:
    """OpenID Connect Registration §2, FAPI 2.0 Security §5.4.1."""
    assert default_signing_alg(None) == "RS256"
    assert default_signing_alg("fapi2_security") == "PS256"
