"""Signed answers of responders and mirrors, kept until they say themselves that there is a newer one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

_MOST = 1000
_Kept = TypeVar("_Kept")


@dataclass(frozen=True)
class AnswersKept(Generic[_Kept]):
    """A bounded memory of one process."""

    _kept: dict[str, tuple[datetime, _Kept]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def get(self, name: str, now: datetime) -> _Kept | None:
        """What is kept under a name and still good."""
        until, kept = self._kept.get(name, (now, None))
        return kept if now < until else None

    def put(self, name: str, kept: _Kept, until: datetime) -> None:
        """Keep it; when there are too many, the oldest goes."""
        with self._lock:
            self._kept.pop(name, None)
            while len(self._kept) >= _MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[name] = (until, kept)
