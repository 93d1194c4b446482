"""What a DPoP proof must be. RFC 9449 §4.3; the official suite's dpop-negative-tests, row by row."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey

from idp.oidc.dpop.proof import read_proof
from idp.oidc.errors import InvalidDpopProof
from tests.fakes import FrozenClock
from tests.protocol.oidc.prover import ISSUER, Prover, at, base64url, jwk_of, new_key

PATH, TOKEN = "/oidc/userinfo", "a-token"
CLOCK = FrozenClock()


def prover(alg: str = "ES256") -> Prover:
    return Prover(CLOCK, alg, new_key(alg))


def read(proof: str, token: str | None = TOKEN) -> str:
    """The thumbprint it proves for a GET of userinfo."""
    return read_proof(proof, method="GET", addresses=[ISSUER + PATH], now=CLOCK.now(), access_token=token).jkt


@pytest.mark.parametrize("alg", ["PS256", "ES256", "EdDSA"])
def test_tells_whose_key_it_is(alg: str) -> None:
    """RFC 9449 §6.1: the RFC 7638 thumbprint, by each algorithm of FAPI 2.0 §5.4.1."""
    right = prover(alg)
    assert read(right.proof("GET", PATH, TOKEN)) == right.jkt


def test_takes_the_newer_name_of_eddsa() -> None:
    """RFC 9864 §2.2: `Ed25519`, as browsers' key stores call it; signed by joserfc."""
    key = OKPKey.generate_key("Ed25519")
    header = {"alg": "Ed25519", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)}
    claims = {"jti": "1", "htm": "GET", "htu": ISSUER + PATH, "iat": at(CLOCK, 0)}
    registry = jws.JWSRegistry(algorithms=["Ed25519"], strict_check_header=False)
    assert read(jws.serialize_compact(header, json.dumps(claims), key, registry=registry), None) == key.thumbprint()


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": at(CLOCK, -10)},
        {"iat": at(CLOCK, 10)},
        {"iat": at(CLOCK, 0) + 0.5},
        {"nbf": at(CLOCK, 3600), "exp": at(CLOCK, -3600)},
        {"unknown": {"a": [1]}},
        {"htu": f"{ISSUER}{PATH}?a=b#c"},
        {"nonce": 7},
        {"header": {"unknown": "member", "kid": "1"}},
    ],
)
def test_tolerates_what_it_should(claims: dict[str, Any]) -> None:
    """dpop-negative-tests, check-dpop-proof-nbf-exp, ensure-dpopproof-with-iat-10seconds-before/-after-succeeds."""
    right = prover()
    assert read(right.proof("GET", PATH, TOKEN, **claims)) == right.jkt


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"jti": None}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": 7}, "jti"),
        ({"htm": None}, "htm"),
        ({"htm": "POST"}, "htm"),
        ({"htm": "get"}, "htm"),
        ({"htu": None}, "htu"),
        ({"htu": ["http://127.0.0.1:8000/oidc/userinfo"]}, "htu"),
        ({"htu": f"{ISSUER}/oidc/token"}, "htu"),
        ({"htu": f"https://evil.example{PATH}"}, "htu"),
        ({"iat": None}, "iat"),
        ({"iat": True}, "iat"),
        ({"iat": at(CLOCK, -3600)}, "iat"),
        ({"iat": at(CLOCK, 3600)}, "iat"),
        ({"iat": at(CLOCK, -61)}, "iat"),
        ({"iat": at(CLOCK, 16)}, "iat"),
        ({"ath": None}, "ath"),
        ({"ath": "x"}, "ath"),
        ({"ath": 7}, "ath"),
        ({"header": {"typ": "JWT"}}, "typ"),
        ({"header": {"typ": None}}, "typ"),
        ({"header": {"jwk": None}}, "jwk"),
        ({"header": {"jwk": "a key"}}, "jwk"),
        ({"header": {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}}, "jwk"),
        ({"header": {"jwk": {"kty": "EC", "crv": "P-256", "x": ["AA"], "y": 1}}}, "jwk"),
        ({"header": {"jwk": {"kty": "oct", "k": "c2VjcmV0"}}}, "jwk"),
        ({"header": {"crit": ["unknown"], "unknown": 1}}, "crit"),
        ({"key": new_key()}, "signature"),
    ],
)
def test_refuses(claims: dict[str, Any], why: str) -> None:
    """dpop-negative-tests: each missing or wrong claim, header member, key and signature."""
    with pytest.raises(InvalidDpopProof, match=why):
        read(prover().proof("GET", PATH, TOKEN, **claims))


def test_refuses_a_private_key() -> None:
    """dpop-negative-tests, RFC 9449 §4.3 no. 7: whoever shows a private key has lost it."""
    for alg in ("ES256", "EdDSA", "PS256"):
        careless = prover(alg)
        with pytest.raises(InvalidDpopProof, match="private"):
            read(careless.proof("GET", PATH, TOKEN, header={"jwk": jwk_of(careless.key, private=True)}))


