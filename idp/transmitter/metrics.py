"""Figures of the delivery, per relying party and never per subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy import Connection, func, literal_column, select

from idp.signals.catalogue import Channel, Priority
from idp.signals.models import WAITS_SINCE, outbox
from idp.transmitter.destinations import Lane
from idp.transmitter.hold import Because
from idp.transmitter.record import Attempt
from idp.transmitter.schedule import LaneMemory
from idp.transmitter.verdict import Verdict

_LANE = ("relying_party", "channel")
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 21600, 86400, 259200)


Waiting = dict[Lane, dict[int, tuple[int, datetime]]]
_PRIORITIES = frozenset(Priority)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the database says of every lane at one moment."""

    waiting: Waiting
    dead: Mapping[Lane, int]
    superseded: Mapping[Lane, int]
    memories: Mapping[Lane, LaneMemory]
    ready: frozenset[Lane]
    """In these a claim would find something."""
    unknown: frozenset[Lane]
    """These have no address."""
    fan_outs: int


class Metrics:
    """What `/metrics` of the worker shows; `config/alerts.yaml` says what of it should wake somebody. What comes from
    the database is the same in every worker: take the maximum, not the sum."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._pending = Gauge("idp_events_pending", "Messages that wait or are under way", _LANE, registry=registry)
        self._oldest = Gauge(
            "idp_events_oldest_pending_age_seconds",
            "Age of the oldest of them",
            (*_LANE, "priority"),
            registry=registry,
        )
        self._ready = Gauge(
            "idp_events_ready", "1 where something is due and may be sent at this moment", _LANE, registry=registry
        )
        self._last_attempt = Gauge(
            "idp_events_last_attempt_timestamp_seconds",
            "When any worker last heard how one ended",
            _LANE,
            registry=registry,
        )
        self._breaker = Gauge(
            "idp_events_breaker",
            "0 closed, 1 reopening slowly, 2 failing: one probe at a time",
            _LANE,
            registry=registry,
        )
        self._held = Gauge("idp_events_held", "1 where a lane is held", (*_LANE, "because"), registry=registry)
        self._dead = Gauge("idp_events_dead_letters", "Messages that wait for a person", _LANE, registry=registry)
        self._superseded = Gauge(
            "idp_events_superseded", "Messages kept that a newer one took the place of", _LANE, registry=registry
        )
        self._fan_outs = Gauge("idp_fan_outs_waiting", "Bulk changes not yet written out", registry=registry)
        self._until_attempted = Histogram(
            "idp_events_commit_to_first_attempt_seconds",
            "From commit to the start of the first attempt",
            (*_LANE, "priority"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._undeliverable = Gauge(
            "idp_events_without_destination",
            "1 where messages wait and no address is registered",
            _LANE,
            registry=registry,
        )
        self._failures = Gauge(
            "idp_events_lane_consecutive_failures", "Failures of the endpoint in a row", _LANE, registry=registry
        )
        self._attempts = Counter(
            "idp_events_attempts", "Attempts by how they ended", (*_LANE, "outcome"), registry=registry
        )
        self._until_accepted = Histogram(
            "idp_events_commit_to_accepted_seconds",
            "From commit to acceptance",
            _LANE,
            buckets=_SECONDS,
            registry=registry,
        )
        self._progress = Gauge(
            "idp_worker_last_progress_timestamp_seconds", "When the loop last came round", registry=registry
        )
        self._trouble = Counter("idp_worker_trouble", "What the worker got over", ("what",), registry=registry)

    def attempt(self, attempt: Attempt, now: datetime) -> None:
        """Count one attempt."""
        row = attempt.row
        self._attempts.labels(row.relying_party_id, row.channel, attempt.answer.outcome).inc()
        if row.replaces is not None:
            return  # its commit is long ago, and that it is sent now is an operator's doing
        if row.sends == 0:
            waited = max((attempt.started_at - row.occurred_at).total_seconds(), 0)
            self._until_attempted.labels(row.relying_party_id, row.channel, _priority(row.priority)).observe(waited)
        if attempt.answer.verdict is Verdict.ACCEPTED:
            waited = max((now - row.occurred_at).total_seconds(), 0)
            self._until_accepted.labels(row.relying_party_id, row.channel).observe(waited)

    def progress(self, now: datetime) -> None:
        """The loop came round."""
        self._progress.set(now.timestamp())

    def trouble(self, what: str) -> None:
        """The worker got over something that should not happen often."""
        self._trouble.labels(what).inc()

    def backlog(self, backlog: Backlog, now: datetime) -> None:
        """Show what waits. Lanes that emptied show 0, not their last figure."""
        self._fan_outs.set(backlog.fan_outs)
        for lane in backlog.waiting.keys() | backlog.memories.keys():
            waiting = backlog.waiting.get(lane, {})
            memory = backlog.memories.get(lane, LaneMemory())
            self._pending.labels(*lane).set(sum(count for count, _ in waiting.values()))
            for priority in Priority:
                _, oldest = waiting.get(priority, (0, now))
                self._oldest.labels(*lane, _priority(priority)).set(max((now - oldest).total_seconds(), 0))
            self._undeliverable.labels(*lane).set(lane in backlog.unknown)
            self._ready.labels(*lane).set(lane in backlog.ready)
            self._dead.labels(*lane).set(backlog.dead.get(lane, 0))
            self._superseded.labels(*lane).set(backlog.superseded.get(lane, 0))
            self._failures.labels(*lane).set(memory.consecutive_failures)
            self._breaker.labels(*lane).set(2 if memory.failing else 1 if memory.width_at(now) is not None else 0)
            for because in Because:
                self._held.labels(*lane, because.value).set(memory.held_because == because)
            ended = [at for at in (memory.last_success_at, memory.last_failure_at) if at is not None]
            self._last_attempt.labels(*lane).set(max(ended).timestamp() if ended else 0)


def _priority(priority: int) -> str:
    return Priority(priority).name.lower() if priority in _PRIORITIES else "other"


def waiting_by_lane(connection: Connection) -> Waiting:
    """What waits in each lane, by priority: how many, and since when. Reads every pending row, so ask seldom."""
    query = (
        select(
            outbox.c.relying_party_id,
            outbox.c.channel,
            outbox.c.priority,
            func.count(),
            func.min(WAITS_SINCE),
        )
        .where(outbox.c.state == literal_column("'pending'"), outbox.c.channel.in_(list(Channel)))
        .group_by(outbox.c.relying_party_id, outbox.c.channel, outbox.c.priority)
    )
    found: Waiting = {}
    for row in connection.execute(query):
        found.setdefault(Lane(row[0], Channel(row[1])), {})[row[2]] = (row[3], row[4])
    return found


def kept_by_lane(connection: Connection, state: str) -> dict[Lane, int]:
    """How many messages of each lane are kept in `state`, one of those that have an index of their own."""
    query = (
        select(outbox.c.relying_party_id, outbox.c.channel, func.count())
        .where(outbox.c.state == literal_column(f"'{state}'"), outbox.c.channel.in_(list(Channel)))
        .group_by(outbox.c.relying_party_id, outbox.c.channel)
    )
    return {Lane(row[0], Channel(row[1])): row[2] for row in connection.execute(query)}
