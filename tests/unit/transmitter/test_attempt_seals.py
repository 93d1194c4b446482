"""What was tried cannot be made to look otherwise afterwards."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from idp.audit.models import audit_records
from idp.signals.catalogue import Channel
from idp.signals.models import delivery_attempts
from idp.storage.database import Database
from idp.transmitter import attempt_seals
from idp.transmitter.attempt_seals import changed_attempts, seal_attempts
from idp.transmitter.destinations import Lane
from idp.transmitter.record import Attempt
from idp.transmitter.verdict import Answer, Verdict
from tests.fakes import FrozenClock
from tests.protocol.ssf.kit import House

_LANE = Lane("voucher", Channel.EVENT)


class _Table(House):
    clock: FrozenClock

    def deliver(self, *subjects: str) -> None:
        self.tell("voucher", *subjects)
        take = self.worker().take_turn
        accepted = Answer(Verdict.ACCEPTED, "accepted", 202)
        claimed = take(_LANE, (), (), 100).claimed
        take(_LANE, [Attempt(row, accepted, self.clock.now(), 5, "kid", "0" * 64) for row in claimed], (), 0)

    def changed(self) -> list[tuple[int, int]]:
        return list(changed_attempts(self.database, self.clock.now() - timedelta(days=90)))


@pytest.fixture
def house(any_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Table:
    monkeypatch.setattr(attempt_seals, "_PAGE", 2)
    made = _Table(any_database, tmp_path / "keys", FrozenClock())
    made.addresses.add("voucher", "http://127.0.0.1:9/")
    return made


def test_seals_once_a_day_what_was_added(house: _Table):
    """Account events §3.8: a daily digest in the audit, each attempt in one of them; the youngest wait for the next."""
    house.deliver(*"abcde")
    assert seal_attempts(house.database, house.clock.now()) == 0
    house.clock.advance(timedelta(hours=2))
    house.deliver("f")
    assert seal_attempts(house.database, house.clock.now()) == 5
    house.clock.advance(timedelta(hours=23))
    assert seal_attempts(house.database, house.clock.now()) == 0
    house.clock.advance(timedelta(hours=1))
    assert seal_attempts(house.database, house.clock.now()) == 1
    with house.database.reading() as connection:
        query = select(audit_records.c.detail).order_by(audit_records.c.seq)
        first, second = connection.execute(query).scalars()
    assert (first["attempts"], second["attempts"]) == (5, 1)
    assert second["first"] > first["last"]
    assert house.changed() == []


@pytest.mark.parametrize("tamper", ["change", "delete"])
def test_sees_what_was_changed_afterwards(house: _Table, tamper: str):
    """A refusal made to look like an acceptance, or a row that is gone."""
    house.deliver(*"abc")
    house.clock.advance(timedelta(hours=2))
    assert seal_attempts(house.database, house.clock.now()) == 3
    last = select(delivery_attempts.c.seq).order_by(delivery_attempts.c.seq.desc()).limit(1).scalar_subquery()
    act = update(delivery_attempts).values(status=410) if tamper == "change" else delete(delivery_attempts)
    with house.database.transaction() as connection:
        connection.execute(act.where(delivery_attempts.c.seq == last))
    assert len(house.changed()) == 1


def test_misses_nothing_that_was_swept(house: _Table):
    """What is older than is kept was deleted by us; what was sealed of it says nothing any more."""
    house.deliver(*"abc")
    house.clock.advance(timedelta(hours=2))
    seal_attempts(house.database, house.clock.now())
    with house.database.transaction() as connection:
        connection.execute(delete(delivery_attempts))
    assert len(house.changed()) == 1
    house.clock.advance(timedelta(days=91))
    assert house.changed() == []
