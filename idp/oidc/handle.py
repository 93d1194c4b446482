"""Access and refresh tokens: a handle that finds, a secret that proves.

base64url( 16 octets handle ‖ 32 octets secret )      64 characters, 384 bits
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

from idp.randomness import Randomness

_HANDLE = 16
_WHOLE = 48


@dataclass(frozen=True, slots=True)
class Handled:
    """A token taken apart."""

    handle: str
    secret: str = field(repr=False)

    @property
    def value(self) -> str:
        """As the relying party sees it."""
        octets = bytes.fromhex(self.handle + self.secret)
        return base64.urlsafe_b64encode(octets).decode("ascii")


def new_handle(randomness: Randomness) -> str:
    """A handle nobody has had before; 32 hex digits."""
    return randomness.octets(_HANDLE).hex()


def with_handle(handle: str, randomness: Randomness) -> Handled:
    """A new token under `handle`."""
    return Handled(handle, randomness.octets(_WHOLE - _HANDLE).hex())


def taken_apart(value: str) -> Handled | None:
    """What `value` is made of, or None where it is none of ours."""
    # The decoder takes the standard alphabet too; a token has one spelling.
    if len(value) != 64 or "+" in value or "/" in value:
        return None
    try:
        octets = base64.b64decode(value.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return Handled(octets[:_HANDLE].hex(), octets[_HANDLE:].hex())
