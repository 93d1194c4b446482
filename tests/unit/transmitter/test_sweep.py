"""What was settled long ago goes; what somebody has yet to hear or to look at stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from idp.signals.models import outbox
from idp.storage.database import Database
from idp.transmitter import sweep
from idp.transmitter.sweep import sweep_settled
from tests.fakes import FrozenClock
from tests.protocol.ssf.kit import House


class _Table(House):
    clock: FrozenClock


@pytest.fixture
def house(any_database: Database, tmp_path: Path) -> _Table:
    return _Table(any_database, tmp_path / "keys", FrozenClock())


def settle(house: _Table, subject: str, state: str, **values: Any) -> None:
    with house.database.transaction() as connection:
        connection.execute(
            update(outbox)
            .where(outbox.c.subject == subject)
            .values(state=state, settled_at=None if state == "pending" else house.clock.now(), **values)
        )


def test_keeps_what_waits_and_dead_letters_for_good(house: _Table, monkeypatch: pytest.MonkeyPatch):
    """Account events §3.4: dead letters never expire silently; settled rows go after their time, past what is stuck."""
    monkeypatch.setattr(sweep, "SWEPT_AT_ONCE", 2)
    house.tell("voucher", *"abcdefgh")
    states = ("pending", "refused", "delivered", "superseded", "pending", "expired", "dropped")
    for subject, state in zip("abcdefg", states, strict=True):
        settle(house, subject, state)
    later = house.clock.now() + timedelta(seconds=1)
    assert sweep_settled(house.database, house.clock.now()) == 0
    assert sweep_settled(house.database, later) == 4
    assert [row["subject"] for row in house.rows()] == ["a", "b", "e", "h"]


def test_stops_at_the_first_that_is_young(house: _Table):
    """A table of a year is not read for a day that is to go."""
    house.tell("voucher", "old")
    settle(house, "old", "delivered")
    before = house.clock.now() + timedelta(seconds=1)
    house.clock.advance(timedelta(days=1))
    house.tell("voucher", *(f"s{number}" for number in range(5)))
    settle(house, "s1", "delivered")
    assert sweep_settled(house.database, before) == 1
    assert len(house.rows()) == 5


def test_finds_what_lies_behind_much_that_is_kept_for_good(house: _Table, monkeypatch: pytest.MonkeyPatch):
    """An agency that has been away for a year keeps its queue, and not everybody else's settled messages with it."""
    monkeypatch.setattr(sweep, "SWEPT_AT_ONCE", 2)
    monkeypatch.setattr(sweep, "_TRANSACTIONS", 2)
    house.tell("voucher", *(f"waits{number}" for number in range(9)), "old")
    settle(house, "old", "delivered")
    assert sweep_settled(house.database, house.clock.now() + timedelta(seconds=1)) == 1
