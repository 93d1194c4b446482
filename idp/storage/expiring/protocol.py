"""What an expiring store can do. Every operation is one round trip and atomic: among any number of racers each act
happens whole, before or after the others.

A key holds a value, a counter or a set of members, and is used as one of these only. What has expired is gone for every
operation, whether or not its row was swept. A lifetime below one millisecond counts as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Put:
    """Keep `value` under `key`, in place of what was there."""

    key: str
    value: bytes
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class AddMember:
    """Put `member` into the set `key`; a member added twice stays for the longer of the two lifetimes."""

    key: str
    member: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class Delete:
    """Forget `key`, whatever it holds."""

    key: str


Operation = Put | AddMember | Delete


class ExpiringStore(Protocol):
    """Bytes under a key for a while.

    Every method raises `StoreUnavailable` when the store does not answer in time. The act may have happened all the
    same: a caller that cannot tell treats a value of one use as spent.
    """

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        """Keep `value` for `lifetime`, in place of what was there."""
        ...

    def get(self, key: str) -> bytes | None:
        """The value; a counter reads as its decimal digits."""
        ...

    def get_many(self, *keys: str) -> list[bytes | None]:
        """The values of `keys`, in that order."""
        ...

    def take(self, key: str) -> bytes | None:
        """The value, to exactly one of all who ask; it is gone afterwards."""
        ...

    def add_if_absent(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        """Keep `value` unless something is there; whether we were first."""
        ...

    def increment(self, key: str, lifetime: timedelta) -> int:
        """Count one more, and the new count. The first count sets when all of them are forgotten."""
        ...

    def get_and_extend(self, key: str, lifetime: timedelta) -> bytes | None:
        """The value, which from now on lives for `lifetime`; a twentieth less where a store spares a write."""
        ...

    def rest(self, key: str) -> timedelta | None:
        """How long the value will still be there if nobody touches it; asking does not prolong it."""
        ...

    def delete(self, *keys: str) -> None:
        """Forget `keys`, whatever they hold."""
        ...

    def add_member(self, key: str, member: str, lifetime: timedelta) -> None:
        """Put `member` into the set `key` for `lifetime`, or for longer where it was to stay longer."""
        ...

    def members(self, key: str) -> frozenset[str]:
        """Who is in the set `key` now."""
        ...

    def remove_member(self, key: str, member: str) -> None:
        """Take `member` out of the set `key`."""
        ...

    def write(self, *operations: Operation) -> None:
        """Do all of `operations`, in order, or none."""
        ...

    def purge_expired(self) -> int:
        """Sweep out what has expired; how many rows that freed."""
        ...

    def ping(self) -> None:
        """Return when the store answers."""
        ...

    def close(self) -> None:
        """Let go of connections; for a process that is about to end or to fork."""
        ...
