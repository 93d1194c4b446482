"""What only the database store can be asked: exact instants by a clock that stands still, and its tables."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Table, event, func, select

from idp.errors import StoreUnavailable
from idp.settings import Settings
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore, open_store
from idp.storage.expiring.database_store import expiring, expiring_members
from tests.fakes import FrozenClock

MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def store(any_database, frozen_clock):
    return DatabaseExpiringStore(any_database, frozen_clock)


@pytest.fixture
def writes(any_database):
    """The changing statements sent so far."""
    sent = []

    @event.listens_for(any_database.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_rest):
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            sent.append(statement)

    return sent


def rows(database: Database, table: Table) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_ends_a_value_at_the_very_instant(store, frozen_clock):
    """Alive for the whole lifetime and not a microsecond longer, as Redis counts."""
    store.put("a", b"v", MINUTE)
    frozen_clock.advance(MINUTE - INSTANT)
    assert store.get("a") == b"v"
    frozen_clock.advance(INSTANT)
    assert store.get("a") is None
    assert store.take("a") is None
    assert store.add_if_absent("a", b"w", MINUTE)


def test_starts_a_counter_anew_at_the_very_instant(store, frozen_clock):
    """REQ-40: the lock counts from the first wrong password."""
    assert store.increment("a", MINUTE) == 1
    frozen_clock.advance(MINUTE - INSTANT)
    assert store.increment("a", MINUTE) == 2
    frozen_clock.advance(INSTANT)
    assert store.increment("a", MINUTE) == 1
    frozen_clock.advance(MINUTE - INSTANT)
    assert store.increment("a", MINUTE) == 2


def test_counts_on_a_key_whose_value_has_expired(store, frozen_clock):
    """An expired row counts as absent, whatever it held."""
    store.put("a", b"v", MINUTE)
    frozen_clock.advance(MINUTE)
    assert store.increment("a", MINUTE) == 1
    assert store.get("a") == b"1"


def test_spares_the_write_while_little_of_a_lifetime_is_gone(store, frozen_clock, writes):
    """Every page of a session extends it; a write each would serialise all members on SQLite."""
    store.put("session", b"v", 100 * MINUTE)
    writes.clear()
    frozen_clock.advance(4 * MINUTE)
    assert store.get_and_extend("session", 100 * MINUTE) == b"v"
    assert writes == []
    frozen_clock.advance(2 * MINUTE)
    assert store.get_and_extend("session", 100 * MINUTE) == b"v"
    assert len(writes) == 1
    frozen_clock.advance(100 * MINUTE - INSTANT)
    assert store.get("session") == b"v"


def test_sweeps_every_dead_row_however_many(store, any_database, frozen_clock):
    """A sweep goes in steps of a thousand and forgets none."""
    with any_database.transaction() as connection:
        end = frozen_clock.now() + MINUTE
        connection.execute(
            expiring.insert(), [{"key": str(number), "value": b"v", "expires_at": end} for number in range(1001)]
        )
    store.add_member("set", "m", MINUTE)
    store.put("alive", b"v", 2 * MINUTE)
    frozen_clock.advance(MINUTE)
    assert store.purge_expired() == 1002
    assert rows(any_database, expiring) == 1
    assert rows(any_database, expiring_members) == 0
    assert store.get("alive") == b"v"


def test_leaves_no_row_of_what_was_taken_or_deleted(store, any_database):
    """Architecture §6: what is spent is gone, not merely marked."""
    store.put("a", b"v", MINUTE)
    store.put("b", b"v", MINUTE)
    store.add_member("set", "m", MINUTE)
    store.take("a")
    store.delete("b", "set")
    assert rows(any_database, expiring) == rows(any_database, expiring_members) == 0


def test_is_what_opens_without_a_redis_url(database, frozen_clock):
    """Architecture §10: `IDP_REDIS_URL` absent: the expiring store is the database."""
    assert isinstance(open_store(Settings(), database, frozen_clock), DatabaseExpiringStore)


def test_says_unavailable_when_nobody_answers(frozen_clock, tmp_path):
    """A server that is away becomes `StoreUnavailable`; what the public is told names no address."""
    away = Database(f"postgresql+psycopg://postgres@/idp?host={tmp_path}")
    with pytest.raises(StoreUnavailable) as failure:
        DatabaseExpiringStore(away, frozen_clock).get("a")
    assert str(tmp_path) not in str(failure.value.public)


def test_keeps_a_frozen_clock_frozen(frozen_clock: FrozenClock):
    """The fake the other tests lean on does what it says."""
    before = frozen_clock.now()
    assert frozen_clock.now() == before
    frozen_clock.advance(MINUTE)
    assert frozen_clock.now() == before + MINUTE
