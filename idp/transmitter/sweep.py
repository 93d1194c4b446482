"""Deleting what was settled long ago and the record of its attempts, in pieces."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Table, delete, select

from idp.signals.models import delivery_attempts, outbox
from idp.signals.states import PENDING, REFUSED
from idp.storage.database import Database

SWEPT_AT_ONCE = 1000
"""Rows that are looked at, and at most deleted, at once."""
_TRANSACTIONS = 100
_KEPT = (PENDING, REFUSED)


def sweep_settled(database: Database, before: datetime) -> int:
    """Delete messages that were settled, and attempts that were made, before `before`; how many. What waits and what a
    person has yet to look at stays, however old.

    Raises:
        StoreUnavailable: the database did not answer; what was deleted stays so.
    """
    return _sweep(database, outbox, before) + _sweep(database, delivery_attempts, before)


def _sweep(database: Database, table: Table, before: datetime) -> int:
    swept, after, left = 0, 0, _TRANSACTIONS
    while left:
        with database.reading() as connection:
            last, old = _oldest(connection, table, after, before)
        if old:
            # Only these count: were looking limited too, nothing would be found behind many that are kept for good.
            left -= 1
            with database.transaction() as connection:
                swept += connection.execute(delete(table).where(table.c.seq.in_(old))).rowcount
        if last is None:
            break
        after = last
    return swept


def _oldest(connection: Connection, table: Table, after: int, before: datetime) -> tuple[int | None, list[int]]:
    """How far was looked, None where there is no more to find, and which rows there are to go. They lie in the order in
    which they were written, so the first that was written after `before` ends the search and no index is needed."""
    if table is outbox:
        query = select(outbox.c.seq, outbox.c.occurred_at, outbox.c.settled_at, outbox.c.state)
    else:
        query = select(table.c.seq, table.c.at, table.c.at.label("settled_at"), table.c.outcome)
    rows = connection.execute(query.where(table.c.seq > after).order_by(table.c.seq).limit(SWEPT_AT_ONCE)).all()
    old = [
        row.seq
        for row in rows
        if row.settled_at is not None and row.settled_at < before and not (table is outbox and row.state in _KEPT)
    ]
    ended = len(rows) < SWEPT_AT_ONCE or rows[-1][1] >= before
    return (None if ended else rows[-1].seq), old
