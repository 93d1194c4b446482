"""How often recovery may be asked for: from one network address, and for one 아이디, whether or not anybody has it."""

from __future__ import annotations

from dataclasses import dataclass

from idp.credentials.attempts import network, one_spelling
from idp.crypto.digests import Digester
from idp.errors import TooManyAttempts
from idp.sections import Recovery as RecoverySettings
from idp.storage.expiring import ExpiringStore


class TooManyRecoveries(TooManyAttempts):
    """The address, or the 아이디, has used up what it may ask for."""

    code = "too_many_recoveries"


@dataclass(frozen=True, slots=True)
class AskLimits:
    """Counts in the expiring store, under keyed digests."""

    store: ExpiringStore
    digester: Digester
    settings: RecoverySettings

    def begin(self, address: str) -> None:
        """Count a recovery begun from `address`: a verification costs its operator money, and somebody else's phone
        its peace.

        Raises:
            TooManyRecoveries: that was one too many.
        """
        self._count("recovery.address", network(address), self.settings.asks_per_address)

    def mail(self, login_id: str) -> None:
        """Count a letter asked for under this 아이디.

        Raises:
            TooManyRecoveries: that was one too many; the same for an 아이디 that nobody has.
        """
        self._count("recovery.login_id", one_spelling(login_id), self.settings.asks_per_account)

    def _count(self, purpose: str, value: str, limit: int) -> None:
        window = self.settings.window
        if self.store.increment(f"{purpose}:{self.digester.digest(purpose, value)}", window) > limit:
            raise TooManyRecoveries(purpose, retry_after=int(window.total_seconds()))
