"""FAPI 2.0 Security Profile Final, tokens and their keys: what its conformance plan asks, module by module.

Two relying parties with the profile and nothing else in their registrations: what FAPI asks follows from it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from idp.app import create_app
from idp.house import House
from tests.builders import a_person, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.assertions import Signer
from tests.protocol.oidc.fapi_party import ONE, TWO, FapiParty, is_refused, registered
from tests.protocol.oidc.lab import AGENCIES, VOUCHER, Browser, Provider
from tests.protocol.oidc.prover import ISSUER, Prover, at, jwk_of, new_key


@pytest.fixture
def one(provider: Provider) -> FapiParty:
    """The first relying party."""
    return registered(provider, ONE, Signer.rsa("PS256"))


@pytest.fixture
def two(provider: Provider) -> FapiParty:
    """The second, with keys of its own and a query in its address."""
    return registered(provider, TWO, Signer.ec())


def test_fapi2_ensure_pkce_code_verifier_required(one: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-pkce-code-verifier-required and fapi2-incorrect-pkce-code-verifier-rejected."""
    is_refused(one.redeem(one.code(browser), code_verifier=None), "invalid_grant")
    is_refused(one.redeem(one.code(browser), code_verifier="v" * 43), "invalid_grant")


def test_fapi2_ensure_signed_client_assertion_with_rs256_fails(one: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-signed-client-assertion-with-RS256-fails: with the very key that signs PS256."""
    weak = Signer(one.signer.key, "RS256")
    is_refused(one.redeem(one.code(browser), assertion=one.assertion(signer=weak)), "invalid_client", status=401)


def test_fapi2_ensure_client_assertion_in_token_endpoint(one: FapiParty, two: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-client-assertion-in-token-endpoint, fapi2-ensure-client-assertion-with-wrong-aud-fails,
    fapi2-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails and
    fapi2-ensure-client-assertion-with-no-sub-fails."""
    is_refused(one.redeem(one.code(browser), assertion=None), "invalid_client", "invalid_request", status=401)
    for changed in (
        {"aud": "https://other.example"},
        {"exp": one.now - 300},
        {"sub": None},
        {"iss": None},
        {"jti": None},
        {"signer": two.signer},
    ):
        is_refused(one.redeem(one.code(browser), assertion=one.assertion(**changed)), "invalid_client", status=401)


def test_fapi2_ensure_client_id_in_token_endpoint(one: FapiParty, two: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-client-id-in-token-endpoint: client_id of another than authenticates."""
    is_refused(one.redeem(one.code(browser), client_id=two.client.client_id), "invalid_client", status=401)


def test_fapi2_ensure_authorization_code_is_bound_to_client(one: FapiParty, two: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-authorization-code-is-bound-to-client: and what the other tried costs the first one nothing."""
    code = one.code(browser)
    is_refused(two.redeem(code, redirect_uri=ONE.redirect_uri), "invalid_grant")
    assert one.redeem(code).status_code == 200


def test_fapi2_attempt_reuse_authorization_code_after_one_second(
    one: FapiParty, browser: Browser, clock: FrozenClock
) -> None:
    """fapi2-attempt-reuse-authorization-code-after-one-second: the first access token ends with it."""
    code = one.code(browser)
    token = one.redeem(code).get_json()["access_token"]
    clock.advance(timedelta(seconds=1))
    is_refused(one.redeem(code), "invalid_grant")
    assert one.userinfo(token).status_code == 401


def test_fapi2_ensure_token_endpoint_fails_with_expired_auth_code(
    one: FapiParty, browser: Browser, clock: FrozenClock
) -> None:
    """fapi2-ensure-token-endpoint-fails-with-expired-auth-code: 62 seconds are too many."""
    code = one.code(browser)
    clock.advance(timedelta(seconds=62))
    is_refused(one.redeem(code), "invalid_grant")


def test_fapi2_ensure_holder_of_key_required(one: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-holder-of-key-required: no token without a proof, whatever the registration says of binding."""
    is_refused(one.redeem(one.code(browser), proof=None), "invalid_dpop_proof", "invalid_request", "invalid_grant")


def test_fapi2_check_dpop_proof_nbf_exp(one: FapiParty, browser: Browser) -> None:
    """fapi2-check-dpop-proof-nbf-exp: more claims than are needed do no harm."""
    more: dict[str, Any] = {"nbf": one.now - 5, "exp": one.now + 60}
    answer = one.redeem(one.code(browser), proof=one.prover.proof("POST", "/oidc/token", **more))
    assert answer.status_code == 200
    assert one.userinfo(answer.get_json()["access_token"], **more).status_code == 200


@pytest.mark.parametrize("seconds", [-10, 10])
def test_fapi2_ensure_dpopproof_with_iat_10seconds_succeeds(one: FapiParty, browser: Browser, seconds: int) -> None:
    """fapi2-ensure-dpopproof-with-iat-10seconds-before-succeeds and
    fapi2-ensure-dpopproof-with-iat-10seconds-after-succeeds: pushing, at the token endpoint, at the resource."""
    iat = at(one.provider.house.clock, seconds)
    code = one.code(browser, proof=one.prover.proof("POST", "/oidc/par", iat=iat))
    answer = one.redeem(code, proof=one.prover.proof("POST", "/oidc/token", iat=iat))
    assert answer.status_code == 200
    assert one.userinfo(answer.get_json()["access_token"], iat=iat).status_code == 200


def test_fapi2_ensure_mismatched_dpop_jkt_fails(one: FapiParty) -> None:
    """fapi2-ensure-mismatched-dpop-jkt-fails: of the proof beside it."""
    other = Prover(one.provider.house.clock)
    proof = one.prover.proof("POST", "/oidc/par")
    is_refused(one.push(proof=proof, dpop_jkt=other.jkt), "invalid_dpop_proof", "invalid_request")


def test_fapi2_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(one: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-token-endpoint-fails-with-mismatched-dpop-jkt and
    fapi2-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt."""
    errors = ("invalid_request", "invalid_grant", "invalid_dpop_proof")
    other = Prover(one.provider.house.clock)
    is_refused(one.redeem(one.code(browser, dpop_jkt=other.jkt)), *errors)
    is_refused(one.redeem(one.code(browser, proof=other.proof("POST", "/oidc/par"))), *errors)


def test_fapi2_ensure_dpopproof_at_par_endpoint_binding_success(one: FapiParty, browser: Browser) -> None:
    """fapi2-ensure-dpopproof-at-par-endpoint-binding-success and
    fapi2-ensure-dpop-auth-code-binding-success: by the proof, by dpop_jkt alone, by both."""
    for proven, named in ((True, False), (False, True), (True, True)):
        proof = one.prover.proof("POST", "/oidc/par") if proven else None
        code = one.code(browser, proof=proof, dpop_jkt=one.prover.jkt if named else None)
        assert one.redeem(code).status_code == 200


def test_fapi2_dpop_negative_tests(one: FapiParty, browser: Browser) -> None:
    """fapi2-dpop-negative-tests: at the resource."""
    token, prover, other = one.tokens(browser)["access_token"], one.prover, new_key()
    for wrong in (
        {"header": {"typ": "jwt"}},
        {"header": {"typ": None}},
        {"header": {"jwk": jwk_of(prover.key, private=True)}},
        {"header": {"jwk": None}},
        {"jti": None},
        {"htm": None},
        {"htm": "POST"},
        {"htu": None},
        {"htu": "https://other.example/oidc/userinfo"},
        {"iat": None},
        {"iat": one.now - 3600},
        {"iat": one.now + 3600},
        {"ath": None},
        {"ath": "A" * 43},
        {"key": other},
        {"key": other, "header": {"jwk": jwk_of(other)}},
        {"scheme": "Bearer"},
    ):
        assert one.userinfo(token, **wrong).status_code in {400, 401}, wrong
    call = one.provider.app.test_client(use_cookies=False).get
    proof = prover.proof("GET", "/oidc/userinfo", token)
    for headers in (
        [("DPoP", proof), ("DPoP", prover.proof("GET", "/oidc/userinfo", token))],
        [("DPoP", "garbage")],
        [("DPoP", proof[:-4] + "AAAA")],
        [],
    ):
        assert call("/oidc/userinfo", headers=[("Authorization", f"DPoP {token}"), *headers]).status_code in {400, 401}
    good = prover.proof(
        "GET", "/oidc/userinfo", token, header={"x": "y"}, extra="claim", htu=f"{ISSUER}/oidc/userinfo?a#b"
    )
    assert call("/oidc/userinfo", headers={"Authorization": f"DPoP {token}", "DPOP": good}).status_code == 200


def test_fapi2_refresh_token(one: FapiParty, two: FapiParty, browser: Browser, clock: FrozenClock) -> None:
    """fapi2-refresh-token: bound to the client, not rotated, with whatever key the client proves."""
    said = one.tokens(browser, scope="openid offline_access")
    refresh_token = said["refresh_token"]
    is_refused(two.refresh(refresh_token), "invalid_grant")
    is_refused(one.refresh(refresh_token, assertion=None), "invalid_client", "invalid_request", status=401)
    is_refused(one.refresh(refresh_token, proof=None), "invalid_dpop_proof", "invalid_request", "invalid_grant")
    again = one.refresh(refresh_token)
    assert again.status_code == 200
    clock.advance(timedelta(seconds=31))
    one.prover = Prover(one.provider.house.clock)
    again = one.refresh(refresh_token)
    assert again.status_code == 200
    assert again.get_json().get("refresh_token", refresh_token) == refresh_token
    assert one.userinfo(again.get_json()["access_token"]).status_code == 200


def test_fapi2_codes_end_within_a_minute_whatever_is_set(house: House) -> None:
    """FAPI 2.0 Security §5.3.2.1: the operator may let others have more."""
    tokens = house.settings.tokens.model_copy(update={"code": timedelta(minutes=5)})
    object.__setattr__(house, "settings", house.settings.model_copy(update={"tokens": tokens}))
    register(house, *AGENCIES)
    a_person(house)
    provider = Provider(house, create_app(house.settings, instead=house))
    one, browser = registered(provider, ONE, Signer.rsa("PS256")), provider.browser()
    code, longer = one.code(browser), browser.code(VOUCHER)
    assert isinstance(house.clock, FrozenClock)
    house.clock.advance(timedelta(seconds=60))
    is_refused(one.redeem(code), "invalid_grant")
    assert provider.redeem(VOUCHER, longer).status_code == 200


def test_fapi2_servers_act_for_themselves_by_the_same_rules(provider: Provider) -> None:
    """fapi2-happy-flow, fapi2-par-test-array-as-audience-fails and fapi2-ensure-holder-of-key-required of the client
    credentials profile."""
    one = FapiParty(provider, ONE, signer=Signer.ec())
    registration = one.agency
    registration["relying_party"][0] |= {"grant_types": ["authorization_code", "client_credentials"]}
    registration["relying_party"][0] |= {"scope": "openid links.read"}
    register(provider.house, registration)
    form = {"grant_type": "client_credentials", "scope": "links.read"}
    said = one.call("/oidc/token", **form)
    assert said.status_code == 200
    assert said.get_json()["token_type"] == "DPoP"
    is_refused(one.call("/oidc/token", proof=None, **form), "invalid_dpop_proof", "invalid_request")
    for assertion in (one.assertion(aud=[ISSUER]), one.assertion(aud=f"{ISSUER}/oidc/token")):
        is_refused(one.call("/oidc/token", assertion=assertion, **form), "invalid_client", status=401)
