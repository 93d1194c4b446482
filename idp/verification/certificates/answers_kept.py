"""Signed answers of responders and mirrors, kept until they say themselves that there is a newer one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

_Content = TypeVar("_Content")


class _Kept(NamedTuple, Generic[_Content]):
    content: _Content
    until: datetime
    octets: int


@dataclass(frozen=True)
class AnswersKept(Generic[_Content]):
    """A memory of one process, bounded by count and by octets: a list has up to 16 MiB, and a member's certificate
    names which one is fetched."""

    most: int = 1000
    most_octets: int = 64 * 1024 * 1024
    _kept: dict[str, _Kept[_Content]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def get(self, name: str, now: datetime) -> _Content | None:
        """What is kept under a name and still good."""
        kept = self._kept.get(name)
        return kept.content if kept is not None and now < kept.until else None

    def put(self, name: str, content: _Content, until: datetime, octets: int) -> None:
        """Keep it; when there is too much, the oldest goes. What alone is too much is not kept; `octets` is its size as
        it came."""
        with self._lock:
            self._kept.pop(name, None)
            if octets > self.most_octets:
                return
            held = sum(each.octets for each in self._kept.values())
            while self._kept and (len(self._kept) >= self.most or held + octets > self.most_octets):
                held -= self._kept.pop(next(iter(self._kept))).octets
            self._kept[name] = _Kept(content, until, octets)
