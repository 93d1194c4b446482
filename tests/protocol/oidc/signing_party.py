"""A relying party that signs its authorization requests, by another library than reads them."""

from __future__ import annotations

import base64
import hmac
import json
import warnings
from typing import Any
from urllib.parse import urlencode

from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey
from werkzeug.test import TestResponse

from idp.clock import Clock
from tests.builders import agency, party
from tests.protocol.oidc.lab import Browser, Client, Provider, request_of

ISSUER = "http://127.0.0.1:8000"
TYP = "oauth-authz-req+jwt"

RSA = RSAKey.generate_key(2048, {"kid": "rsa"}, private=True)
EC = ECKey.generate_key("P-256", {"kid": "ec"}, private=True)
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"}, private=True)
STRANGERS = RSAKey.generate_key(2048, {"kid": "rsa"}, private=True)
KEYS = {"RS256": RSA, "PS256": RSA, "ES256": EC, "EdDSA": ED}
JWKS = {"keys": [key.as_dict(private=False) for key in (RSA, EC, ED)]}

SIGNER = Client("signer", "signer", "https://signer.example/callback", "S" * 43)


def signer(**fields: Any) -> dict[str, Any]:
    """Its agency."""
    return agency("signer", party("signer", client_secret=SIGNER.secret, jwks=JWKS, **fields))


def claims(clock: Clock, **changed: Any) -> dict[str, Any]:
    """A right request as claims, but for what is `changed`; None leaves one out."""
    now = int(clock.now().timestamp())
    right = {
        **request_of(SIGNER),
        "iss": SIGNER.client_id,
        "aud": ISSUER,
        "nbf": now,
        "exp": now + 300,
    }
    return {name: value for name, value in {**right, **changed}.items() if value is not None}


def signed(payload: dict[str, Any] | bytes, alg: str = "PS256", key: Any = None, **header: Any) -> str:
    """A compact JWS."""
    octets = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    key = key or KEYS[alg]
    protected = {"alg": alg, "kid": key.kid, "typ": TYP, **header}
    protected = {name: value for name, value in protected.items() if value is not None}
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # RFC 9864 renames EdDSA; FAPI 2.0 has the older name
        return jws.serialize_compact(protected, octets, key, registry=registry)


def by_hand(header: dict[str, Any] | bytes, payload: dict[str, Any] | bytes, signature: bytes = b"") -> str:
    """A token as no library would make it."""
    parts = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in (header, payload)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, signature))


def keyed(payload: dict[str, Any], secret: bytes) -> str:
    """An HS256 by whoever knows `secret`."""
    head, body, _ = by_hand({"alg": "HS256", "kid": "rsa", "typ": TYP}, payload).split(".")
    mac = hmac.digest(secret, f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}." + base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def ask(browser: Browser, client: Client = SIGNER, /, **parameters: str) -> TestResponse:
    """Arrive with these parameters and the client's id."""
    return browser.client.get(f"/oidc/authorize?{urlencode({'client_id': client.client_id, **parameters})}")


def push(provider: Provider, client: Client = SIGNER, /, **form: str) -> TestResponse:
    """Push these parameters."""
    headers = {"Authorization": client.basic or ""}
    return provider.app.test_client(use_cookies=False).post("/oidc/par", data=form, headers=headers)
