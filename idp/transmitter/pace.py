"""How many messages a lane may be sent now: by its width, by what is under way in all workers, and by its rate.

Both limits live in the lane's row, which every turn holds anyway: several workers keep to them together, and none has
to know how many others there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from idp.transmitter.schedule import LaneMemory, Lease

_MINUTE = timedelta(minutes=1)
_BURST = timedelta(seconds=1)
"""What may go at once where a rate is registered: as much as in one second, and never less than one message."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What a relying party registered that it can take; None where it said nothing."""

    max_concurrency: int | None = None
    max_per_minute: int | None = None

    @property
    def interval(self) -> timedelta:
        """The time between two messages at the registered rate."""
        return _MINUTE / self.max_per_minute if self.max_per_minute is not None else timedelta()


def width(memory: LaneMemory, caps: Caps, now: datetime) -> int | None:
    """How many requests may be under way at once; None: as many as each worker likes."""
    limits = [limit for limit in (memory.width_at(now), caps.max_concurrency) if limit is not None]
    return min(limits, default=None)


def room(memory: LaneMemory, caps: Caps, now: datetime, wanted: int) -> int:
    """How many of `wanted` messages may be claimed now."""
    if memory.held or memory.resting(now):
        return 0
    widest = width(memory, caps, now)
    if widest is not None:
        wanted = min(wanted, widest - sum(lease.rows for lease in memory.leases if lease.until > now))
    if caps.max_per_minute is not None:
        ahead = _slot(memory, caps, now) - now
        wanted = min(wanted, (max(_BURST, caps.interval) - ahead) // caps.interval)
    return max(wanted, 0)


def taken(memory: LaneMemory, caps: Caps, lease: Lease, now: datetime) -> LaneMemory:
    """The memory once `lease` was claimed."""
    if not lease.rows:
        return memory
    slot = _slot(memory, caps, now) + lease.rows * caps.interval if caps.max_per_minute is not None else None
    return replace(memory, leases=(*memory.leases, lease), next_slot_at=slot)


def returned(memory: LaneMemory, tokens: Iterable[str], now: datetime, longest: timedelta) -> LaneMemory:
    """The memory once a row of each of `tokens` was settled or given back; leases that have ended are forgotten, and
    those that by a clock far ahead of ours would not."""
    back = Counter(tokens)
    left = tuple(
        replace(lease, rows=lease.rows - back[lease.token])
        for lease in memory.leases
        if lease.rows > back[lease.token] and now < lease.until <= now + 2 * longest
    )
    return replace(memory, leases=left)


def _slot(memory: LaneMemory, caps: Caps, now: datetime) -> datetime:
    """When the next message would go at the registered rate, now at the earliest. Further ahead than a full burst lies
    only what a clock that ran ahead, or a former, lower rate has written."""
    slot = memory.next_slot_at
    if slot is None or not now <= slot <= now + max(_BURST, caps.interval):
        return now
    return slot
