"""Figures of the accounts asked for, per relying party and never per member."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy import Connection, func, literal_column, select

from idp.links.models import provisionings
from idp.links.provisionings import ProvisioningState
from idp.provisioning.attempt import Attempt

_PARTY = ("relying_party",)


class Metrics:
    """What `/metrics` of the worker shows. Alert on an old `idp_provisioning_oldest_requested_age_seconds` of a relying
    party that makes accounts by SCIM, and on any `idp_provisioning_failed`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        by_mode = ("relying_party", "mode")
        self._requested = Gauge("idp_provisioning_requested", "Accounts asked for", by_mode, registry=registry)
        self._oldest = Gauge(
            "idp_provisioning_oldest_requested_age_seconds", "Age of the oldest of them", by_mode, registry=registry
        )
        self._failed = Gauge("idp_provisioning_failed", "Accounts that wait for a person", by_mode, registry=registry)
        self._attempts = Counter(
            "idp_provisioning_attempts", "Visits by how they ended", (*_PARTY, "outcome"), registry=registry
        )
        self._shown: set[tuple[str, str]] = set()

    def attempt(self, attempt: Attempt) -> None:
        """Count one visit."""
        outcome = "not_in_force" if attempt.outcome is None else attempt.outcome.answer.outcome
        self._attempts.labels(attempt.row.relying_party_id, outcome).inc()

    def show(self, open_rows: list[tuple[str, str, str, int, datetime]], now: datetime) -> None:
        """Show what is not done. Whatever emptied shows 0, not its last figure."""
        requested = {(party, mode): (n, at) for party, mode, state, n, at in open_rows if state == _REQUESTED}
        failed = {(party, mode): n for party, mode, state, n, _ in open_rows if state != _REQUESTED}
        self._shown |= requested.keys() | failed.keys()
        for labels in self._shown:
            count, oldest = requested.get(labels, (0, now))
            self._requested.labels(*labels).set(count)
            self._oldest.labels(*labels).set(max((now - oldest).total_seconds(), 0))
            self._failed.labels(*labels).set(failed.get(labels, 0))


_REQUESTED = ProvisioningState.REQUESTED.value


def open_by_party(connection: Connection) -> list[tuple[str, str, str, int, datetime]]:
    """Relying party, mode, state, how many, and since when; reads every row that is not done, so ask seldom."""
    row = provisionings.c
    query = (
        select(row.relying_party_id, row.mode, row.state, func.count(), func.min(row.requested_at))
        .where(literal_column("state IN ('requested', 'failed')"))
        .group_by(row.relying_party_id, row.mode, row.state)
    )
    return [tuple(each) for each in connection.execute(query)]
