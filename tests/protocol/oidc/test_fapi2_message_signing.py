"""FAPI 2.0 Message Signing Final: what its conformance plan asks beside the Security Profile's, module by module."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.builders import register
from tests.protocol.oidc.assertions import Signer
from tests.protocol.oidc.fapi_party import ONE, FapiParty
from tests.protocol.oidc.lab import Browser, Provider, heard, is_a_page, request_of
from tests.protocol.oidc.prover import ISSUER
from tests.protocol.oidc.signing_party import by_hand

MINUTE = 60


class SigningParty(FapiParty):
    """Pushes what it signed."""

    def object(self, *, signer: Signer | None = None, **changed: Any) -> str:
        """A right request object, but for what is `changed`; None leaves a claim out."""
        right = {
            **request_of(self.client),
            "iss": self.client.client_id,
            "aud": ISSUER,
            "nbf": self.now,
            "exp": self.now + 5 * MINUTE,
        }
        claims = {name: value for name, value in {**right, **changed}.items() if value is not None}
        return (signer or self.signer).sign(claims, typ="oauth-authz-req+jwt")

    def push_object(self, request: str, **beside: str) -> TestResponse:
        return self.call("/oidc/par", proof=None, request=request, **beside)


@pytest.fixture
def one(provider: Provider) -> SigningParty:
    """A relying party that has signed messages in its registration and nothing beside that."""
    found = SigningParty(provider, ONE, "fapi2_message_signing")
    register(provider.house, found.agency)
    return found


def refused(one: SigningParty, request: str) -> None:
    """PAR answers 400 and exactly invalid_request_object."""
    answer = one.push_object(request)
    assert answer.status_code == 400
    assert answer.get_json()["error"] == "invalid_request_object"


def answered(one: SigningParty, response: TestResponse) -> dict[str, Any]:
    """What the JWT of an answer says, verified by a stranger's library; JARM §2.1, §2.4."""
    members = heard(response, ONE)
    assert members.keys() == {"response"}
    claims = one.provider.claims(members["response"], "PS256")
    assert claims["iss"] == ISSUER
    assert claims["aud"] == ONE.client_id
    assert one.now < claims["exp"] <= one.now + 10 * MINUTE
    return claims


def arrived(one: SigningParty, browser: Browser, request: str, **beside: str) -> TestResponse:
    answer = one.push_object(request)
    assert answer.status_code == 201, answer.text
    return one.arrive(browser, answer.get_json()["request_uri"], **beside)


@pytest.mark.parametrize("mode", ["jwt", "query.jwt", None])
def test_fapi2_happy_flow_signed_both_ways(one: SigningParty, browser: Browser, mode: str | None) -> None:
    """fapi2-happy-flow with request objects and JARM: the response is a JWT and nothing else."""
    claims = answered(one, browser.pages(arrived(one, browser, one.object(response_mode=mode))))
    assert claims["state"] == "a state"
    said = one.redeem(claims["code"])
    assert said.status_code == 200
    assert one.userinfo(said.get_json()["access_token"]).status_code == 200


def test_fapi2_user_rejects_authentication_signed(one: SigningParty, browser: Browser) -> None:
    """fapi2-user-rejects-authentication with JARM: errors are signed too."""
    claims = answered(one, browser.pages(arrived(one, browser, one.object()), decision="decline"))
    assert claims["error"] == "access_denied"
    assert claims["state"] == "a state"


def test_fapi2_state_only_outside_request_object_not_used(one: SigningParty, browser: Browser) -> None:
    """fapi2-state-only-outside-request-object-not-used, fapi2-ensure-different-state-inside-and-outside-request-object
    and fapi2-ensure-different-nonce-inside-and-outside-request-object, at both endpoints."""
    answer = one.push_object(one.object(state=None, nonce="inner"), state="outer", nonce="outer")
    claims = answered(one, browser.pages(one.arrive(browser, answer.get_json()["request_uri"], state="outer")))
    assert "state" not in claims
    said = one.redeem(claims["code"]).get_json()
    assert one.provider.claims(said["id_token"], "PS256")["nonce"] == "inner"


def test_fapi2_par_authorization_request_containing_request_uri(one: SigningParty) -> None:
    """fapi2-par-authorization-request-containing-request_uri: as a claim."""
    refused(one, one.object(request_uri="urn:ietf:params:oauth:request_uri:x"))


def test_fapi2_ensure_request_object_without_exp_fails(one: SigningParty) -> None:
    """fapi2-ensure-request-object-without-exp-fails and fapi2-ensure-request-object-without-nbf-fails."""
    refused(one, one.object(exp=None))
    refused(one, one.object(nbf=None))


def test_fapi2_ensure_expired_request_object_fails(one: SigningParty) -> None:
    """fapi2-ensure-expired-request-object-fails."""
    refused(one, one.object(nbf=one.now - 10 * MINUTE, exp=one.now - 5 * MINUTE))


