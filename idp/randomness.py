"""Randomness, as a thing that is handed in. Everything unguessable in the house comes from here."""

from __future__ import annotations

import base64
import secrets
from typing import Protocol


class Randomness(Protocol):
    """A source of unpredictable bytes."""

    def octets(self, count: int) -> bytes:
        """`count` bytes nobody can predict."""
        ...


class SystemRandomness:
    """The operating system's generator."""

    def octets(self, count: int) -> bytes:
        return secrets.token_bytes(count)


def url_token(randomness: Randomness, octets: int = 32) -> str:
    """An unguessable string of base64url without padding; 32 octets give 43 characters, 256 bits."""
    return base64.urlsafe_b64encode(randomness.octets(octets)).rstrip(b"=").decode("ascii")


def case_blind_token(randomness: Randomness, octets: int = 20) -> str:
    """An unguessable string of lower-case base32; for identifiers that somebody may compare without case.

    Twenty octets (160 bits) fill 32 characters exactly. SAML subject identifiers compare without case
    (SAML V2.0 Subject Identifier Attributes §3.1.2), so letters of one case carry all the randomness.
    """
    return base64.b32encode(randomness.octets(octets)).rstrip(b"=").decode("ascii").lower()
