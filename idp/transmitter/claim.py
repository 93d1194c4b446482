"""Taking rows to send: in a short transaction, with a lease that ends by itself and a token that proves whose it is.

Of one subject only the earliest unsettled message can be claimed, and nothing while that one is leased: messages about
one member reach one relying party in the order in which things happened. Other subjects pass a stuck one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from idp.signals.catalogue import Channel, Priority
from idp.signals.coalesce import SUPERSEDABLE, settle_overtaken
from idp.signals.models import delivery_lanes, outbox
from idp.transmitter.destinations import Lane
from idp.transmitter.lane_memory import mend_shares
from idp.transmitter.schedule import LONGEST_LANE_WAIT, LONGEST_ROW_WAIT

# Written out and not bound: a database uses a partial index only when it can see that the condition is the index's own.
_PENDING: ColumnElement[str] = literal_column("'pending'")
_CHANNELS = frozenset(channel.value for channel in Channel)
_row = outbox.alias("candidate")
_earlier = outbox.alias("earlier")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row of the outbox that is ours to send until its lease ends."""

    seq: int
    jti: str
    txn: str
    relying_party_id: str
    channel: Channel
    event_type: str
    subject: str
    payload: Mapping[str, Any]
    occurred_at: datetime
    sends: int
    attempts: int
    lease_token: str
    sub_id: Mapping[str, Any] | None = None
    link_id: str | None = None
    priority: int = Priority.LINK
    replaces: str | None = None
    """The message that this one was made anew from."""


def _free(now: datetime) -> Any:
    return or_(_row.c.leased_until.is_(None), _row.c.leased_until <= now)


def _claimable(lane: Lane, now: datetime) -> Select[Any]:
    # Asked as "which is the first" and not as "is there none before": the latter becomes a join, and a planner whose
    # statistics are from when the outbox was empty then reads the whole lane once for every row (0.5 s a claim).
    first_of_its_subject = (
        select(_earlier.c.seq)
        .where(
            _earlier.c.relying_party_id == lane.relying_party_id,
            _earlier.c.channel == lane.channel.value,
            _earlier.c.subject == _row.c.subject,
            _earlier.c.state == _PENDING,
        )
        .order_by(_earlier.c.seq)
        .limit(1)
        .scalar_subquery()
    )
    # What is urgent first, then by due time: what failed has stepped back behind everything that waits, so one message
    # that its receiver cannot digest never stands in front of the others for good.
    return (
        select(_row)
        .where(
            _row.c.relying_party_id == lane.relying_party_id,
            _row.c.channel == lane.channel.value,
            _row.c.state == _PENDING,
            _row.c.due_at <= now,
            _free(now),
            _row.c.seq == first_of_its_subject,
        )
        .order_by(_row.c.priority, _row.c.due_at, _row.c.seq)
    )


def claim(
    connection: Connection, lane: Lane, *, now: datetime, limit: int, lease: timedelta, token: str
) -> list[Claimed]:
    """Up to `limit` rows of `lane`, leased to `token`.

    Call in a transaction that holds the lane (`held_memory`), for as many as its `pace` has room for.
    """
    if limit < 1:
        return []
    query = _claimable(lane, now).limit(limit).with_for_update(of=_row, skip_locked=True)
    rows = connection.execute(query).mappings().fetchall()
    if rows:
        connection.execute(
            update(outbox)
            .where(outbox.c.seq.in_([row["seq"] for row in rows]))
            .values(lease_token=token, leased_until=now + lease)
        )
    return [_claimed(row, token) for row in rows]


def take_named(
    connection: Connection, lane: Lane, jtis: Iterable[str], *, until: datetime, token: str
) -> list[Claimed]:
    """The waiting rows of `lane` that have these names, leased to `token`, whoever had them.

    For a receiver's own word about messages it has: it is true, however long ago they were handed out. Call in a
    transaction that holds the lane.
    """
    named = (
        update(outbox)
        .where(
            outbox.c.jti.in_(sorted(jtis)),
            outbox.c.relying_party_id == lane.relying_party_id,
            outbox.c.channel == lane.channel.value,
            outbox.c.state == _PENDING,
        )
        .values(lease_token=token, leased_until=until)
        .returning(outbox)
    )
    return [_claimed(row, token) for row in connection.execute(named).mappings()]


