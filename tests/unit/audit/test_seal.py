"""The audit chain: sealed in order, and every later change seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from idp.audit.actions import Action
from idp.audit.models import audit_records
from idp.audit.record import Record, record
from idp.audit.seal import broken_positions, seal
from idp.storage.database import Database
from tests.races import race

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
sealed_at = audit_records.c.position


def write(database: Database, count: int) -> None:
    with database.transaction() as connection:
        for number in range(count):
            detail = {"순서": number, "locked": number % 2 == 0, "reason": None}
            at = NOW + timedelta(seconds=number)
            record(connection, Record(at, Action.LINK_CONNECTED, "member", f"m{number}", "kamp", detail=detail))


def positions(database: Database) -> list[int | None]:
    with database.reading() as connection:
        return list(connection.execute(select(sealed_at).order_by(audit_records.c.seq)).scalars())


def broken(database: Database, page: int = 1000) -> list[int]:
    return list(broken_positions(database, page=page))


def test_seals_what_is_new_in_order(any_database: Database) -> None:
    """Architecture §3, audit: hash-chained; in batches, and nothing twice."""
    assert seal(any_database) == 0
    write(any_database, 5)
    assert positions(any_database) == [None] * 5
    assert broken(any_database) == []
    assert [seal(any_database, limit=3) for _ in range(3)] == [3, 2, 0]
    assert positions(any_database) == [1, 2, 3, 4, 5]
    write(any_database, 2)
    assert seal(any_database) == 2
    assert broken(any_database) == broken(any_database, page=1) == broken(any_database, page=7) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "somebody else"),
        ("action", "member.joined"),
        ("member_id", None),
        ("agency_id", "voucher"),
        ("at", NOW - timedelta(days=1)),
        ("address", "192.0.2.1"),
        ("detail", {"순서": 99}),
        ("chain", b"\0" * 32),
    ],
)
def test_finds_a_changed_record(any_database: Database, column: str, value: Any) -> None:
    """Whatever was changed after the fact is seen, at its own place."""
    write(any_database, 6)
    seal(any_database)
    with any_database.transaction() as connection:
        connection.execute(update(audit_records).where(sealed_at == 3).values({column: value}))
    assert broken(any_database)[0] == 3
    assert broken(any_database, page=2)[0] == 3


def test_finds_a_removed_record(any_database: Database) -> None:
    """A gap, wherever it is but at the very end."""
    write(any_database, 6)
    seal(any_database)
    with any_database.transaction() as connection:
        connection.execute(delete(audit_records).where(sealed_at == 2))
    assert broken(any_database) == [3]


def test_finds_two_records_that_changed_places(any_database: Database) -> None:
    """Order is part of what is sealed."""
    write(any_database, 4)
    seal(any_database)
    with any_database.transaction() as connection:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            connection.execute(update(audit_records).where(sealed_at == old).values(position=new))
    assert 2 in broken(any_database)


def test_finds_a_record_slipped_in(any_database: Database) -> None:
    """A forged record with a copied chain value."""
    write(any_database, 3)
    seal(any_database)
    with any_database.transaction() as connection:
        chain = connection.execute(select(audit_records.c.chain).where(sealed_at == 3)).scalar_one()
        record(connection, Record(NOW, Action.MEMBER_JOINED, "forger"))
        newest = connection.execute(text("SELECT max(seq) FROM audit_records")).scalar_one()
        forged = update(audit_records).where(audit_records.c.seq == newest)
        connection.execute(forged.values(position=4, chain=chain))
    assert broken(any_database) == [4]


def test_several_sealers_at_once_make_one_chain(any_database: Database) -> None:
    """A worker and `idp housekeeping` at the same moment, while records are written; none of them fails."""

    def act(racer: int) -> int:
        write(any_database, 3)
        return seal(any_database, limit=7 + racer)

    race(act, 8)
    while seal(any_database):
        pass
    assert sorted(position or 0 for position in positions(any_database)) == list(range(1, 25))
    assert broken(any_database) == []


def test_takes_several_records_and_stands_with_the_transaction(any_database: Database) -> None:
    """Architecture §6: the change and its record commit together or not at all."""
    entries = [Record(NOW, Action.SIGN_IN_FAILED, "member"), Record(NOW, Action.SIGN_IN_LOCKED, "member")]

    def act() -> None:
        with any_database.transaction() as connection:
            record(connection, *entries)
            raise KeyError

    with pytest.raises(KeyError):
        act()
    assert positions(any_database) == []
    with any_database.transaction() as connection:
        record(connection, *entries)
    assert positions(any_database) == [None, None]
