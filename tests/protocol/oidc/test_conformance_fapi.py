"""The modules of FAPI 2.0 Security Profile Final, and of Message Signing Final where their requests and answers are
signed; one test a module, named in its docstring."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from idp.app import create_app
from idp.house import House
from tests.builders import a_person, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.assertions import Signer
from tests.protocol.oidc.fapi_suite import (
    FIRST_KEY,
    NONCE,
    PAR,
    SECOND_KEY,
    STATE,
    USERINFO,
    FapiSuite,
    agencies,
    refused,
)
from tests.protocol.oidc.lab import Provider, is_a_page
from tests.protocol.oidc.prover import Prover, jwk_of, new_key

HOUR = 3600


@pytest.fixture(params=["fapi2_security", "fapi2_message_signing"])
def suite(request: pytest.FixtureRequest, house: House) -> FapiSuite:
    """A module about to run, by either profile."""
    register(house, agencies(request.param))
    a_person(house)
    provider = Provider(house, create_app(house.settings, instead=house))
    return FapiSuite(provider, signing=request.param == "fapi2_message_signing")


@pytest.fixture
def signing(house: House) -> FapiSuite:
    """A module of Message Signing."""
    register(house, agencies("fapi2_message_signing"))
    a_person(house)
    return FapiSuite(Provider(house, create_app(house.settings, instead=house)), signing=True)


def test_signs_in_by_both_clients(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-happy-flow: duplicates beside `request_uri` do no harm; a token in the query, or
    with the other client's key, opens nothing."""
    usual = suite.request()
    answer = suite.answer(suite.browser.pages(suite.visit(suite.pushed(), state=STATE, scope=usual["scope"])))
    first = suite.redeem(answer["code"]).get_json()
    claims = suite.verified(first["id_token"])
    assert (claims["nonce"], claims["aud"]) == (NONCE, suite.client.client_id)
    answered = suite.userinfo(first["access_token"])
    assert (answered.status_code, answered.get_json()["sub"]) == (200, claims["sub"])
    query = suite.provider.app.test_client().get(f"{USERINFO}?access_token={first['access_token']}")
    assert query.status_code == 401
    other = suite.other()
    second = other.tokens()
    assert other.userinfo(second["access_token"]).status_code == 200
    assert suite.userinfo(second["access_token"]).status_code == 401