@pytest.mark.parametrize("alg", ["none", "RS256", "HS256", "ES384", ["ES256"], None])
def test_refuses_every_other_algorithm(alg: Any) -> None:
    """dpop-negative-tests, RFC 9449 §4.3 no. 5, FAPI 2.0 §5.4.1; none, symmetric and weak ones alike."""
    head, payload, signature = prover().proof("GET", PATH, TOKEN).split(".")
    members = json.loads(base64.urlsafe_b64decode(head + "=="))
    other = base64url(json.dumps({**members, "alg": alg}).encode())
    with pytest.raises(InvalidDpopProof, match="alg"):
        read(f"{other}.{payload}.{signature}")


def test_refuses_rs256_by_a_right_key() -> None:
    """FAPI 2.0 §5.4.1: RSASSA-PKCS1-v1_5 is not among them, however well signed."""
    key = new_key("RS256")
    with pytest.raises(InvalidDpopProof, match="alg"):
        read(Prover(CLOCK, "RS256", key).proof("GET", PATH, TOKEN))


def test_refuses_keys_of_another_size_or_curve() -> None:
    """FAPI 2.0 §5.4.1: RSA of 2048 bits at least, curves of 224; and none so large that looking at it is work."""
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  # that is what is tested
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning), pytest.raises(InvalidDpopProof, match="jwk is malformed"):
        read(Prover(CLOCK, "PS256", short).proof("GET", PATH, TOKEN))
    weary = Prover(CLOCK, "PS256", new_key("PS256"))
    long_exponent = {**jwk_of(weary.key), "e": base64url(b"\x01" + bytes(200) + b"\x01")}
    with pytest.raises(InvalidDpopProof, match="jwk is malformed"):
        read(weary.proof("GET", PATH, TOKEN, header={"jwk": long_exponent}))
    curve = Prover(CLOCK, "ES384", ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(InvalidDpopProof, match="alg"):
        read(curve.proof("GET", PATH, TOKEN))
    with pytest.raises(InvalidDpopProof, match="jwk"):
        read(prover().proof("GET", PATH, TOKEN, header={"jwk": jwk_of(curve.key)}))
    with pytest.raises(InvalidDpopProof, match="jwk"):
        read(prover().proof("GET", PATH, TOKEN, header={"jwk": jwk_of(new_key("EdDSA"))}))


@pytest.mark.parametrize("bits", [65, 2000])
def test_looks_at_no_long_exponent(bits: int) -> None:
    """CWE-400: with one as long as its modulus, a proof costs two hundred times what an honest one costs."""
    rsa_prover = prover("PS256")
    exponent = (1 << (bits - 1)) | 1
    jwk = {**jwk_of(rsa_prover.key), "e": base64url(exponent.to_bytes((bits + 7) // 8, "big"))}
    with pytest.raises(InvalidDpopProof, match="jwk is malformed"):
        read(rsa_prover.proof("GET", PATH, TOKEN, header={"jwk": jwk}))


def test_refuses_a_changed_claim_or_a_broken_signature() -> None:
    """dpop-negative-tests: the signature covers every claim."""
    head, payload, signature = prover().proof("GET", PATH, TOKEN).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    changed = base64url(json.dumps({**claims, "jti": "another"}).encode())
    for broken in (f"{head}.{changed}.{signature}", f"{head}.{payload}.{signature[:-6]}AAAAAA", f"{head}.{payload}."):
        with pytest.raises(InvalidDpopProof, match="signature"):
            read(broken)


def test_refuses_two_proofs_at_once() -> None:
    """dpop-negative-tests, RFC 9449 §4.3 no. 1: servers put a comma between the values of a repeated header."""
    right = prover()
    first, second = (right.proof("GET", PATH, TOKEN) for _ in range(2))
    for both in (f"{first},{second}", f"{first}, {second}"):
        with pytest.raises(InvalidDpopProof, match="not one"):
            read(both)


@given(st.text(max_size=200))
def test_refuses_garbage(garbage: str) -> None:
    """dpop-negative-tests: whatever it is, a refusal and no failure."""
    with pytest.raises(InvalidDpopProof):
        read(garbage)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_refuses_garbage_of_three_parts(head: bytes, payload: bytes) -> None:
    """The same, where it looks like a JWT."""
    with pytest.raises(InvalidDpopProof):
        read(f"{base64url(head)}.{base64url(payload)}.AAAA")


def test_refuses_what_is_too_long_to_read() -> None:
    """Bad input of issue 6: a hundred thousand octets are not parsed."""
    with pytest.raises(InvalidDpopProof, match="not one"):
        read(prover().proof("GET", PATH, TOKEN, jti="x" * 100_000))


def test_needs_no_token_hash_where_there_is_no_token() -> None:
    """RFC 9449 §4.2: `ath` goes with an access token and nowhere else."""
    right = prover()
    assert read(right.proof("GET", PATH), None) == right.jkt
