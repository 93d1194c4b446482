"""How often apps are asked to ring: whoever knows a number could otherwise make it ring all day, and tired people
approve; whoever knows many could let each of them ring a little, at the operator's cost.
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.credentials.attempts import network
from idp.crypto.digests import Digester
from idp.sections.verification import AppPush
from idp.storage.expiring.protocol import ExpiringStore
from idp.verification.failures import PushedTooOften, PushedTooOftenFromHere


@dataclass(frozen=True, slots=True)
class PushLimit:
    """Counts requests per phone and per network address, under keyed digests."""

    store: ExpiringStore
    digester: Digester
    limits: AppPush

    def __call__(self, phone: str, address: str) -> None:
        """Count one more, the phone last: an address that is over its own limit cannot use up that of a phone.

        Raises:
            PushedTooOftenFromHere: it was one too many from this address; an unknown one has no limit.
            PushedTooOften: it was one too many to this phone.
        """
        if address and not self._within("address", network(address), self.limits.pushes_per_address):
            raise PushedTooOftenFromHere
        if not self._within("phone", phone, self.limits.pushes_per_phone):
            raise PushedTooOften

    def _within(self, what: str, value: str, limit: int) -> bool:
        purpose = f"app_push.{what}"
        return self.store.increment(f"{purpose}:{self.digester.digest(purpose, value)}", self.limits.window) <= limit
