"""How often codes are sent: each costs its operator money, and a stranger's phone its peace."""

from __future__ import annotations

from dataclasses import dataclass

from idp.credentials.attempts import network
from idp.crypto.digests import Digester
from idp.sections.verification import PhoneCode
from idp.storage.expiring.protocol import ExpiringStore


@dataclass(frozen=True, slots=True)
class SendLimits:
    """Counts codes per phone, per person and per network address, under keyed digests."""

    store: ExpiringStore
    digester: Digester
    limits: PhoneCode

    def __call__(self, phone: str, person: str, address: str) -> bool:
        """Whether one more may be sent; counted in either case, the phone last.

        Whoever is over their own limit cannot use up that of a phone: they would keep its owner from proving it.
        """
        return (
            (not address or self._within("address", network(address), self.limits.sends_per_address))
            and self._within("person", person, self.limits.sends_per_person)
            and self._within("phone", phone, self.limits.sends_per_phone)
        )

    def _within(self, what: str, value: str, limit: int) -> bool:
        purpose = f"phone_code.{what}"
        return self.store.increment(f"{purpose}:{self.digester.digest(purpose, value)}", self.limits.window) <= limit
