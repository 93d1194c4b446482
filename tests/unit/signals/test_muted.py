"""Subjects that receivers took out of their streams."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from idp.randomness import SystemRandomness
from idp.signals import muted
from idp.signals.catalogue import EventType
from idp.signals.event_types import OPTIONAL, REQUESTABLE
from idp.signals.models import outbox
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def queued(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as connection:
        query = select(outbox.c.relying_party_id, outbox.c.subject, outbox.c.event_type).order_by(outbox.c.seq)
        return [tuple(row) for row in connection.execute(query)]


def telling(database: Database, *notices: tuple[str, str, EventType]) -> int:
    with database.transaction() as connection:
        made = [Notice(party, event_type, subject, {}, NOW) for party, subject, event_type in notices]
        return tell(connection, SystemRandomness(), made)


def test_leaves_out_what_is_muted_and_nothing_else(any_database: Database) -> None:
    """SSF 1.0 §8.1.3.3: of that subject, in that stream."""
    with any_database.transaction() as connection:
        assert muted.mute(connection, "voucher", "a", NOW)
        assert not muted.mute(connection, "voucher", "a", NOW)
    revoked = EventType.SESSION_REVOKED
    assert telling(any_database, ("voucher", "a", revoked), ("voucher", "b", revoked), ("kamp", "a", revoked)) == 2
    assert queued(any_database) == [("voucher", "b", "session-revoked"), ("kamp", "a", "session-revoked")]
    with any_database.transaction() as connection:
        assert muted.unmute(connection, "voucher", "a")
        assert not muted.unmute(connection, "voucher", "a")
    assert telling(any_database, ("voucher", "a", revoked)) == 1


def test_never_leaves_out_that_a_link_or_an_account_ended(any_database: Database) -> None:
    """SSF 1.0 §9.3, malicious subject removal."""
    with any_database.transaction() as connection:
        muted.mute(connection, "voucher", "a", NOW)
    assert telling(any_database, *(("voucher", "a", each) for each in REQUESTABLE)) == 2
    assert {event_type for _, _, event_type in queued(any_database)} == {"account-link-changed", "account-purged"}
    assert frozenset(REQUESTABLE) - OPTIONAL == {EventType.ACCOUNT_LINK_CHANGED, EventType.ACCOUNT_PURGED}


def test_looks_at_any_number_of_subjects(any_database: Database) -> None:
    """Bulk work is told in one call; the question is asked in parts that every database takes."""
    pairs = [("voucher", f"s{number}") for number in range(1200)]
    with any_database.transaction() as connection:
        for party, subject in pairs[::100]:
            muted.mute(connection, party, subject, NOW)
        assert muted.among(connection, pairs) == frozenset(pairs[::100])
        muted.forget(connection, "voucher")
        assert muted.among(connection, pairs) == frozenset()
