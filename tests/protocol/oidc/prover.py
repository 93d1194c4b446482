"""A relying party that holds a key and proves it: DPoP proofs as PyJWT signs them."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from flask import Flask
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from werkzeug.test import TestResponse

from idp.clock import Clock

ISSUER = "http://127.0.0.1:8000"
_numbers = itertools.count(1)

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def new_key(alg: str = "ES256") -> PrivateKey:
    """A key that signs `alg`."""
    if alg == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if alg == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk_of(key: PrivateKey, *, private: bool = False) -> dict[str, Any]:
    """The key as a JWK."""
    half: Any = key if private else key.public_key()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return dict(ECAlgorithm.to_jwk(half, as_dict=True))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return dict(OKPAlgorithm.to_jwk(half, as_dict=True))
    return dict(RSAAlgorithm.to_jwk(half, as_dict=True))


def thumbprint(key: PrivateKey) -> str:
    """RFC 7638 §3, spelt out."""
    jwk = jwk_of(key)
    members = {name: jwk[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in jwk}
    return base64url(hashlib.sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest())


@dataclass
class Prover:
    """Makes proofs, right ones unless told otherwise."""

    clock: Clock
    alg: str = "ES256"
    key: PrivateKey = field(default_factory=new_key)

    @property
    def jkt(self) -> str:
        return thumbprint(self.key)

    def proof(
        self,
        method: str,
        path: str,
        token: str | None = None,
        *,
        header: dict[str, Any] | None = None,
        key: PrivateKey | None = None,
        **claims: Any,
    ) -> str:
        """A proof for one request; a header member or claim of None is left out."""
        right: dict[str, Any] = {
            "jti": f"{id(self)}-{next(_numbers)}",
            "htm": method,
            "htu": ISSUER + path,
            "iat": int(self.clock.now().timestamp()),
        }
        if token is not None:
            right["ath"] = base64url(hashlib.sha256(token.encode()).digest())
        payload = {name: value for name, value in {**right, **claims}.items() if value is not None}
        members = {"typ": "dpop+jwt", "jwk": jwk_of(self.key), **(header or {})}
        alg = members.pop("alg", self.alg)
        return jwt.encode(payload, key or self.key, alg, {n: v for n, v in members.items() if v is not None})

    def use(self, app: Flask, method: str, path: str, token: str, *, scheme: str = "DPoP", **rest: Any) -> TestResponse:
        """Ask for `path` with a token and a proof."""
        headers = {"Authorization": f"{scheme} {token}", "DPoP": self.proof(method, path, token, **rest)}
        return app.test_client(use_cookies=False).open(path, method=method, headers=headers)


def at(clock: Clock, seconds: int) -> int:
    """That many seconds from now, since 1970."""
    moment: datetime = clock.now()
    return int(moment.timestamp()) + seconds
