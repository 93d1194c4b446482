"""How often a relying party's servers may call our machine interfaces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from idp.errors import TooManyAttempts
from idp.storage.expiring import ExpiringStore

_MINUTE = timedelta(minutes=1)


class CalledTooOften(TooManyAttempts):
    """A relying party used up its calls of the minute."""

    code = "called_too_often"


@dataclass(frozen=True, slots=True)
class CallLimit:
    """Counts the calls of each relying party, all its servers and all interfaces together."""

    store: ExpiringStore
    per_minute: int

    def __call__(self, relying_party_id: str) -> None:
        """Count one more.

        Raises:
            CalledTooOften: it was one too many; the next minute brings new ones.
        """
        if self.store.increment(f"machine:calls:{relying_party_id}", _MINUTE) > self.per_minute:
            raise CalledTooOften("calls of the minute used up", retry_after=int(_MINUTE.total_seconds()))
