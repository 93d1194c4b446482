"""Figures of the delivery, per relying party and never per subject."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy import Connection, func, literal_column, select

from idp.signals.catalogue import Channel
from idp.signals.models import outbox
from idp.transmitter.destinations import Lane
from idp.transmitter.record import Attempt
from idp.transmitter.schedule import LaneMemory
from idp.transmitter.verdict import Verdict

_LANE = ("relying_party", "channel")
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 21600, 86400, 259200)


class Metrics:
    """What `/metrics` of the worker shows. Alert on `idp_events_pending > 0` without attempts, and on an old
    `idp_worker_last_progress_timestamp_seconds`: a worker that stopped quietly looks like one with nothing to do."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._pending = Gauge("idp_events_pending", "Messages that wait or are under way", _LANE, registry=registry)
        self._oldest = Gauge(
            "idp_events_oldest_pending_age_seconds", "Age of the oldest of them", _LANE, registry=registry
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
        if attempt.answer.verdict is Verdict.ACCEPTED:
            waited = max((now - row.occurred_at).total_seconds(), 0)
            self._until_accepted.labels(row.relying_party_id, row.channel).observe(waited)

    def progress(self, now: datetime) -> None:
        """The loop came round."""
        self._progress.set(now.timestamp())

    def trouble(self, what: str) -> None:
        """The worker got over something that should not happen often."""
        self._trouble.labels(what).inc()

    def backlog(
        self,
        waiting: dict[Lane, tuple[int, datetime]],
        memories: dict[Lane, LaneMemory],
        unknown: set[Lane],
        now: datetime,
    ) -> None:
        """Show what waits. Lanes that emptied show 0, not their last figure."""
        for lane in waiting.keys() | memories.keys():
            count, oldest = waiting.get(lane, (0, now))
            self._pending.labels(*lane).set(count)
            self._oldest.labels(*lane).set(max((now - oldest).total_seconds(), 0))
            self._undeliverable.labels(*lane).set(lane in unknown)
            self._failures.labels(*lane).set(memories.get(lane, LaneMemory()).consecutive_failures)


def waiting_by_lane(connection: Connection) -> dict[Lane, tuple[int, datetime]]:
    """How many wait in each lane and since when; reads every pending row, so ask seldom."""
    query = (
        select(outbox.c.relying_party_id, outbox.c.channel, func.count(), func.min(outbox.c.occurred_at))
        .where(outbox.c.state == literal_column("'pending'"), outbox.c.channel.in_(list(Channel)))
        .group_by(outbox.c.relying_party_id, outbox.c.channel)
    )
    return {Lane(row[0], Channel(row[1])): (row[2], row[3]) for row in connection.execute(query)}
