"""How often one phone may be asked to approve: whoever knows a number could otherwise make it ring all day, and tired
people approve.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from idp.crypto.digests import Digester
from idp.storage.expiring.protocol import ExpiringStore
from idp.verification.failures import PushedTooOften

PUSHES = 5
"""Requests to one phone within `WINDOW`, by whomever."""
WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class PushLimit:
    """Counts requests by the keyed digest of the telephone number."""

    store: ExpiringStore
    digester: Digester

    def __call__(self, phone: str) -> None:
        """Count one more.

        Raises:
            PushedTooOften: it was one too many.
        """
        key = f"verification-pushes:{self.digester.digest('verification.push', phone)}"
        if self.store.increment(key, WINDOW) > PUSHES:
            raise PushedTooOften
