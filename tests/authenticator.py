"""An authenticator in software: makes passkeys and answers with them, rightly or as its fields say. WebAuthn §6."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_PRESENT, _VERIFIED, _ELIGIBLE, _ATTESTED = 0x01, 0x04, 0x08, 0x40


def b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One passkey for one site."""

    origin: str
    host: str = "localhost"
    credential_id: bytes = b"credential-id-of-sixteen-and-more"
    verified: bool = True
    synchronised: bool = False
    count: int = 1
    handle: bytes = b""
    cross_origin: bool = False
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: str | dict[str, Any]) -> str:
        """What a browser posts after `navigator.credentials.create`."""
        asked = json.loads(options) if isinstance(options, str) else options
        self.handle = unb64(asked["user"]["id"])
        numbers = self._key.public_key().public_numbers()
        x, y = (each.to_bytes(32, "big") for each in (numbers.x, numbers.y))
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        credential = b"\x00" * 16 + len(self.credential_id).to_bytes(2, "big") + self.credential_id + public
        data = self._data(_ATTESTED) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client_data("webauthn.create", asked["challenge"])
        return self._posted({"clientDataJSON": b64(client), "attestationObject": b64(attestation)})

    def use(self, options: str | dict[str, Any], **instead: Any) -> str:
        """What a browser posts after `navigator.credentials.get`; `instead` replaces parts after they were signed."""
        asked = json.loads(options) if isinstance(options, str) else options
        client = self._client_data("webauthn.get", asked["challenge"])
        data = self._data(0)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(signature),
            "userHandle": b64(self.handle),
        }
        return self._posted({**parts, **instead})

    def _data(self, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verified else 0) | (_ELIGIBLE if self.synchronised else 0)
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(said).encode()

    def _posted(self, response: dict[str, Any]) -> str:
        identifier = b64(self.credential_id)
        return json.dumps({"id": identifier, "rawId": identifier, "type": "public-key", "response": response})