def test_fapi2_ensure_request_object_with_bad_aud_fails(one: SigningParty) -> None:
    """fapi2-ensure-request-object-with-bad-aud-fails."""
    refused(one, one.object(aud="https://other.example"))
    refused(one, one.object(aud=None))


def test_fapi2_ensure_request_object_with_exp_over_60_fails(one: SigningParty) -> None:
    """fapi2-ensure-request-object-with-exp-over-60-fails and fapi2-ensure-request-object-with-nbf-over-60-fails: 70
    minutes ahead, 70 minutes ago."""
    refused(one, one.object(exp=one.now + 70 * MINUTE))
    refused(one, one.object(nbf=one.now - 70 * MINUTE))


def test_fapi2_ensure_signed_request_object_with_rs256_fails(one: SigningParty) -> None:
    """fapi2-ensure-signed-request-object-with-RS256-fails: with the very key that signs PS256."""
    refused(one, one.object(signer=Signer(one.signer.key, "RS256")))


def test_fapi2_ensure_request_object_signature_algorithm_is_not_none(one: SigningParty) -> None:
    """fapi2-ensure-request-object-signature-algorithm-is-not-none."""
    _, body, _ = one.object().split(".")
    unsigned = by_hand({"alg": "none", "typ": "oauth-authz-req+jwt"}, b"{}").split(".")[0]
    refused(one, f"{unsigned}.{body}.")


def test_fapi2_ensure_request_object_with_invalid_signature_fails(one: SigningParty) -> None:
    """fapi2-ensure-request-object-with-invalid-signature-fails."""
    head, body, signature = one.object().split(".")
    other = one.object(scope="openid email").split(".")[1]
    refused(one, f"{head}.{other}.{signature}")
    refused(one, f"{head}.{body}.{signature[:-8]}AAAAAAAA")


def test_fapi2_ensure_matching_key_in_authorization_request(one: SigningParty) -> None:
    """fapi2-ensure-matching-key-in-authorization-request: signed by the other client's key."""
    refused(one, one.object(signer=Signer.rsa("PS256")))
    refused(one, one.object(signer=Signer.ec()))


def test_fapi2_ensure_unsigned_request_at_par_endpoint_fails(one: SigningParty, browser: Browser) -> None:
    """fapi2-ensure-unsigned-request-at-par-endpoint-fails: exactly invalid_request."""
    answer = one.push()
    assert answer.status_code == 400
    assert answer.get_json()["error"] == "invalid_request"


def test_fapi2_ensure_signed_request_without_par_fails(one: SigningParty, browser: Browser) -> None:
    """fapi2-ensure-unsigned-authorization-request-without-using-par-fails: nor one that is signed but not pushed."""
    query = {**request_of(ONE), "request": one.object()}
    assert answered(one, browser.client.get("/oidc/authorize", query_string=query))["error"] == "invalid_request"
    bare = {"client_id": ONE.client_id, "request": one.object()}
    assert is_a_page(browser.client.get("/oidc/authorize", query_string=bare), 400)


def test_fapi2_ensure_request_object_with_multiple_aud_succeeds(one: SigningParty, browser: Browser) -> None:
    """fapi2-ensure-request-object-with-multiple-aud-succeeds."""
    assert one.push_object(one.object(aud=["https://other.example", ISSUER])).status_code == 201


def test_fapi2_ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted(one: SigningParty) -> None:
    """fapi2-ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted."""
    assert one.push_object(one.object(nbf=one.now + 8)).status_code == 201


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_fapi2_answers_are_signed_whatever_is_asked(one: SigningParty, mode: str) -> None:
    """FAPI 2.0 Message Signing §5.4: a mode without a signature is refused when it is pushed."""
    answer = one.push_object(one.object(response_mode=mode))
    assert answer.status_code == 400
    assert answer.get_json()["error"] == "invalid_request"


def test_fapi2_binds_the_code_to_the_key_that_came_with_the_object(one: SigningParty, browser: Browser) -> None:
    """fapi2-ensure-mismatched-dpop-jkt-fails and fapi2-ensure-dpopproof-at-par-endpoint-binding-success with an
    object: a proof counts beside it, a parameter does not."""
    proof = one.prover.proof("POST", "/oidc/par")
    refusal = one.call("/oidc/par", proof=proof, request=one.object(dpop_jkt="A" * 43))
    assert refusal.get_json()["error"] in {"invalid_dpop_proof", "invalid_request"}
    answer = one.call("/oidc/par", proof=one.prover.proof("POST", "/oidc/par"), request=one.object(), dpop_jkt="A" * 43)
    claims = answered(one, browser.pages(one.arrive(browser, answer.get_json()["request_uri"])))
    assert one.redeem(claims["code"]).status_code == 200
