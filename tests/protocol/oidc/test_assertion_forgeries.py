"""Assertions of those who are not the client. RFC 8725 §3, RFC 7515 §4.1."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp.crypto.signatures import PublicKey, fits
from tests.builders import agency, party, register
from tests.protocol.oidc.assertions import SIGNERS, Signer, by_keys, call, claims, compact, refused, registered
from tests.protocol.oidc.lab import Provider


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_refuses_what_nobody_signed(provider: Provider, signer: Signer, alg: str) -> None:
    """RFC 8725 §3.2."""
    registered(provider, signer)
    said = claims(provider, "signs")
    assert refused(call(provider, compact({"alg": alg}, said, lambda _: b"")))
    assert refused(call(provider, compact({"alg": alg, "kid": "k1"}, said, lambda _: b"x")))


def test_refuses_a_public_key_taken_for_a_secret(provider: Provider, signer: Signer) -> None:
    """RFC 8725 §3.1: HS256 keyed with the public key in each of its spellings, or with a secret of nobody's."""
    registered(provider, signer)
    public = signer.key.public_key()
    spellings = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).strip(),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(signer.jwk).encode(),
        b"",
    ]
    for key in spellings:
        forged = compact(
            {"alg": "HS256", "kid": "k1"},
            claims(provider, "signs"),
            lambda signed, key=key: hmac.digest(key, signed, hashlib.sha256),  # type: ignore[misc]
        )
        assert refused(call(provider, forged)) == "client authentication failed"


def test_refuses_another_algorithm_than_the_key_is_for(provider: Provider) -> None:
    """RFC 7517 §4.4: a key that names its algorithm signs by no other; nor does the client (OpenID Registration §2)."""
    signer = Signer.rsa("PS256")
    register(
        provider.house,
        agency("signs", party("signs", **by_keys(jwks={"keys": [{**signer.jwk, "alg": "RS256"}]}))),
    )
    assert refused(call(provider, signer.sign(claims(provider, "signs"))))
    registered(provider, signer, token_endpoint_auth_signing_alg="RS256")
    assert refused(call(provider, signer.sign(claims(provider, "signs"))))
    registered(provider, signer, token_endpoint_auth_signing_alg="PS256")
    assert call(provider, signer.sign(claims(provider, "signs"))).status_code == 200


@pytest.mark.parametrize("member", [{"use": "enc"}, {"key_ops": ["encrypt"]}, {"key_ops": []}])
def test_believes_no_key_that_is_for_something_else(provider: Provider, signer: Signer, member: dict[str, Any]) -> None:
    """RFC 7517 §4.2, §4.3."""
    keys = {"keys": [{**signer.jwk, **member}]}
    register(provider.house, agency("signs", party("signs", **by_keys(jwks=keys))))
    assert refused(call(provider, signer.sign(claims(provider, "signs"))))


def test_believes_no_key_that_the_sender_brings(provider: Provider, signer: Signer) -> None:
    """RFC 8725 §3.10: embedded `jwk`, `jku`, `x5u`, `x5c`, and what must be understood (`crit`, RFC 7515 §4.1.11)."""
    registered(provider, signer)
    forger = Signer.rsa()
    for header in (
        {"jwk": forger.jwk},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]},
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
    ):
        for by in (forger, signer):
            said = claims(provider, "signs")
            assert refused(call(provider, _signed_with(by, header, said)))


def _signed_with(by: Signer, header: dict[str, Any], said: dict[str, Any]) -> str:
    return compact(
        {"alg": "RS256", "kid": "k1", **header},
        said,
        lambda signed: by.key.sign(signed, padding.PKCS1v15(), hashes.SHA256()),
    )


@pytest.mark.parametrize(
    "assertion",
    [
        "a", "a.b", "a.b.c", "..", "a.b.c.d", "a.b.c.d.e", "e30.e30.e30", "e30.e30.", "\u00e9.b.c", "e30=.e30.e30",
        "x" * 9000,
        "W10.W10.e30", "ImEi.ImEi.e30", "bnVsbA.bnVsbA.e30", "eyJhbGciOjF9.e30.e30",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6MX0.e30.e30",
        "eyJhbGciOiJSUzI1NiIsImFsZyI6Im5vbmUifQ.e30.e30", "e30.eyJhIjoxZTk5OTl9.e30", "e30.eyJhIjpOYU59.e30",
        "e30." + base64.urlsafe_b64encode(b'{"a":' + b"[" * 3000 + b"}").decode().rstrip("=") + ".e30", "/w.e30.e30",
    ],
)  # fmt: skip
def test_refuses_garbage(provider: Provider, signer: Signer, assertion: str) -> None:
    """Bad input: an OAuth error, never a failure of ours."""
    registered(provider, signer)
    assert refused(call(provider, assertion))


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_looks_at_the_signature_of_a_client_that_is_not_there(
    provider: Provider, alg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 6749 §10.3 in spirit: neither the answer nor its time says whether a client exists."""
    looked: list[str] = []

    def counting(key: PublicKey, alg: str, signed: bytes, signature: bytes) -> bool:
        looked.append(alg)
        return fits(key, alg, signed, signature)

    monkeypatch.setattr("idp.crypto.foreign_jwt.fits", counting)
    known, stranger = SIGNERS[alg](), SIGNERS[alg]()
    registered(provider, known)
    said = [refused(call(provider, stranger.sign(claims(provider, name)))) for name in ("signs", "nobody", "kamp")]
    assert said == ["client authentication failed"] * 3
    assert looked == [alg] * 3
