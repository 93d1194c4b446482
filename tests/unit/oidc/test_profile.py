"""What is asked of a client, by its registration and by its profile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idp.agencies.oidc_registration import AuthenticationMethod, OidcRegistration
from idp.oidc import profile

STRONG = {"PS256", "ES256", "EdDSA"}


def registered(**changed: Any) -> OidcRegistration:
    """What a client registered."""
    plain: dict[str, Any] = {
        "client_id": "voucher",
        "client_name": "",
        "client_uri": None,
        "secret_digests": (),
        "token_endpoint_auth_method": "client_secret_basic",
        "redirect_uris": (),
        "post_logout_redirect_uris": (),
        "grant_types": frozenset({"authorization_code"}),
        "scopes": frozenset({"openid"}),
        "id_token_signed_response_alg": "RS256",
        "initiate_login_uri": None,
        "backchannel_logout_uri": None,
        "default_max_age": None,
        "require_auth_time": True,
        "response_types": frozenset({"code", "code id_token"}),
    }
    return OidcRegistration(**{**plain, **changed})


PLAIN = registered()
SECURITY = registered(profile="fapi2_security", token_endpoint_auth_method="private_key_jwt")
SIGNING = registered(profile="fapi2_message_signing", token_endpoint_auth_method="private_key_jwt")


def test_asks_of_a_plain_client_what_it_registered() -> None:
    """OpenID Connect Registration §2, RFC 9126 §6, RFC 9101 §10.5."""
    asked = profile.of(PLAIN)
    assert not asked.par_required
    assert not asked.signed_request_required
    assert not asked.signed_answer_required
    assert not asked.issuer_is_only_audience
    assert not asked.sender_constrained
    assert asked.pkce_required
    assert asked.rotate_refresh_tokens
    assert asked.response_types == {"code", "code id_token"}
    assert asked.authentication_methods == {"client_secret_basic"}
    assert asked.request_object_algs == {"RS256", *STRONG}
    assert asked.longest_code is None
    assert asked.longest_request_object is None


def test_follows_what_a_plain_client_asked_for() -> None:
    """The switches of a registration work without a profile."""
    assert profile.of(replace(PLAIN, require_pushed_authorization_requests=True)).par_required
    assert profile.of(replace(PLAIN, require_signed_request_object=True)).signed_request_required
    assert profile.of(replace(PLAIN, dpop_bound_access_tokens=True)).sender_constrained
    assert profile.of(replace(PLAIN, tls_client_certificate_bound_access_tokens=True)).sender_constrained
    assert not profile.of(replace(PLAIN, require_pkce=False)).pkce_required
    assert not profile.of(replace(PLAIN, rotate_refresh_tokens=False)).rotate_refresh_tokens
    assert profile.of(replace(PLAIN, request_object_signing_alg="RS256")).request_object_algs == {"RS256"}
    assert profile.of(replace(PLAIN, token_endpoint_auth_signing_alg="ES256")).assertion_algs == {"ES256"}


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS1"])
def test_never_lets_an_algorithm_in_that_we_do_not_verify(algorithm: str) -> None:
    """RFC 8725 §3.1: a registration can narrow the list, never lengthen it."""
    asked = profile.of(replace(PLAIN, request_object_signing_alg=algorithm))
    assert asked.request_object_algs == frozenset()


@pytest.mark.parametrize("client", [SECURITY, SIGNING])
def test_turns_everything_on_that_fapi_asks(client: OidcRegistration) -> None:
    """FAPI 2.0 Security §5.3.2, §5.4.1, whatever else the registration says."""
    lax = replace(client, require_pkce=False, rotate_refresh_tokens=True)
    for each in (client, lax):
        asked = profile.of(each)
        assert asked.par_required
        assert asked.pkce_required
        assert asked.response_types == {"code"}
        assert asked.authentication_methods == {"private_key_jwt"}
        assert asked.assertion_algs == asked.request_object_algs == STRONG
        assert asked.issuer_is_only_audience
        assert asked.sender_constrained
        assert not asked.rotate_refresh_tokens
        assert asked.longest_code == timedelta(seconds=60)
        assert asked.longest_request_object == timedelta(minutes=60)


def test_asks_for_signatures_both_ways_where_messages_are_signed() -> None:
    """FAPI 2.0 Message Signing §5.3 and §5.4."""
    assert profile.of(SIGNING).signed_request_required
    assert profile.of(SIGNING).signed_answer_required
    assert not profile.of(SECURITY).signed_request_required
    assert not profile.of(SECURITY).signed_answer_required


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post", "client_secret_jwt"])
def test_lets_nobody_in_whose_authentication_fapi_forbids(method: AuthenticationMethod) -> None:
    """FAPI 2.0 Security §5.3.2.1, should a registration slip through."""
    assert profile.of(replace(SECURITY, token_endpoint_auth_method=method)).authentication_methods == frozenset()
