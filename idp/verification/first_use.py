"""A provider's result counts once, however often and by whomever it is delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from idp.crypto.digests import secret_digest
from idp.storage.expiring.protocol import ExpiringStore
from idp.verification.failures import Replayed


@dataclass(frozen=True, slots=True)
class FirstUse:
    """Remembers which results were used, for longer than any of them is fresh."""

    store: ExpiringStore
    memory: timedelta = timedelta(hours=1)

    def __call__(self, provider: str, result_id: str) -> None:
        """Use the result.

        Raises:
            Replayed: it was used before.
        """
        key = f"verification-result:{provider}:{secret_digest(result_id)}"
        if not self.store.add_if_absent(key, b"", self.memory):
            raise Replayed
