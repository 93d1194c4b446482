"""Every query on the queue. Nothing here opens a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, insert, literal_column, or_, select, update

from idp.mail.models import outgoing_messages
from idp.mail.recipients import Channel
from idp.storage.prepared import Prepared

PENDING = "pending"
SENT = "sent"
FAILED = "failed"
EXPIRED = "expired"
"""The outcome of a message that was no longer worth sending."""

# Written out and not bound: a database uses a partial index only when it can see that the condition is the index's own.
_PENDING: ColumnElement[str] = literal_column("'pending'")
_row = outgoing_messages
_WAITS = _row.c.state == _PENDING
_FORGET = Prepared(delete(_row).where(_row.c.member_id == bindparam("whose"), _WAITS))
_LET_GO: Mapping[str, Any] = {"lease_token": None, "leased_until": None}
# Whatever ends a message destroys what it said in the same statement: a settled row holds no personal data.
_DESTROYED: Mapping[str, Any] = {"sealed": None, **_LET_GO}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send until its lease ends."""

    id: str
    channel: Channel
    letter: str
    language: str
    sealed: bytes = field(repr=False)
    attempts: int
    made_at: datetime
    expires_at: datetime | None
    lease_token: str


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Queue one message."""
    connection.execute(insert(_row).values(state=PENDING, attempts=0, **values))


def forget(connection: Connection, member_id: str) -> int:
    """Delete what waits for this member, also while somebody is sending it; how many."""
    return _FORGET.run(connection, {"whose": member_id})


def has_work(connection: Connection, channel: Channel, letters: Iterable[str], now: datetime) -> bool:
    """Whether a claim would find something; looks without locking."""
    return connection.execute(_due(channel, letters, now).with_only_columns(_row.c.id).limit(1)).first() is not None


def claim(
    connection: Connection,
    channel: Channel,
    letters: Iterable[str],
    *,
    now: datetime,
    limit: int,
    lease: timedelta,
    token: str,
) -> list[Claimed]:
    """Up to `limit` messages that are due, leased to `token`; those that expired meanwhile are given up instead.

    What is waited for at a screen goes before news, so that news piled up behind a dead server holds up no code.
    """
    query = _due(channel, letters, now).order_by(_row.c.expires_at.is_(None), _row.c.due_at).limit(limit)
    rows = connection.execute(query.with_for_update(skip_locked=True)).mappings().fetchall()
    expired = [row["id"] for row in rows if row["expires_at"] is not None and row["expires_at"] <= now]
    if expired:
        connection.execute(
            update(_row)
            .where(_row.c.id.in_(expired))
            .values(state=FAILED, outcome=EXPIRED, settled_at=now, **_DESTROYED)
        )
    ours = [row for row in rows if row["id"] not in expired]
    if ours:
        connection.execute(
            update(_row)
            .where(_row.c.id.in_([row["id"] for row in ours]))
            .values(lease_token=token, leased_until=now + lease)
        )
    return [
        Claimed(
            id=row["id"],
            channel=channel,
            letter=row["letter"],
            language=row["language"],
            sealed=row["sealed"],
            attempts=row["attempts"],
            made_at=row["made_at"],
            expires_at=row["expires_at"],
            lease_token=token,
        )
        for row in ours
    ]


def sent(connection: Connection, message: Claimed, outcome: str, now: datetime) -> None:
    """It is on its way. Holds whoever has the lease by now: sending it once more would be worse."""
    connection.execute(
        update(_row)
        .where(_row.c.id == message.id, _WAITS)
        .values(state=SENT, outcome=outcome, settled_at=now, attempts=_row.c.attempts + 1, **_DESTROYED)
    )


def failed(connection: Connection, message: Claimed, outcome: str, now: datetime) -> None:
    """It is given up, if it is still ours to give up."""
    connection.execute(
        _ours(message).values(state=FAILED, outcome=outcome, settled_at=now, attempts=_row.c.attempts + 1, **_DESTROYED)
    )


def put_off(connection: Connection, message: Claimed, outcome: str, due_at: datetime) -> None:
    """It is to be tried again at `due_at`, if it is still ours."""
    connection.execute(_ours(message).values(outcome=outcome, due_at=due_at, attempts=_row.c.attempts + 1, **_LET_GO))


def discard_settled(connection: Connection, before: datetime) -> int:
    """Delete rows that were settled before then; how many."""
    return connection.execute(delete(_row).where(_row.c.settled_at < before)).rowcount


def _ours(message: Claimed) -> Any:
    return update(_row).where(_row.c.id == message.id, _row.c.lease_token == message.lease_token, _WAITS)


def _due(channel: Channel, letters: Iterable[str], now: datetime) -> Select[Any]:
    return select(_row).where(
        _row.c.channel == channel.value,
        _WAITS,
        # What was never tried is due, by whatever clock wrote its time: a server's may run ahead of the worker's.
        or_(_row.c.due_at <= now, _row.c.attempts == 0),
        or_(_row.c.leased_until.is_(None), _row.c.leased_until <= now),
        _row.c.letter.in_(sorted(letters)),
    )
