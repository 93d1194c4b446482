"""Stand-ins for what the house is handed: a clock that moves when told, randomness that repeats."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta


class FrozenClock:
    """Stands still until `advance`."""

    def __init__(self, instant: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._instant = instant

    def now(self) -> datetime:
        return self._instant

    def advance(self, by: timedelta) -> None:
        self._instant += by


class FixedRandomness:
    """The same octets in every run, and different ones at every call."""

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self._calls = 0
        self._lock = threading.Lock()

    def octets(self, count: int) -> bytes:
        with self._lock:
            self._calls += 1
            return hashlib.shake_256(f"{self._seed}:{self._calls}".encode()).digest(count)
