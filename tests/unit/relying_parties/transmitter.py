"""A transmitter and provider in a test's hands: a key pair, what it publishes, and tokens as good or bad as asked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from relying_parties.published_keys import KeysUnavailable, PublishedKeys
from relying_parties.settings import Settings
from relying_parties.site import Site
from relying_parties.website import open_site

ISSUER = "http://idp.test"
NOW = 1_800_000_000
AUTHORIZATION = "Bearer agreed"
SUBJECT = "mfzwizlomrzw63lfmfzwizlomrzw63lf"
_numbers = itertools.count(1)
_RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
_OTHER = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
_EC = ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig"})


def settings(directory: Path) -> Settings:
    """A relying party for tests."""
    return Settings(
        name="sample",
        title="견본",
        url="http://127.0.0.1:8199",
        client_id="sample-client",
        events_authorization=AUTHORIZATION,
        issuer=ISSUER,
        database=str(directory / "sample.db"),
    )


@dataclass
class Transmitter:
    """Signs, and counts how often its keys were asked for."""

    published: list[dict[str, Any]] = field(default_factory=lambda: [_public(_RSA), _public(_EC)])
    fetched: int = 0
    reachable: bool = True
    elapsed: float = 0.0

    def fetch(self, url: str) -> dict[str, Any]:
        if not self.reachable:
            raise KeysUnavailable("down")
        if url.endswith("-configuration"):
            return {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
        self.fetched += 1
        return {"keys": self.published}

    def keys(self) -> PublishedKeys:
        return PublishedKeys(
            f"{ISSUER}/.well-known/ssf-configuration", ISSUER, fetch=self.fetch, elapsed=lambda: self.elapsed
        )

    def open(self, directory: Path) -> Site:
        site = open_site(settings(directory), receiver_keys=self.keys())
        site.records.now = lambda: NOW
        site.app.testing = True
        return site


def link_changed(version: int, status: str = "unlinked", *, subject: str = SUBJECT, **changes: Any) -> dict[str, Any]:
    """The claims of an account-link-changed event; `changes` replaces claims, None removes them."""
    payload = {
        "current_status": status,
        "version": version,
        "link_id": "link-1",
        "scope": "link",
        "event_timestamp": NOW,
        "local_account": "retain",
    }
    kind = "https://schemas.onepass.example/secevent/link/event-type/account-link-changed"
    return event(kind, payload, subject=subject, **changes)


def event(kind: str, payload: dict[str, Any], *, subject: str = SUBJECT, **changes: Any) -> dict[str, Any]:
    """The claims of an event of any kind."""
    claims = {
        "iss": ISSUER,
        "aud": "sample-client",
        "iat": NOW,
        "jti": f"jti-{next(_numbers)}",
        "sub_id": {"format": "iss_sub", "iss": ISSUER, "sub": subject},
        "events": {kind: payload},
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: dict[str, Any], *, typ: str = "secevent+jwt", alg: str = "RS256", **header: Any) -> bytes:
    """`claims` signed by the published RSA key, or by the EC key for ES256."""
    key = _EC if alg == "ES256" else _RSA
    return _compact({"typ": typ, "alg": alg, "kid": key.kid, **header}, claims, key)


def forged(claims: dict[str, Any]) -> bytes:
    """`claims` signed by somebody else's key under the published key's name."""
    return _compact({"typ": "secevent+jwt", "alg": "RS256", "kid": "rsa-1"}, claims, _OTHER)


def forged_with_key_enclosed(claims: dict[str, Any]) -> bytes:
    """`claims` signed by somebody else's key, which the header brings along and names an address for."""
    mine = ECKey.generate_key("P-256", {"kid": "ec-1"})
    header = {"typ": "secevent+jwt", "alg": "ES256", "kid": "ec-1", "jwk": _public(mine), "jku": "http://evil.test"}
    return _compact(header, claims, mine)


def unsigned(claims: dict[str, Any], alg: str = "none") -> bytes:
    """`claims` under `alg: none`, with an empty signature. RFC 8725 §2.1."""
    return _segments({"typ": "secevent+jwt", "alg": alg, "kid": "rsa-1"}, claims) + b"."


def signed_with_public_key(claims: dict[str, Any]) -> bytes:
    """`claims` under HS256 with the public key's PEM as the secret. RFC 8725 §2.1."""
    signing_input = _segments({"typ": "secevent+jwt", "alg": "HS256", "kid": "rsa-1"}, claims)
    signature = hmac.digest(_RSA.as_pem(private=False), signing_input, hashlib.sha256)
    return signing_input + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")


def _compact(header: dict[str, Any], claims: dict[str, Any], key: RSAKey | ECKey) -> bytes:
    """Signed without a look at the header: the library itself would refuse to make what an attacker makes."""
    signing_input = _segments(header, claims)
    signature = jws.JWSRegistry.algorithms[header["alg"]].sign(signing_input, key)
    return signing_input + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")


def _segments(header: dict[str, Any], claims: dict[str, Any]) -> bytes:
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims))
    return b".".join(encoded)


def _public(key: RSAKey | ECKey) -> dict[str, Any]:
    return dict(key.as_dict(private=False))
