"""A certificate that proved its enterprise at sign-in and is not registered: kept for the page that registers it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from idp.clock import Clock
from idp.crypto.fields import FieldCipher
from idp.signin.pending import PageExpired, Pending
from idp.storage.expiring.protocol import ExpiringStore
from idp.verification.evidence import Evidence

LIFETIME = timedelta(minutes=10)
"""Since it was proved: no longer than evidence is good anywhere."""
_PURPOSE = "signin.unregistered"


@dataclass(frozen=True, slots=True)
class Unregistered:
    """Keeps it sealed beside the started sign-in that it was made for, which is bound to its browser."""

    store: ExpiringStore
    cipher: FieldCipher
    clock: Clock

    def keep(self, pending: Pending, evidence: Evidence) -> None:
        """The latest counts."""
        self.store.put(_key(pending), self.cipher.seal_secret(_PURPOSE, evidence.packed()), LIFETIME)

    def get(self, pending: Pending) -> Evidence:
        """What was proved.

        Raises:
            PageExpired: nothing was, or it was used, or too long ago.
        """
        octets = self.store.get(_key(pending))
        if octets is None:
            raise PageExpired
        evidence = Evidence.unpacked(self.cipher.open_secret(_PURPOSE, octets))
        if self.clock.now() >= evidence.verified_at + LIFETIME:
            raise PageExpired
        return evidence

    def spend(self, pending: Pending) -> None:
        """Use it up: of several who try one goes on.

        Raises:
            PageExpired: another one was first.
        """
        if self.store.take(_key(pending)) is None:
            raise PageExpired


def _key(pending: Pending) -> str:
    return f"sign-in-unregistered:{pending.id}"