def _claimed(row: RowMapping, token: str) -> Claimed:
    return Claimed(
        seq=row["seq"],
        jti=row["jti"],
        txn=row["txn"],
        relying_party_id=row["relying_party_id"],
        channel=Channel(row["channel"]),
        event_type=row["event_type"],
        subject=row["subject"],
        payload=row["payload"],
        occurred_at=row["occurred_at"],
        sends=row["sends"],
        attempts=row["attempts"],
        lease_token=token,
        sub_id=row["sub_id"],
        link_id=row["link_id"],
        priority=row["priority"],
        replaces=row["replaces"],
    )


def release(connection: Connection, rows: Sequence[Claimed], now: datetime) -> None:
    """Give back what was claimed and not sent, if it is still ours; what was superseded meanwhile is settled."""
    if rows:
        connection.execute(
            update(outbox)
            .where(
                outbox.c.seq == bindparam("of"), outbox.c.lease_token == bindparam("token"), outbox.c.state == _PENDING
            )
            .values(lease_token=None, leased_until=None),
            [{"of": row.seq, "token": row.lease_token} for row in rows],
        )
        settle_overtaken(connection, [row.seq for row in rows if row.event_type in SUPERSEDABLE], now)


def pending_lanes(connection: Connection) -> list[Lane]:
    """Every lane in which something waits; one step of an index per lane, however long they are."""
    found: list[Lane] = []
    query = (
        select(outbox.c.relying_party_id, outbox.c.channel)
        .where(outbox.c.state == _PENDING)
        .order_by(outbox.c.relying_party_id, outbox.c.channel)
        .limit(1)
    )
    row = connection.execute(query).first()
    while row is not None:
        # A channel that only a newer release knows is that release's to serve.
        if row[1] in _CHANNELS:
            found.append(Lane(row[0], Channel(row[1])))
        after = tuple_(outbox.c.relying_party_id, outbox.c.channel) > tuple_(row[0], row[1])
        row = connection.execute(query.where(after)).first()
    return found


def has_work(connection: Connection, lane: Lane, now: datetime) -> bool:
    """Whether a claim on `lane` would find something; looks without locking."""
    return connection.execute(_claimable(lane, now).with_only_columns(_row.c.seq).limit(1)).first() is not None


def has_more(connection: Connection, lane: Lane, now: datetime) -> bool:
    """Whether anything else of `lane` is due, be it behind what is leased."""
    waiting = select(_row.c.seq).where(
        _row.c.relying_party_id == lane.relying_party_id,
        _row.c.channel == lane.channel.value,
        _row.c.state == _PENDING,
        _row.c.due_at <= now,
        _free(now),
    )
    return connection.execute(waiting.limit(1)).first() is not None


def mend_times(connection: Connection, now: datetime, longest_lease: timedelta) -> int:
    """Undo what a clock that ran ahead has written; how many rows and lanes that freed.

    A time further ahead than any step of ours can set, or a message due that was never sent, comes from a clock that
    has since been put right. Without this such a row would wait until the clock is wrong again.
    """
    waits = outbox.c.state == _PENDING
    # What is made anew at a rate is due one after another from the start.
    in_turn = and_(outbox.c.replaces.is_not(None), outbox.c.sends == 0)
    never_sent = and_(outbox.c.sends == 0, outbox.c.due_at > now)
    too_far = outbox.c.due_at > now + LONGEST_ROW_WAIT
    ahead = and_(~in_turn, or_(never_sent, too_far))
    mended = connection.execute(update(outbox).where(waits, ahead).values(due_at=now)).rowcount
    # Twice, for leases that others take while we look, by clocks not quite ours: freed, they would be sent twice.
    too_long = outbox.c.leased_until > now + 2 * longest_lease
    mended += connection.execute(
        update(outbox).where(waits, too_long).values(lease_token=None, leased_until=None)
    ).rowcount
    resting = delivery_lanes.c.retry_at > now + LONGEST_LANE_WAIT
    mended += connection.execute(update(delivery_lanes).where(resting).values(retry_at=now)).rowcount
    return mended + mend_shares(connection, (Channel.EVENT, Channel.LOGOUT), now, longest_lease)
