"""Queries on passwords, on both kinds of database."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from sqlalchemy import func, select

from idp.credentials import store
from idp.credentials.models import passwords
from idp.storage.database import Database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_keeps_one_hash_a_member(any_database: Database):
    """Setting again replaces."""
    with any_database.transaction() as connection:
        store.set_password(connection, "m1", "first", NOW)
        store.set_password(connection, "m2", "other", NOW)
        store.set_password(connection, "m1", "second", NOW)
    with any_database.reading() as connection:
        assert store.password_hash(connection, "m1") == "second"
        assert store.password_hash(connection, "m2") == "other"
        assert store.password_hash(connection, "m3") is None
        assert connection.execute(select(passwords.c.changed_at).distinct()).scalars().all() == [NOW]


def test_leaves_nothing_of_a_destroyed_member(any_database: Database):
    """즉시파기; destroying what is not there is no failure."""
    with any_database.transaction() as connection:
        store.set_password(connection, "m1", "first", NOW)
        store.set_password(connection, "m2", "other", NOW)
        store.destroy(connection, "m1")
        store.destroy(connection, "m1")
    with any_database.reading() as connection:
        assert connection.execute(select(passwords.c.member_id)).scalars().all() == ["m2"]


def test_renews_a_hash_unless_the_password_changed(any_database: Database):
    """A rehash after sign-in must not undo a change made in another window meanwhile."""
    with any_database.transaction() as connection:
        store.set_password(connection, "m1", "weak", NOW)
        assert store.renew_hash(connection, "m1", "weak", "strong")
        assert not store.renew_hash(connection, "m1", "weak", "late")
        assert store.password_hash(connection, "m1") == "strong"


def test_lets_simultaneous_changes_all_succeed(any_database: Database):
    """Eight first passwords at once: one stays, none fails on the primary key."""
    failed: list[Exception] = []
    barrier = threading.Barrier(8)

    def change(number: int) -> None:
        barrier.wait()
        try:
            with any_database.transaction() as connection:
                store.set_password(connection, "m1", f"hash-{number}", NOW)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            failed.append(error)

    racers = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert failed == []
    with any_database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(passwords)).scalar() == 1
