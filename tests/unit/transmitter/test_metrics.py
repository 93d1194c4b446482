"""What the worker shows, and the rules that watch it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from sqlalchemy import update

from idp.provisioning.metrics import Metrics as ProvisioningMetrics
from idp.signals.catalogue import Channel, Priority
from idp.signals.models import outbox
from idp.storage.database import Database
from idp.transmitter.destinations import Lane
from idp.transmitter.hold import Because, hold
from idp.transmitter.metrics import Metrics
from idp.transmitter.record import Attempt
from idp.transmitter.verdict import Answer, Verdict
from tests.architecture.tree import ROOT
from tests.fakes import FrozenClock
from tests.protocol.ssf.kit import House

_LANE = Lane("voucher", Channel.EVENT)
_RULES: dict[str, Any] = yaml.safe_load((ROOT / "config" / "alerts.yaml").read_text("utf-8"))
_ALERTS = [rule for group in _RULES["groups"] for rule in group["rules"]]


def shown() -> set[str]:
    """Every name that a scrape may show."""
    registry = CollectorRegistry()
    Metrics(registry)
    ProvisioningMetrics(registry)
    names: set[str] = set()
    for metric in registry.collect():
        kinds = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(metric.type, ("",))
        names |= {metric.name + kind for kind in kinds}
    return names


@pytest.mark.parametrize("rule", _ALERTS, ids=lambda rule: str(rule["alert"]))
def test_watches_only_what_is_shown(rule: dict[str, Any]):
    """Account events §3.8: a rule about a figure that nobody shows never fires."""
    named = set(re.findall(r"\bidp_\w+", rule["expr"]))
    assert named
    assert named <= shown()
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    assert rule["expr"].count("(") == rule["expr"].count(")")


def test_watches_every_figure_that_says_something_is_wrong():
    """Account events §3.8: oldest age, breaker, held, dead letters, backlog of bulk work, last progress, and messages
    that wait while nothing is tried."""
    watched = set(re.findall(r"\bidp_\w+", " ".join(rule["expr"] for rule in _ALERTS)))
    assert {name for name in shown() - watched if not name.endswith(("_count", "_sum"))} == set()


class _Table(House):
    clock: FrozenClock

    def value(self, name: str, **labels: str) -> float | None:
        self.worker()._show_backlog()  # its chore, without waiting for its time
        lane = {"relying_party": "voucher", "channel": "event"}
        return self.registry.get_sample_value(name, lane | labels)


@pytest.fixture
def house(any_database: Database, tmp_path: Path) -> _Table:
    made = _Table(any_database, tmp_path / "keys", FrozenClock())
    made.addresses.add("voucher", "http://127.0.0.1:9/events")
    return made


def test_shows_what_waits_by_priority(house: _Table):
    """A backlog of bulk work must not hide one security event that is stuck."""
    house.tell("voucher", "a", "b")
    with house.database.transaction() as connection:
        connection.execute(update(outbox).where(outbox.c.subject == "a").values(priority=Priority.BULK))
    house.clock.advance(timedelta(minutes=5))
    house.tell("voucher", "c")
    with house.database.transaction() as connection:
        connection.execute(update(outbox).where(outbox.c.subject == "b").values(state="superseded"))
    assert house.value("idp_events_oldest_pending_age_seconds", priority="bulk") == 300
    assert house.value("idp_events_oldest_pending_age_seconds", priority="link") == 0
    assert house.value("idp_events_pending") == 2
    assert house.value("idp_events_superseded") == 1
    assert house.value("idp_events_ready") == 1


def test_shows_how_a_lane_is_doing(house: _Table):
    """Closed, failing, reopening; held and by whom; when anybody last heard from it."""
    house.tell("voucher", "a", "b")
    assert house.value("idp_events_breaker") == 0
    take = house.worker().take_turn
    down = Answer(Verdict.ENDPOINT_FAILED, "connect")
    for _ in range(5):
        row = take(_LANE, (), (), 1).claimed[0]
        take(_LANE, [Attempt(row, down, house.clock.now(), 5)], (), 0)
        assert house.value("idp_events_breaker") == 2
        house.clock.advance(timedelta(hours=1))
    assert house.value("idp_events_lane_consecutive_failures") == 5
    row = take(_LANE, (), (), 1).claimed[0]
    take(_LANE, [Attempt(row, Answer(Verdict.ACCEPTED, "accepted", 202), house.clock.now(), 5)], (), 0)
    assert house.value("idp_events_breaker") == 1
    assert house.value("idp_events_last_attempt_timestamp_seconds") == house.clock.now().timestamp()
    with house.database.transaction() as connection:
        hold(connection, _LANE, Because.OPERATOR, house.clock.now())
    assert house.value("idp_events_held", because="operator") == 1
    assert house.value("idp_events_held", because="gone") == 0
    assert house.value("idp_events_ready") == 0
