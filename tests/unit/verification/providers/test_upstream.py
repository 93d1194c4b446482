"""Signing in elsewhere: what the browser leaves with, and every way in which an ID token is not good."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey

from idp.verification.method import Redirect
from idp.verification.state import State
from idp.verification.transactions import Transaction
from simulator.keys import OPENID_CLIENT
from simulator.outcome import Outcome
from simulator.shapes.openid import OpenId as Simulated
from tests.fakes import FrozenClock
from tests.unit.verification.providers.lab import ISSUER, METHODS, Lab

Claims = dict[str, Any]


def left_with(transaction: Transaction) -> dict[str, str]:
    """The parameters that the browser carries to the provider."""
    assert isinstance(transaction.step, Redirect)
    return {name: values[0] for name, values in parse_qs(urlsplit(transaction.step.url).query).items()}


def ended(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, changed: Claims, key: Any = None, header: Claims | None = None
) -> str:
    """The log code of a sign-in whose ID token has other claims, or another key."""

    def id_token(self: Simulated, asked: Any) -> str:
        now = int(lab.stage.now().timestamp())
        claims = {
            "iss": self.issuer, "sub": f"sim-{asked.holder}", "aud": OPENID_CLIENT, "iat": now, "exp": now + 300,
            "nonce": asked.nonce, **changed,
        }  # fmt: skip
        left = {name: value for name, value in claims.items() if value is not None}
        signer = lab.stage.keys.signer
        return jwt.encode(
            header or {"alg": "ES256", "kid": signer.kid}, left, key or signer, algorithms=["ES256", "HS256"]
        )

    monkeypatch.setattr(Simulated, "_id_token", id_token)
    begun = lab.begun("openid")
    moved = lab.room.desk.answer(begun, lab.carried(begun, Outcome.APPROVE))
    return str(moved.failure or moved.state)


@pytest.mark.parametrize("shape", ["openid", "profile"])
def test_leaves_with_a_state_a_challenge_and_the_one_registered_address(lab: Lab, shape: str) -> None:
    """RFC 7636 §4.2, RFC 6749 §10.12, OpenID Connect Core §3.1.2.1."""
    begun = lab.room.begun(METHODS[shape])
    left = left_with(begun)
    assert left["redirect_uri"] == f"{ISSUER}/verification/return"
    assert left["state"].startswith(f"{begun.id}.")
    assert len(left["state"]) > len(begun.id) + 20
    digest = hashlib.sha256(str(begun.memory["verifier"]).encode()).digest()
    assert left["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert (left["code_challenge_method"], left["response_type"]) == ("S256", "code")
    assert ("nonce" in left) == (shape == "openid")
    assert str(begun.memory["verifier"]) not in str(left)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, "verified"),
        ({"aud": [OPENID_CLIENT, "another"], "azp": OPENID_CLIENT}, "verified"),
        ({"iss": "https://elsewhere.example"}, "verification_result_foreign"),
        ({"aud": "another"}, "verification_result_foreign"),
        ({"aud": None}, "verification_result_foreign"),
        ({"aud": [OPENID_CLIENT, "another"]}, "verification_result_foreign"),
        ({"aud": [OPENID_CLIENT, "another"], "azp": "another"}, "verification_result_foreign"),
        ({"nonce": "another"}, "verification_result_foreign"),
        ({"nonce": None}, "verification_result_foreign"),
        ({"sub": "somebody-else"}, "verification_result_foreign"),
        ({"sub": None}, "verification_provider_failed"),
        ({"exp": None}, "verification_provider_failed"),
        ({"exp": True}, "verification_provider_failed"),
        ({"iat": "soon"}, "verification_provider_failed"),
        ({"exp": 1}, "verification_result_stale"),
        ({"iat": 1}, "verification_result_stale"),
        ({"iat": 9_999_999_999}, "verification_result_stale"),
    ],
)
def test_weighs_every_claim_of_an_id_token(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, changed: Claims, code: str
) -> None:
    """OpenID Connect Core §3.1.3.7 items 2, 3, 4, 5, 9, 10, 11; §5.3.2."""
    assert ended(lab, monkeypatch, changed) == code


def test_refuses_a_token_under_another_key_of_the_same_name(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Core §3.1.3.7 item 6."""
    assert ended(lab, monkeypatch, {}, ECKey.generate_key("P-256")) == "verification_result_forged"


