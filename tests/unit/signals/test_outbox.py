"""Writing what must be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from idp.signals.catalogue import Channel, EventType
from idp.signals.models import outbox
from idp.signals.outbox import PENDING, Notice, tell
from idp.storage.database import Database
from tests.fakes import FixedRandomness

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def some(count: int, link: str = "link") -> Iterator[Notice]:
    for number in range(count):
        payload = {"number": number, "글": "값"}
        yield Notice(f"party{number % 2}", EventType.ACCOUNT_LINK_CHANGED, "subject", payload, NOW, link, number)


def test_queues_what_one_act_caused_under_one_cause_a_party(any_database: Database) -> None:
    """RFC 8417 §2.2: txn joins what one act caused, toward one relying party; architecture §11.4: and toward no two, or
    agencies that compare a withdrawal's txn join their subjects. Each jti is its own; all are due at once."""
    randomness = FixedRandomness()
    with any_database.transaction() as connection:
        assert tell(connection, randomness, some(3)) == 3
        assert tell(connection, randomness, some(1, "another")) == 1
        rows = connection.execute(select(outbox).order_by(outbox.c.seq)).all()
    assert rows[0].txn == rows[2].txn
    assert len({row.txn for row in (rows[0], rows[1], rows[3])}) == 3
    assert len({row.jti for row in rows}) == 4
    assert {(row.state, row.due_at, row.attempts, row.sends, row.channel) for row in rows} == {
        (PENDING, NOW, 0, 0, Channel.EVENT.value)
    }
    assert rows[2].payload == {"number": 2, "글": "값"}


def test_one_act_in_several_transactions_keeps_its_cause(any_database: Database) -> None:
    """RFC 8417 §2.2: what is written out in pieces has one txn toward each relying party all the same."""
    randomness, transactions = FixedRandomness(), {"party1": "known"}
    for link in ("a", "b"):
        with any_database.transaction() as connection:
            tell(connection, randomness, some(2, link), transactions)
    with any_database.reading() as connection:
        rows = connection.execute(select(outbox.c.relying_party_id, outbox.c.txn)).all()
    assert {tuple(row) for row in rows} == {("party0", transactions["party0"]), ("party1", "known")}


def test_queues_nothing_for_nobody(any_database: Database) -> None:
    """An agency without relying parties is told nothing."""
    with any_database.transaction() as connection:
        assert tell(connection, FixedRandomness(), ()) == 0
        assert connection.execute(select(outbox)).all() == []


def test_forgets_what_an_undone_change_would_have_told(any_database: Database) -> None:
    """Architecture §11: an uncommitted change is never told."""

    def act() -> None:
        with any_database.transaction() as connection:
            tell(connection, FixedRandomness(), some(2))
            raise KeyError

    with pytest.raises(KeyError):
        act()
    with any_database.reading() as connection:
        assert connection.execute(select(outbox)).all() == []
