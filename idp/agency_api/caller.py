"""What a caller may do, by scope, and how often it may call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from idp.errors import TooManyAttempts
from idp.storage.expiring import ExpiringStore

LINKS_READ: Final = "links.read"
LINKS_MANAGE: Final = "links.manage"
ROSTER_MANAGE: Final = "roster.manage"
SCOPES: Final = (LINKS_READ, LINKS_MANAGE, ROSTER_MANAGE)
_MINUTE = timedelta(minutes=1)


class CalledTooOften(TooManyAttempts):
    """A relying party used up its calls of the minute."""

    code = "called_too_often"


@dataclass(frozen=True, slots=True)
class CallLimit:
    """Counts the calls of each relying party, all its servers together."""

    store: ExpiringStore
    per_minute: int

    def __call__(self, relying_party_id: str) -> None:
        """Count one more.

        Raises:
            CalledTooOften: it was one too many; the next minute brings new ones.
        """
        if self.store.increment(f"agency-api:calls:{relying_party_id}", _MINUTE) > self.per_minute:
            raise CalledTooOften(retry_after=int(_MINUTE.total_seconds()))
