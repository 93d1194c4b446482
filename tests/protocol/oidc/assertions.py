"""Relying parties that prove themselves by signing, with libraries that are not the provider's own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from werkzeug.test import TestResponse

from tests.builders import agency, party, register
from tests.protocol.oidc.lab import CHALLENGE, Provider

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_numbers = count(1)


@dataclass(frozen=True)
class Signer:
    """A key of a relying party's."""

    key: Any = field(repr=False)
    alg: str
    kid: str | None = "k1"

    @classmethod
    def rsa(cls, alg: str = "RS256", kid: str | None = "k1", bits: int = 2048) -> Signer:
        return cls(rsa.generate_private_key(65537, bits), alg, kid)

    @classmethod
    def ec(cls, kid: str | None = "k1") -> Signer:
        return cls(ec.generate_private_key(ec.SECP256R1()), "ES256", kid)

    @classmethod
    def ed(cls, kid: str | None = "k1") -> Signer:
        return cls(ed25519.Ed25519PrivateKey.generate(), "EdDSA", kid)

    @property
    def jwk(self) -> dict[str, Any]:
        """Its public half."""
        kinds: dict[str, Any] = {"RS256": RSAAlgorithm, "PS256": RSAAlgorithm, "ES256": ECAlgorithm}
        said = json.loads(kinds.get(self.alg, OKPAlgorithm).to_jwk(self.key.public_key()))
        said.pop("key_ops", None)
        return {**said, **({} if self.kid is None else {"kid": self.kid})}

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.jwk]}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        named = {} if self.kid is None else {"kid": self.kid}
        return jwt.encode(claims, self.key, self.alg, headers={**named, **header})


SIGNERS: dict[str, Callable[[], Signer]] = {
    "RS256": lambda: Signer.rsa("RS256"),
    "PS256": lambda: Signer.rsa("PS256"),
    "ES256": Signer.ec,
    "EdDSA": Signer.ed,
}
"""Makes a key for each algorithm."""


def claims(provider: Provider, client_id: str, **fields: Any) -> dict[str, Any]:
    """Right ones, but for `fields`; None leaves one out."""
    now = int(provider.house.clock.now().timestamp())
    said = {
        "iss": client_id,
        "sub": client_id,
        "aud": "http://127.0.0.1:8000",
        "iat": now,
        "exp": now + 60,
        "jti": f"assertion-{next(_numbers)}",
        **fields,
    }
    return {name: value for name, value in said.items() if value is not None}


def call(provider: Provider, assertion: str | None, **form: str | None) -> TestResponse:
    """Ask for a machine token with an assertion."""
    sent = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
        **form,
    }
    body = {name: value for name, value in sent.items() if value is not None}
    return provider.app.test_client(use_cookies=False).post("/oidc/token", data=body)


def push(provider: Provider, client_id: str, assertion: str, **form: str) -> TestResponse:
    """Push an authorization request with an assertion. RFC 9126 §2.1."""
    sent = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": f"https://{client_id}.example/callback",
        "scope": "openid",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
        **form,
    }
    return provider.app.test_client(use_cookies=False).post("/oidc/par", data=sent)


def by_keys(**fields: Any) -> dict[str, Any]:
    """The registration of a relying party that signs, for its members and for itself."""
    return {
        "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": ["authorization_code", "client_credentials"],
        "scope": "openid ssf.read",
        **fields,
    }


def registered(provider: Provider, signer: Signer, **fields: Any) -> None:
    """A relying party `signs`, known by the key of `signer`."""
    register(provider.house, agency("signs", party("signs", **by_keys(jwks=signer.jwks, **fields))))


def refused(answered: TestResponse) -> str:
    """The description of an `invalid_client`. RFC 6749 §5.2."""
    said = answered.get_json()
    assert (answered.status_code, said["error"]) == (401, "invalid_client"), said
    assert answered.headers["WWW-Authenticate"].startswith("Basic ")
    description: str = said["error_description"]
    assert description.isascii()
    assert not set(description) & set('"\\')
    return description


def compact(header: dict[str, Any], said: dict[str, Any], signature: Callable[[bytes], bytes]) -> str:
    """A token that no library would make."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, said)]
    signed = b".".join(parts)
    return (signed + b"." + base64.urlsafe_b64encode(signature(signed)).rstrip(b"=")).decode()


def hs256(secret: str, said: dict[str, Any]) -> str:
    """A token keyed with `secret`."""
    return compact({"alg": "HS256", "typ": "JWT"}, said, lambda s: hmac.digest(secret.encode(), s, hashlib.sha256))