def test_needs_nothing_beside_the_reference(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-par-without-duplicate-parameters."""
    suite.tokens()


@pytest.mark.parametrize("missing", ["state", "nonce"])
def test_invents_nothing(suite: FapiSuite, missing: str) -> None:
    """fapi2-security-profile-final-ensure-authorization-request-without-state-success,
    fapi2-security-profile-final-ensure-authorization-request-without-nonce-success."""
    tokens = suite.tokens(**{missing: None})
    assert (missing == "nonce") == ("nonce" not in suite.verified(tokens["id_token"]))


@pytest.mark.parametrize("length", [64, 384])
def test_repeats_long_values_whole(suite: FapiSuite, length: int) -> None:
    """fapi2-security-profile-final-ensure-authorization-request-with-64-char-nonce-success,
    fapi2-security-profile-final-ensure-authorization-request-with-long-nonce,
    fapi2-security-profile-final-ensure-authorization-request-with-long-state."""
    tokens = suite.tokens(nonce="n" * length, state="s" * length)
    assert suite.verified(tokens["id_token"])["nonce"] == "n" * length


def test_takes_scopes_in_any_order(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-ensure-other-scope-order-succeeds."""
    suite.tokens(scope="offline_access email openid")


@pytest.mark.parametrize("name", ["state", "nonce"])
def test_hears_only_what_was_pushed(suite: FapiSuite, name: str) -> None:
    """fapi2-security-profile-final-ensure-different-nonce-inside-and-outside-request-object,
    fapi2-security-profile-final-ensure-different-state-inside-and-outside-request-object,
    fapi2-security-profile-final-state-only-outside-request-object-not-used."""
    answer = suite.answer(suite.browser.pages(suite.visit(suite.pushed(), **{name: "from the address"})))
    assert suite.verified(suite.redeem(answer["code"]).get_json()["id_token"])["nonce"] == NONCE
    without = suite.pushed(state=None)
    assert "state" not in suite.answer(suite.browser.pages(suite.visit(without, state="from the address")), state=None)


@pytest.mark.parametrize("scheme", ["dpop", "DPOP", "DpOp"])
def test_reads_the_scheme_in_any_case(suite: FapiSuite, scheme: str) -> None:
    """fapi2-security-profile-final-access-token-type-header-case-sensitivity."""
    assert suite.userinfo(suite.tokens()["access_token"], scheme=scheme).status_code == 200


@pytest.mark.parametrize("uri", [None, "https://fapi.example/elsewhere"])
def test_wants_a_registered_address(suite: FapiSuite, uri: str | None) -> None:
    """fapi2-security-profile-final-ensure-request-object-without-redirect-uri-fails,
    fapi2-security-profile-final-ensure-redirect-uri-in-authorization-request,
    fapi2-security-profile-final-plain-fapi-tolerate-unregistered-redirect-uri (refusing is simplest)."""
    assert refused(suite.push(redirect_uri=uri), "invalid_request", "invalid_request_object")


def test_takes_no_request_that_was_not_pushed(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails."""
    answered = suite.browser.client.get("/oidc/authorize", query_string=suite.request())
    assert is_a_page(answered, 400) or suite.answer(answered)["error"] == "invalid_request"
    signed = {"client_id": suite.client.client_id, "request": suite.request_object()}
    assert suite.browser.client.get("/oidc/authorize", query_string=signed).status_code in {303, 400}


@pytest.mark.parametrize("words", ["code id_token", "token"])
def test_answers_with_codes_alone(suite: FapiSuite, words: str) -> None:
    """fapi2-security-profile-final-ensure-response-type-code-idtoken-fails,
    fapi2-security-profile-final-ensure-response-type-token-fails."""
    errors = ("unsupported_response_type", "invalid_request", "unauthorized_client")
    assert refused(suite.push(response_type=words), *errors)


@pytest.mark.parametrize(
    "challenge", [{"code_challenge": None, "code_challenge_method": None}, {"code_challenge_method": "plain"}]
)
def test_wants_a_challenge_by_s256(suite: FapiSuite, challenge: dict[str, Any]) -> None:
    """fapi2-security-profile-final-par-ensure-pkce-required, fapi2-security-profile-final-par-plain-pkce-rejected."""
    assert refused(suite.push(**challenge), "invalid_request")


@pytest.mark.parametrize("verifier", [None, "x" * 43])
def test_wants_the_verifier(suite: FapiSuite, verifier: str | None) -> None:
    """fapi2-security-profile-final-ensure-pkce-code-verifier-required,
    fapi2-security-profile-final-incorrect-pkce-code-verifier-rejected."""
    assert refused(suite.redeem(suite.code(), code_verifier=verifier), "invalid_grant")


def test_answers_a_reference_once(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-par-attempt-reuse-request_uri,
    fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds."""
    reference = suite.pushed()
    suite.visit(reference)
    suite.answer(suite.browser.pages(suite.visit(reference)))
    assert is_a_page(suite.visit(reference), 400)


def test_forgets_a_reference(suite: FapiSuite, frozen_clock: FrozenClock) -> None:
    """fapi2-security-profile-final-par-attempt-to-use-expired-request_uri."""
    answered = suite.push().get_json()
    frozen_clock.advance(timedelta(seconds=answered["expires_in"]))
    assert is_a_page(suite.visit(answered["request_uri"]), 400)


def test_knows_whose_reference_it_is(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client."""
    assert is_a_page(suite.other().visit(suite.pushed()), 400)


def test_pushes_no_references(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param,
    fapi2-security-profile-final-par-authorization-request-containing-request_uri."""
    errors = ("invalid_request", "invalid_request_object", "request_uri_not_supported")
    assert refused(suite.push(request_uri=suite.pushed()), *errors)


def test_takes_pushes_by_post(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-par-attempt-invalid-http-method."""
    assert suite.provider.app.test_client().put(PAR, data=suite.request()).status_code == 405


@pytest.mark.parametrize("audience", [["{issuer}"], "{issuer}/oidc/par", "{issuer}/oidc/token"])
def test_is_named_by_its_issuer_alone(suite: FapiSuite, audience: str | list[str]) -> None:
    """fapi2-security-profile-final-par-test-array-as-audience-fails,
    fapi2-security-profile-final-par-test-par-endpoint-url-as-audience-fails,
    fapi2-security-profile-final-par-test-token-endpoint-url-as-audience-fails."""
    named: Any = [suite.issuer] if isinstance(audience, list) else audience.replace("{issuer}", suite.issuer)
    assert refused(suite.push(assertion=suite.assertion(aud=named)), "invalid_client", "invalid_request")


def test_allows_for_clocks_that_differ_a_little(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted,
    fapi2-security-profile-final-par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails."""
    assert suite.push(assertion=suite.assertion(nbf=suite.now + 8)).status_code == 201
    assert refused(suite.push(assertion=suite.assertion(nbf=suite.now + 70)), "invalid_client")


@pytest.mark.parametrize(
    "wrong", [{"exp": -300}, {"aud": "https://elsewhere.example"}, {"sub": None}], ids=lambda wrong: next(iter(wrong))
)
def test_believes_no_wrong_assertion(suite: FapiSuite, wrong: dict[str, Any]) -> None:
    """fapi2-security-profile-final-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails,
    fapi2-security-profile-final-ensure-client-assertion-with-wrong-aud-fails,
    fapi2-security-profile-final-ensure-client-assertion-with-no-sub-fails."""
    claims: dict[str, Any] = {name: suite.now + value if name == "exp" else value for name, value in wrong.items()}
    assert refused(suite.redeem(suite.code(), assertion=suite.assertion(**claims)), "invalid_client")


def test_believes_no_assertion_by_rs256(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails: not even by the right key."""
    other = suite.other()
    by_rs256 = other.assertion(signer=Signer(SECOND_KEY.key, "RS256"))
    assert refused(other.redeem(other.code(), assertion=by_rs256), "invalid_client")


def test_wants_an_assertion(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-ensure-client-assertion-in-token-endpoint."""
    named = {"client_id": suite.client.client_id}
    assert refused(suite.redeem(suite.code(), assertion=named), "invalid_client", "invalid_request")


def test_hears_no_other_name(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-ensure-client-id-in-token-endpoint."""
    other = suite.other().client.client_id
    assert refused(suite.redeem(suite.code(), client_id=other), "invalid_client", "invalid_grant")


def test_knows_whose_code_it_is(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-ensure-authorization-code-is-bound-to-client."""
    other = suite.other()
    assert refused(other.redeem(suite.code(), redirect_uri=suite.client.redirect_uri), "invalid_grant")


def test_takes_a_code_once(suite: FapiSuite, frozen_clock: FrozenClock) -> None:
    """fapi2-security-profile-final-attempt-reuse-authorization-code-after-one-second."""
    code = suite.code()
    token = suite.redeem(code).get_json()["access_token"]
    frozen_clock.advance(timedelta(seconds=1))
    assert refused(suite.redeem(code), "invalid_grant")
    assert suite.userinfo(token).status_code == 401


def test_forgets_a_code_within_a_minute(suite: FapiSuite, frozen_clock: FrozenClock) -> None:
    """fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code."""
    code = suite.code()
    frozen_clock.advance(timedelta(seconds=62))
    assert refused(suite.redeem(code), "invalid_grant")


def test_wants_the_key(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-ensure-holder-of-key-required."""
    assert refused(suite.redeem(suite.code(), dpop=""), "invalid_dpop_proof", "invalid_request", "invalid_grant")


def test_does_not_mind_other_times_in_proofs(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-check-dpop-proof-nbf-exp."""
    times: dict[str, Any] = {"nbf": suite.now - 10, "exp": suite.now + 300}
    token = suite.redeem(suite.code(), dpop=suite.prover.proof("POST", "/oidc/token", **times)).get_json()
    assert suite.userinfo(token["access_token"], **times).status_code == 200


@pytest.mark.parametrize("seconds", [-10, 10])
def test_allows_for_proofs_of_clocks_that_differ(suite: FapiSuite, seconds: int) -> None:
    """fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-before-succeeds,
    fapi2-security-profile-final-ensure-dpopproof-with-iat-10seconds-after-succeeds: at PAR, token and resource."""
    iat = suite.now + seconds
    code = suite.code(dpop=suite.prover.proof("POST", PAR, iat=iat))
    token = suite.redeem(code, dpop=suite.prover.proof("POST", "/oidc/token", iat=iat)).get_json()["access_token"]
    assert suite.userinfo(token, iat=iat).status_code == 200


def test_binds_what_is_pushed_to_a_key(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-ensure-dpopproof-at-par-endpoint-binding-success,
    fapi2-security-profile-final-ensure-dpop-auth-code-binding-success,
    fapi2-security-profile-final-ensure-mismatched-dpop-jkt-fails,
    fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-jkt,
    fapi2-security-profile-final-ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt."""
    prover, other = suite.prover, Prover(suite.provider.house.clock, key=new_key())
    assert suite.redeem(suite.code(dpop=prover.proof("POST", PAR))).status_code == 200
    assert suite.redeem(suite.code(dpop_jkt=prover.jkt)).status_code == 200
    both = suite.push(dpop=prover.proof("POST", PAR), dpop_jkt=other.jkt)
    assert refused(both, "invalid_dpop_proof", "invalid_request")
    errors = ("invalid_request", "invalid_grant", "invalid_dpop_proof")
    for code in (suite.code(dpop_jkt=prover.jkt), suite.code(dpop=prover.proof("POST", PAR))):
        assert refused(suite.redeem(code, dpop=other.proof("POST", "/oidc/token")), *errors)


WRONG_PROOFS: dict[str, dict[str, Any]] = {
    "typ": {"header": {"typ": "jwt"}},
    "RS256": {"header": {"alg": "RS256"}, "key": new_key("RS256")},
    "private key": {"header": {"jwk": jwk_of(key := new_key(), private=True)}, "key": key},
    "no jti": {"jti": None},
    "no htm": {"htm": None},
    "no htu": {"htu": None},
    "no iat": {"iat": None},
    "no ath": {"ath": None},
    "htm": {"htm": "POST"},
    "htu": {"htu": "http://127.0.0.1:8000/oidc/token"},
    "ath": {"ath": "x" * 43},
    "another key": {"header": {"jwk": jwk_of(other := new_key())}, "key": other},
    "another signature": {"key": new_key()},
}


@pytest.mark.parametrize("wrong", WRONG_PROOFS.values(), ids=WRONG_PROOFS)
def test_believes_no_wrong_proof(suite: FapiSuite, wrong: dict[str, Any]) -> None:
    """fapi2-security-profile-final-dpop-negative-tests."""
    token = suite.tokens()["access_token"]
    assert suite.userinfo(token, **wrong).status_code in {400, 401}
    assert suite.userinfo(token).status_code == 200


def test_believes_no_proof_of_another_hour_and_no_two(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-dpop-negative-tests: nor one used before, garbage, none, or the token as Bearer; but
    with whatever is said beside."""
    token, prover, client = suite.tokens()["access_token"], suite.prover, suite.provider.app.test_client()
    for seconds in (-HOUR, HOUR):
        assert suite.userinfo(token, iat=suite.now + seconds).status_code in {400, 401}
    proof = prover.proof("GET", USERINFO, token)
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    assert client.get(USERINFO, headers=headers).status_code == 200
    assert client.get(USERINFO, headers=headers).status_code in {400, 401}
    bound = ("Authorization", f"DPoP {token}")
    twice = [bound, ("DPoP", prover.proof("GET", USERINFO, token)), ("DPoP", prover.proof("GET", USERINFO, token))]
    for wrong in (twice, [bound], [bound, ("DPoP", "garbage")], [("Authorization", f"Bearer {token}")]):
        assert client.get(USERINFO, headers=wrong).status_code in {400, 401}
    plus: dict[str, Any] = {"header": {"unknown": "x"}, "another": "claim"}
    assert suite.userinfo(token, htu=f"{suite.issuer}{USERINFO}?a=b#c", **plus).status_code == 200


def test_renews_without_rotation(suite: FapiSuite, frozen_clock: FrozenClock) -> None:
    """fapi2-security-profile-final-refresh-token: for this client, with a proof; the old token stays good, and a new
    key will do for a client that proves itself."""
    tokens = suite.tokens()
    refresh = tokens["refresh_token"]
    assert refused(suite.refresh(refresh, dpop=""), "invalid_dpop_proof", "invalid_request", "invalid_grant")
    assert refused(suite.other().refresh(refresh), "invalid_grant")
    first = suite.refresh(refresh).get_json()
    assert first.get("refresh_token", refresh) == refresh
    frozen_clock.advance(timedelta(seconds=31))
    suite.prover = Prover(suite.provider.house.clock, key=new_key())
    renewed = suite.refresh(refresh).get_json()
    assert suite.userinfo(renewed["access_token"]).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": None},
        {"nbf": None},
        {"nbf": -600, "exp": -300},
        {"aud": "https://elsewhere.example"},
        {"exp": 70 * 60},
        {"nbf": -70 * 60, "exp": 60},
    ],
    ids=["no exp", "no nbf", "expired", "aud", "exp too far", "nbf too old"],
)
def test_takes_no_object_of_another_time(signing: FapiSuite, wrong: dict[str, Any]) -> None:
    """fapi2-security-profile-final-ensure-request-object-without-exp-fails,
    fapi2-security-profile-final-ensure-request-object-without-nbf-fails,
    fapi2-security-profile-final-ensure-expired-request-object-fails,
    fapi2-security-profile-final-ensure-request-object-with-bad-aud-fails,
    fapi2-security-profile-final-ensure-request-object-with-exp-over-60-fails,
    fapi2-security-profile-final-ensure-request-object-with-nbf-over-60-fails."""
    claims: dict[str, Any] = {
        name: signing.now + value if isinstance(value, int) else value for name, value in wrong.items()
    }
    assert refused(pushed_object(signing, signing.request_object(**claims)), "invalid_request_object")


def test_takes_no_object_that_its_client_did_not_sign(signing: FapiSuite) -> None:
    """fapi2-security-profile-final-ensure-signed-request-object-with-RS256-fails,
    fapi2-security-profile-final-ensure-request-object-signature-algorithm-is-not-none,
    fapi2-security-profile-final-ensure-request-object-with-invalid-signature-fails,
    fapi2-security-profile-final-ensure-matching-key-in-authorization-request."""
    other = signing.other()
    good = signing.request_object()
    header, claims, signature = good.split(".")
    for party, wrong in (
        (other, other.request_object(signer=Signer(SECOND_KEY.key, "RS256"))),
        (signing, f"eyJhbGciOiJub25lIn0.{claims}."),
        (signing, f"{header}.{claims}.{signature[:-8]}AAAAAAAA"),
        (other, other.request_object(signer=FIRST_KEY)),
    ):
        assert refused(pushed_object(party, wrong), "invalid_request_object")
    assert pushed_object(signing, good).status_code == 201


def test_takes_no_unsigned_request(signing: FapiSuite) -> None:
    """fapi2-security-profile-final-ensure-unsigned-request-at-par-endpoint-fails."""
    assert refused(signing.post(PAR, signing.request()), "invalid_request")


def test_takes_objects_for_several_and_of_clocks_ahead(signing: FapiSuite) -> None:
    """fapi2-security-profile-final-ensure-request-object-with-multiple-aud-succeeds,
    fapi2-security-profile-final-ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted."""
    rights: tuple[dict[str, Any], ...] = (
        {"aud": [signing.issuer, "https://elsewhere.example"]},
        {"nbf": signing.now + 8},
    )
    for right in rights:
        assert pushed_object(signing, signing.request_object(**right)).status_code == 201


def pushed_object(suite: FapiSuite, compact: str) -> Any:
    return suite.post(PAR, {"request": compact, "client_id": suite.client.client_id})


def test_lets_the_member_decline(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-user-rejects-authentication: also at an address with a query."""
    for each in (suite, suite.other()):
        declined = each.browser.pages(each.visit(each.pushed()), decision="decline")
        assert each.answer(declined)["error"] == "access_denied"


def test_says_of_itself_what_the_plan_reads(suite: FapiSuite) -> None:
    """fapi2-security-profile-final-discovery-end-point-verification."""
    said = suite.provider.app.test_client().get("/.well-known/openid-configuration").get_json()
    assert "code" in said["response_types_supported"]
    assert said["pushed_authorization_request_endpoint"] == f"{suite.issuer}{PAR}"
    assert said["authorization_response_iss_parameter_supported"] is True
    assert "S256" in said["code_challenge_methods_supported"]
    assert "private_key_jwt" in said["token_endpoint_auth_methods_supported"]
    strong = {"PS256", "ES256", "EdDSA"}
    for what in ("token_endpoint_auth", "id_token", "request_object", "authorization", "dpop"):
        names = [name for name in said if name.startswith(f"{what}_signing_alg") and name.endswith("supported")]
        assert names, what
        assert strong & set(said[names[0]])
    assert "jwt" in said["response_modes_supported"]
    assert "authorization_code" in said["grant_types_supported"]
    assert "openid" in said["scopes_supported"]
    for name in said.get("mtls_endpoint_aliases", {}):
        assert name in said
