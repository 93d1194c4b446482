"""Time, as a thing that is handed in: nothing else in the house asks the machine what time it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def epoch_seconds(instant: datetime) -> int:
    """Whole seconds since 1970, rounded down: a verifier with a clock like ours never sees the future (RFC 7519 §2)."""
    return int(instant.timestamp())