def test_refuses_an_hmac_under_the_public_key(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 8725 §2.1: algorithm confusion."""
    key = OctKey.import_key(b"s" * 64)
    assert ended(lab, monkeypatch, {}, key, {"alg": "HS256"}) == "verification_result_forged"


@pytest.mark.parametrize("shape", ["openid", "profile"])
def test_looks_at_the_state_before_anything_else(lab: Lab, shape: str) -> None:
    """RFC 6749 §10.12: a code that another browser was given, or an error that nobody sent."""
    for brought in ({"code": "x"}, {"code": "x", "state": ""}, {"error": "access_denied", "state": "x"}):
        moved = lab.room.desk.answer(lab.begun(shape), brought)
        assert (moved.state, moved.failure) == (State.FAILED, "verification_result_foreign")


def test_refuses_an_answer_that_names_another_issuer(lab: Lab) -> None:
    """RFC 9207 §2.4: mix-up."""
    begun = lab.begun("openid")
    carried = lab.carried(begun, Outcome.APPROVE)
    moved = lab.room.desk.answer(begun, {**carried, "iss": "https://elsewhere.example"})
    assert moved.failure == "verification_result_foreign"


@pytest.mark.parametrize(("promised", "code"), [(True, "verification_result_foreign"), (False, None)])
def test_misses_the_issuer_where_it_was_promised(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, promised: bool, code: str | None
) -> None:
    """RFC 9207 §2.4: an answer without `iss` of a provider that always sends it is another's."""
    honest: Any = Simulated(lab.stage).configuration()
    said = {**honest, "authorization_response_iss_parameter_supported": promised}
    monkeypatch.setitem(lab.app.view_functions, "openid.configuration", lambda: said)
    begun = lab.begun("openid")
    carried = {name: value for name, value in lab.carried(begun, Outcome.APPROVE).items() if name != "iss"}
    assert lab.room.desk.answer(begun, carried).failure == code


def test_survives_claims_nested_without_end(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 4, bad input: its own log code, no error page; the signature is good."""
    signer = lab.stage.keys.signer
    bomb = jws.serialize_compact({"alg": "ES256", "kid": signer.kid}, b"[" * 20_000, signer)
    monkeypatch.setattr(Simulated, "_id_token", lambda *_: bomb)
    begun = lab.begun("openid")
    assert lab.room.desk.answer(begun, lab.carried(begun, Outcome.APPROVE)).failure == "verification_result_forged"


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "https://elsewhere.example/token"},
        {"jwks_uri": "http://169.254.169.254/latest/meta-data"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
)
def test_goes_where_a_discovery_document_says_only_if_that_was_configured(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, changed: Claims
) -> None:
    """Discovery §4.3, and no request into the operator's network."""
    honest: Any = Simulated(lab.stage).configuration()
    monkeypatch.setitem(lab.app.view_functions, "openid.configuration", lambda: {**honest, **changed})
    begun = lab.room.begun("openid")
    assert (begun.state, begun.failure) == (State.FAILED, "verification_provider_failed")


@pytest.mark.parametrize(("verified", "kept"), [(True, True), (None, True), (False, False)])
def test_keeps_no_number_that_the_provider_has_not_verified(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, verified: bool | None, kept: bool
) -> None:
    """OpenID Connect Core §5.1 `phone_number_verified`."""
    honest = lab.app.view_functions["openid.userinfo"]
    said = {} if verified is None else {"phone_number_verified": verified}
    monkeypatch.setitem(lab.app.view_functions, "openid.userinfo", lambda: {**honest(), **said})  # type: ignore[dict-item]
    evidence = lab.room.collect(lab.verified("openid"))
    assert (evidence.phone is not None) == kept
    assert evidence.name == "홍길동"


def test_takes_a_clock_that_differs_by_less_than_a_minute(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, frozen_clock: FrozenClock
) -> None:
    """Issue, bad input: clock skew."""
    now = int(frozen_clock.now().timestamp())
    assert ended(lab, monkeypatch, {"iat": now + 59}) == "verified"
    assert ended(lab, monkeypatch, {"exp": now - 59}) == "verified"
    assert ended(lab, monkeypatch, {"exp": now - 60}) == "verification_result_stale"
