"""FAPI 2.0 Security Profile Final, pushing and authorizing: what its conformance plan asks, module by module.

Two relying parties with the profile and nothing else in their registrations: what FAPI asks follows from it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.fakes import FrozenClock
from tests.protocol.oidc.assertions import Signer
from tests.protocol.oidc.fapi_party import ONE, TWO, FapiParty, is_refused, registered
from tests.protocol.oidc.lab import Browser, Provider, heard, is_a_page, request_of
from tests.protocol.oidc.prover import ISSUER


@pytest.fixture
def one(provider: Provider) -> FapiParty:
    """The first relying party."""
    return registered(provider, ONE, Signer.rsa("PS256"))


@pytest.fixture
def two(provider: Provider) -> FapiParty:
    """The second, with keys of its own and a query in its address."""
    return registered(provider, TWO, Signer.ec())


def test_fapi2_discovery_end_point_verification(browser: Browser) -> None:
    """fapi2-discovery-end-point-verification: the same at both well-known addresses."""
    said = browser.client.get("/.well-known/openid-configuration").get_json()
    assert said == browser.client.get("/.well-known/oauth-authorization-server").get_json()
    strong = {"PS256", "ES256", "EdDSA"}
    assert "code" in said["response_types_supported"]
    assert said["pushed_authorization_request_endpoint"] == f"{ISSUER}/oidc/par"
    assert said["authorization_response_iss_parameter_supported"] is True
    assert "S256" in said["code_challenge_methods_supported"]
    assert "private_key_jwt" in said["token_endpoint_auth_methods_supported"]
    for name in (
        "token_endpoint_auth_signing_alg_values_supported",
        "id_token_signing_alg_values_supported",
        "request_object_signing_alg_values_supported",
        "authorization_signing_alg_values_supported",
        "dpop_signing_alg_values_supported",
    ):
        assert strong & {*said[name]}, name
        assert "none" not in said[name]
    assert "jwt" in said["response_modes_supported"]
    assert "authorization_code" in said["grant_types_supported"]
    assert "openid" in said["scopes_supported"]


def test_fapi2_happy_flow(one: FapiParty, two: FapiParty, browser: Browser) -> None:
    """fapi2-happy-flow: both clients, with and without duplicates of what was pushed."""
    for client in (one, two):
        request_uri = client.pushed()
        beside = {name: value for name, value in request_of(client.client).items() if name != "client_id"}
        members = heard(browser.pages(client.arrive(browser, request_uri, **beside)), client.client)
        assert members.keys() == {"code", "state", "iss"}
        assert members["iss"] == ISSUER
        said = client.redeem(members["code"]).get_json()
        assert said["token_type"] == "DPoP"
        assert client.provider.claims(said["id_token"], "PS256")["nonce"] == "a nonce"
        assert client.userinfo(said["access_token"]).status_code == 200
        other = two if client is one else one
        assert other.userinfo(said["access_token"]).status_code == 401
        nobody = client.provider.app.test_client(use_cookies=False)
        assert nobody.get(f"/oidc/userinfo?access_token={said['access_token']}").status_code == 401


def test_fapi2_par_without_duplicate_parameters(one: FapiParty, browser: Browser) -> None:
    """fapi2-par-without-duplicate-parameters: client_id and request_uri are enough."""
    assert "code" in one.answer(browser)


def test_fapi2_user_rejects_authentication(one: FapiParty, two: FapiParty, browser: Browser) -> None:
    """fapi2-user-rejects-authentication: access_denied with state and iss, also where the address has a query."""
    for client in (one, two):
        page = client.arrive(browser, client.pushed())
        members = heard(browser.pages(page, decision="decline"), client.client)
        assert members["error"] == "access_denied"
        assert members["state"] == "a state"
        assert members["iss"] == ISSUER


def test_fapi2_ensure_authorization_request_without_state_success(one: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-authorization-request-without-state-success."""
    assert one.answer(browser, state=None).keys() == {"code", "iss"}


