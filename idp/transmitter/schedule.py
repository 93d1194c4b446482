"""When to try again. Pure: what came back and what is remembered go in, the lane's new memory and times come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from idp.randomness import Randomness
from idp.transmitter.verdict import Answer, Verdict

_PROBES = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 300, 900, 1800))
_REFUSALS = tuple(timedelta(minutes=minutes) for minutes in (1, 10, 60, 360, 1440))
_SPREAD = 0.25
LONGEST_LANE_WAIT = timedelta(hours=1)
"""No lane's `retry_at` lies further ahead: the longest `Retry-After` we honour, more than the longest probe delay."""
LONGEST_ROW_WAIT = _REFUSALS[-1]
"""No row's `due_at` lies further ahead."""
LOGOUT_MEANS_SOMETHING_FOR = timedelta(hours=24)
"""A session at a relying party is long over after this; a logout message that failed until then is given up."""


@dataclass(frozen=True, slots=True)
class LaneMemory:
    """How one relying party's endpoint is doing, as far as deliveries show it; nothing else counts as health."""

    consecutive_failures: int = 0
    retry_at: datetime | None = None
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: str | None = None

    @property
    def failing(self) -> bool:
        """Whether only one message at a time may go, to see if the endpoint is back."""
        return self.consecutive_failures > 0

    def resting(self, now: datetime) -> bool:
        """Whether not even that one may go yet."""
        return self.failing and self.retry_at is not None and self.retry_at > now


class Tried(Protocol):
    """An attempt, as far as the schedule cares."""

    @property
    def answer(self) -> Answer: ...
    @property
    def started_at(self) -> datetime: ...


def spread(randomness: Randomness) -> float:
    """A factor between 0.75 and 1.25, so that lanes that failed together do not come back together."""
    return 1 - _SPREAD + 2 * _SPREAD * int.from_bytes(randomness.octets(4), "big") / 0xFFFFFFFF


def probe_delay(failures: int, factor: float) -> timedelta:
    """How long an endpoint is left alone after its `failures`-th failure in a row. There is no last one: an agency that
    was down for a week still learns who withdrew."""
    return _PROBES[min(failures, len(_PROBES)) - 1] * factor


def refusal_delay(refusals: int) -> timedelta | None:
    """How long a message waits after its `refusals`-th refusal; None when it is now for a person to look at."""
    return _REFUSALS[refusals - 1] if refusals <= len(_REFUSALS) else None


def lane_after(memory: LaneMemory, tried: Sequence[Tried], now: datetime, factor: float) -> LaneMemory:
    """What is remembered of a lane once `tried` came back.

    The lane fails when at least half of what came back did: one odd 500 among many acceptances is that message's own
    trouble and waits alone. Requests already under way when the lane failed belong to the same failure and do not
    count again.
    """
    if not tried:
        return memory
    failures = [attempt for attempt in tried if attempt.answer.verdict is Verdict.ENDPOINT_FAILED]
    if 2 * len(failures) < len(tried):
        return replace(memory, consecutive_failures=0, retry_at=None, last_success_at=now)
    known = memory.last_failure_at if memory.failing else None
    again = known is None or any(attempt.started_at >= known for attempt in failures)
    consecutive = memory.consecutive_failures + (1 if again else 0)
    asked = [attempt.answer.wait for attempt in failures if attempt.answer.wait is not None]
    delay = max([probe_delay(consecutive, factor), *asked])
    return replace(
        memory,
        consecutive_failures=consecutive,
        retry_at=now + min(delay, LONGEST_LANE_WAIT),
        last_failure_at=now,
        last_failure=failures[-1].answer.outcome,
    )
