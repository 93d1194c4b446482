"""A receiver written from docs/account-events.md alone, in memory: what it believes, and how it learnt."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

CHANGED = "/secevent/link/event-type/account-link-changed"
PURGED = "/risc/event-type/account-purged"


@dataclass(frozen=True)
class Belief:
    """What a relying party holds of one link."""

    version: int
    status: str
    link_id: str


@dataclass
class ModelReceiver:
    """One relying party. `receive` is its whole endpoint, without the network."""

    audience: str
    keys: Mapping[str, Any]
    """The transmitter's key set as published, RFC 7517."""
    beliefs: dict[str, Belief] = field(default_factory=dict)
    purged: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    told_twice: int = 0
    order: list[tuple[str, int]] = field(default_factory=list)
    """Subject and version of every link event that was news, as they came."""

    def receive(self, token: str) -> None:
        """Verify and apply one token, once."""
        claims = self._verified(token)
        assert claims["aud"] == self.audience
        assert not {"sub", "exp"} & claims.keys()
        if claims["jti"] in self.seen:
            self.told_twice += 1
            return
        self.seen.add(claims["jti"])
        ((uri, event),) = claims["events"].items()
        subject = claims["sub_id"]["sub"]
        if uri.endswith(PURGED):
            self.purged.add(subject)
        elif uri.endswith(CHANGED):
            self.order.append((subject, event["version"]))
            known = self.beliefs.get(subject)
            if known is None or event["version"] > known.version:
                self.beliefs[subject] = Belief(event["version"], event["current_status"], event["link_id"])
        else:
            raise AssertionError(uri)

    def _verified(self, token: str) -> dict[str, Any]:
        head, body, signature = token.split(".")
        header = json.loads(_octets(head))
        assert header["typ"] == "secevent+jwt"
        assert header["alg"] == "ES256"
        (key,) = [each for each in self.keys["keys"] if each["kid"] == header["kid"]]
        x, y = (int.from_bytes(_octets(key[name])) for name in ("x", "y"))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        raw = _octets(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        public.verify(der, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
        claims: dict[str, Any] = json.loads(_octets(body))
        return claims


def _octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