def test_fapi2_ensure_authorization_request_without_nonce_success(one: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-authorization-request-without-nonce-success."""
    assert "nonce" not in one.provider.claims(one.tokens(browser, nonce=None)["id_token"], "PS256")


@pytest.mark.parametrize("length", [64, 384])
def test_fapi2_ensure_authorization_request_with_long_nonce(one: FapiParty, browser: Browser, length: int) -> None:
    """fapi2-ensure-authorization-request-with-64-char-nonce-success and
    fapi2-ensure-authorization-request-with-long-nonce: whole or not at all."""
    claims = one.provider.claims(one.tokens(browser, nonce="n" * length)["id_token"], "PS256")
    assert claims["nonce"] == "n" * length


def test_fapi2_ensure_authorization_request_with_long_state(one: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-authorization-request-with-long-state."""
    assert one.answer(browser, state="s" * 384)["state"] == "s" * 384


def test_fapi2_ensure_other_scope_order_succeeds(one: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-other-scope-order-succeeds."""
    assert "id_token" in one.tokens(browser, scope="email profile openid")


def test_fapi2_ensure_different_nonce_inside_and_outside(one: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-different-nonce-inside-and-outside-request-object: what was pushed counts."""
    answer = one.arrive(browser, one.pushed(nonce="inner"), nonce="outer")
    said = one.redeem(heard(browser.pages(answer), ONE)["code"]).get_json()
    assert one.provider.claims(said["id_token"], "PS256")["nonce"] == "inner"


def test_fapi2_ensure_different_state_inside_and_outside(one: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-different-state-inside-and-outside-request-object and
    fapi2-state-only-outside-request-object-not-used."""
    answer = one.arrive(browser, one.pushed(state="inner"), state="outer")
    assert heard(browser.pages(answer), ONE)["state"] == "inner"
    assert "state" not in heard(one.arrive(browser, one.pushed(state=None), state="outer"), ONE)


def test_fapi2_test_claims_parameter_identity_claims(one: FapiParty, browser: Browser) -> None:
    """fapi2-test-claims-parameter-identity-claims: what may be had comes back, what nobody knows is left out."""
    asked = '{"id_token": {"email": {"essential": true}, "unheard_of": null}}'
    claims = one.provider.claims(one.tokens(browser, scope="openid email", claims=asked)["id_token"], "PS256")
    assert "email" in claims
    assert "unheard_of" not in claims


@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP", "dPoP"])
def test_fapi2_access_token_type_header_case_sensitivity(one: FapiParty, browser: Browser, scheme: str) -> None:
    """fapi2-access-token-type-header-case-sensitivity."""
    assert one.userinfo(one.tokens(browser)["access_token"], scheme=scheme).status_code == 200


def test_fapi2_ensure_request_object_without_redirect_uri_fails(one: FapiParty) -> None:
    """fapi2-ensure-request-object-without-redirect-uri-fails and
    fapi2-ensure-redirect-uri-in-authorization-request."""
    is_refused(one.push(redirect_uri=None), "invalid_request")


def test_fapi2_plain_fapi_tolerate_unregistered_redirect_uri(one: FapiParty) -> None:
    """fapi2-plain-fapi-tolerate-unregistered-redirect-uri: it is refused."""
    is_refused(one.push(redirect_uri="https://fapi-one.example/other"), "invalid_request")


def test_fapi2_ensure_unsigned_authorization_request_without_using_par_fails(one: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-unsigned-authorization-request-without-using-par-fails."""
    assert heard(browser.authorize(ONE), ONE)["error"] == "invalid_request"


@pytest.mark.parametrize("response_type", ["code id_token", "token", "id_token", "code token"])
def test_fapi2_ensure_response_type_code_idtoken_fails(one: FapiParty, response_type: str) -> None:
    """fapi2-ensure-response-type-code-idtoken-fails and fapi2-ensure-response-type-token-fails."""
    errors = ("unsupported_response_type", "invalid_request", "unauthorized_client")
    is_refused(one.push(response_type=response_type), *errors)


def test_fapi2_par_ensure_pkce_required(one: FapiParty) -> None:
    """fapi2-par-ensure-pkce-required and fapi2-par-plain-pkce-rejected."""
    is_refused(one.push(code_challenge=None, code_challenge_method=None), "invalid_request")
    is_refused(one.push(code_challenge_method="plain"), "invalid_request")
    is_refused(one.push(code_challenge_method=None), "invalid_request")


def test_fapi2_par_attempt_reuse_request_uri(one: FapiParty, browser: Browser) -> None:
    """fapi2-par-attempt-reuse-request_uri: after a completed use, an error page."""
    request_uri = one.pushed()
    assert "code" in heard(browser.pages(one.arrive(browser, request_uri)), ONE)
    assert is_a_page(one.arrive(browser, request_uri), 400)


def test_fapi2_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(
    one: FapiParty, browser: Browser
) -> None:
    """fapi2-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds."""
    request_uri = one.pushed()
    browser.client.get(one.arrive(browser, request_uri).headers["Location"])
    assert "code" in heard(browser.pages(one.arrive(browser, request_uri)), ONE)


def test_fapi2_par_attempt_to_use_expired_request_uri(one: FapiParty, browser: Browser, clock: FrozenClock) -> None:
    """fapi2-par-attempt-to-use-expired-request_uri."""
    answer = one.push().get_json()
    clock.advance(timedelta(seconds=answer["expires_in"]))
    assert is_a_page(one.arrive(browser, answer["request_uri"]), 400)


def test_fapi2_par_attempt_to_use_request_uri_for_different_client(
    one: FapiParty, two: FapiParty, browser: Browser
) -> None:
    """fapi2-par-attempt-to-use-request_uri-for-different-client."""
    assert is_a_page(two.arrive(browser, one.pushed()), 400)


def test_fapi2_par_authorization_request_containing_request_uri_form_param(one: FapiParty) -> None:
    """fapi2-par-authorization-request-containing-request_uri-form-param."""
    is_refused(one.push(request_uri=one.pushed()), "invalid_request")


def test_fapi2_par_attempt_invalid_http_method(one: FapiParty) -> None:
    """fapi2-par-attempt-invalid-http-method."""
    is_refused(one.call("/oidc/par", method="PUT", **request_of(ONE)), "invalid_request", status=405)


@pytest.mark.parametrize(
    "audience", [[ISSUER], [ISSUER, "https://other.example"], f"{ISSUER}/oidc/par", f"{ISSUER}/oidc/token"]
)
def test_fapi2_par_test_array_as_audience_fails(one: FapiParty, audience: Any) -> None:
    """fapi2-par-test-array-as-audience-fails, fapi2-par-test-par-endpoint-url-as-audience-fails and
    fapi2-par-test-token-endpoint-url-as-audience-fails: the issuer, as one string."""
    is_refused(one.push(assertion=one.assertion(aud=audience)), "invalid_client", status=401)


def test_fapi2_par_ensure_jwt_client_assertions_nbf_in_the_future(one: FapiParty) -> None:
    """fapi2-par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted and
    fapi2-par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails."""
    soon = one.assertion(nbf=one.now + 8, iat=one.now + 8)
    assert one.push(assertion=soon).status_code == 201
    is_refused(one.push(assertion=one.assertion(nbf=one.now + 61, exp=one.now + 120)), "invalid_client", status=401)
