"""Our nonces: kept nowhere, the same on every server, new every few minutes. RFC 9449 §8."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.clock import Clock
from idp.crypto.digests import Digester, same

_PERIOD = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Nonces:
    """Says what the nonce is now. A proof made in advance, on a device that an attacker had for an hour, is of no use
    later on: nobody knows the nonce of then."""

    digester: Digester
    clock: Clock

    def current(self) -> str:
        """The one to use from now on."""
        return self._at(self.clock.now())

    def takes(self, nonce: str) -> bool:
        """Whether it is the present one or the one before."""
        now = self.clock.now()
        return any(same(nonce, self._at(at)) for at in (now, now - _PERIOD))

    def _at(self, at: datetime) -> str:
        period = int(at.timestamp() // _PERIOD.total_seconds())
        return self.digester.digest("dpop_nonce", str(period))[:32]
