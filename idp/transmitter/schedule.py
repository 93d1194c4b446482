"""When to try again, and how much at once. Pure: what came back and what is remembered go in, the lane's new memory and
times come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from idp.randomness import Randomness
from idp.transmitter.verdict import MISCONFIGURED, Answer, Verdict

_PROBES = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 300, 900, 1800))
_REFUSALS = tuple(timedelta(minutes=minutes) for minutes in (1, 10, 60, 360, 1440))
_SPREAD = 0.25
_OPENS_AT = 5
_WINDOW, _WINDOW_REQUESTS = timedelta(minutes=5), 10
_CLEAN, _WIDEST = timedelta(seconds=30), 1024
_FAULTS = 3
LONGEST_LANE_WAIT = timedelta(hours=1)
"""No lane's `retry_at` lies further ahead: the longest `Retry-After` we honour, more than the longest probe delay."""
LONGEST_ROW_WAIT = _REFUSALS[-1]
"""No row's `due_at` lies further ahead."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What one claim has out: so many rows, at most until then."""

    token: str
    rows: int
    until: datetime


@dataclass(frozen=True, slots=True)
class LaneMemory:
    """How one relying party's endpoint is doing, as far as deliveries show it; nothing else counts as health."""

    consecutive_failures: int = 0
    retry_at: datetime | None = None
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: str | None = None
    held_since: datetime | None = None
    held_because: str | None = None
    window_since: datetime | None = None
    window_requests: int = 0
    window_failures: int = 0
    width: int | None = None
    """How many requests at once it got when it was last `clean_since`; None: as many as anybody."""
    clean_since: datetime | None = None
    fault_code: str | None = None
    fault_jtis: tuple[str, ...] = ()
    leases: tuple[Lease, ...] = ()
    next_slot_at: datetime | None = None

    @property
    def failing(self) -> bool:
        """Whether only one message at a time may go, to see if the endpoint is back."""
        return self.consecutive_failures > 0

    @property
    def held(self) -> bool:
        """Whether nothing goes until somebody says so; everything is kept."""
        return self.held_since is not None

    @property
    def misconfigured(self) -> bool:
        """Whether it said of enough messages that keys, names or rights do not fit to say so of all."""
        return len(self.fault_jtis) >= _FAULTS

    def resting(self, now: datetime) -> bool:
        """Whether not even that one may go yet."""
        return self.failing and self.retry_at is not None and self.retry_at > now

    def width_at(self, now: datetime) -> int | None:
        """How many requests it may be sent at once; None: as many as anybody."""
        if self.failing:
            return 1
        if self.width is None or self.clean_since is None:
            return None
        doublings = max((now - self.clean_since) // _CLEAN, 0)
        widened = self.width << min(doublings, _WIDEST.bit_length())
        return widened if widened < _WIDEST else None


class Tried(Protocol):
    """An attempt, as far as the schedule cares."""

    @property
    def answer(self) -> Answer: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def jti(self) -> str: ...


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

    A lane that failed five times in a row, or half of ten requests within five minutes, comes back slowly: one request
    at a time, twice as many after every half minute without a failure. Who has just got up is not to be knocked down by
    what gathered meanwhile.
    """
    if not tried:
        return memory
    failures = [attempt for attempt in tried if attempt.answer.verdict is Verdict.ENDPOINT_FAILED]
    memory = _with_faults(_counted(memory, len(tried), len(failures), now), tried)
    if 2 * len(failures) < len(tried):
        return _answered(memory, now, clean=not failures)
    known = memory.last_failure_at if memory.failing else None
    again = known is None or any(attempt.started_at >= known for attempt in failures)
    consecutive = memory.consecutive_failures + (1 if again else 0)
    asked = [attempt.answer.wait for attempt in failures if attempt.answer.wait is not None]
    delay = max([probe_delay(consecutive, factor), *asked])
    often = memory.window_requests >= _WINDOW_REQUESTS and 2 * memory.window_failures >= memory.window_requests
    return replace(
        memory,
        consecutive_failures=consecutive,
        retry_at=now + min(delay, LONGEST_LANE_WAIT),
        last_failure_at=now,
        last_failure=failures[-1].answer.outcome,
        width=1 if often or consecutive >= _OPENS_AT else memory.width,
    )


def held(memory: LaneMemory, because: str, at: datetime) -> LaneMemory:
    """The memory of a lane from which nothing more is sent."""
    return replace(memory, held_since=at, held_because=because)


def resumed(memory: LaneMemory, at: datetime) -> LaneMemory:
    """The memory of a lane from which is sent again, as if its endpoint had just come back."""
    return replace(
        memory,
        held_since=None,
        held_because=None,
        consecutive_failures=0,
        retry_at=None,
        fault_code=None,
        fault_jtis=(),
        width=1,
        clean_since=at,
        window_since=None,
        window_requests=0,
        window_failures=0,
    )


def _counted(memory: LaneMemory, requests: int, failures: int, now: datetime) -> LaneMemory:
    since = memory.window_since
    if since is None or not timedelta() <= now - since < _WINDOW:
        return replace(memory, window_since=now, window_requests=requests, window_failures=failures)
    return replace(
        memory,
        window_requests=memory.window_requests + requests,
        window_failures=memory.window_failures + failures,
    )


def _answered(memory: LaneMemory, now: datetime, *, clean: bool) -> LaneMemory:
    width = memory.width
    # Not later than now: a clock that ran ahead would keep the lane narrow until that time has come.
    clean_since = min(memory.clean_since, now) if memory.clean_since is not None else None
    if width is not None:
        if memory.failing:
            width, clean_since = 1, now
        elif memory.width_at(now) is None:
            width, clean_since = None, None
        elif not clean:
            width, clean_since = memory.width_at(now), now
    return replace(
        memory, consecutive_failures=0, retry_at=None, last_success_at=now, width=width, clean_since=clean_since
    )


def _with_faults(memory: LaneMemory, tried: Sequence[Tried]) -> LaneMemory:
    """An acceptance, or another error, shows that what was said is not true of every message."""
    code, jtis = memory.fault_code, memory.fault_jtis
    for attempt in tried:
        said = attempt.answer.outcome if attempt.answer.outcome in MISCONFIGURED else None
        if said is None and attempt.answer.verdict is Verdict.ENDPOINT_FAILED:
            continue  # an endpoint that is down in between takes nothing back
        if said != code:
            code, jtis = said, ()
        if said is not None and attempt.jti not in jtis:
            jtis = (*jtis, attempt.jti)[:_FAULTS]
    return replace(memory, fault_code=code, fault_jtis=jtis)
