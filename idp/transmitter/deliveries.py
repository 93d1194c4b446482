"""What an operator or an agency may see of deliveries: lanes, messages and attempts, nothing that is said in them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, func, literal_column, select

from idp.signals.catalogue import Channel
from idp.signals.models import WAITS_SINCE, delivery_attempts, outbox
from idp.signals.states import PENDING, REFUSED
from idp.transmitter.destinations import Lane
from idp.transmitter.lane_memory import all_memories
from idp.transmitter.schedule import LaneMemory


@dataclass(frozen=True, slots=True)
class LaneView:
    """One lane: how much waits, since when, and how its endpoint is doing."""

    lane: Lane
    pending: int
    oldest: datetime | None
    dead_letters: int
    memory: LaneMemory


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message, without its subject and what it says."""

    seq: int
    jti: str
    channel: str
    event_type: str
    link_id: str | None
    link_version: int | None
    state: str
    occurred_at: datetime
    due_at: datetime
    settled_at: datetime | None
    sends: int
    attempts: int
    outcome: str | None
    replaces: str | None


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One sending of one message."""

    number: int
    at: datetime
    outcome: str
    status: int | None
    milliseconds: int | None
    kid: str | None
    message_sha256: str | None
    peer: str | None
    detail: str | None


def lanes(connection: Connection) -> list[LaneView]:
    """Every lane that was ever used or in which something waits; reads every pending row, so ask seldom."""
    memories = all_memories(connection)
    pending, dead = _by_lane(connection, PENDING), _by_lane(connection, REFUSED)
    found = []
    for lane in sorted(memories.keys() | pending.keys() | dead.keys()):
        waiting, oldest = pending.get(lane, (0, None))
        letters, _ = dead.get(lane, (0, None))
        found.append(LaneView(lane, waiting, oldest, letters, memories.get(lane, LaneMemory())))
    return found


def messages(
    connection: Connection, relying_party_id: str, states: Collection[str], *, after: int = 0, limit: int
) -> list[MessageView]:
    """Up to `limit` messages of a relying party in `states`, oldest first; the next page is that `after` the last
    `seq`."""
    query = (
        select(*(outbox.c[each.name] for each in fields(MessageView)))
        .where(outbox.c.relying_party_id == relying_party_id, outbox.c.state.in_(states), outbox.c.seq > after)
        .order_by(outbox.c.seq)
        .limit(limit)
    )
    return [MessageView(**row) for row in connection.execute(query).mappings()]


def attempts(connection: Connection, jti: str, *, limit: int = 200) -> list[AttemptView]:
    """The last `limit` attempts of one message, in their order."""
    query = (
        select(*(delivery_attempts.c[each.name] for each in fields(AttemptView)))
        .where(delivery_attempts.c.jti == jti)
        .order_by(delivery_attempts.c.seq.desc())
        .limit(limit)
    )
    return [AttemptView(**row) for row in connection.execute(query).mappings()][::-1]


def _by_lane(connection: Connection, state: str) -> dict[Lane, tuple[int, datetime]]:
    query = (
        select(outbox.c.relying_party_id, outbox.c.channel, func.count(), func.min(WAITS_SINCE))
        # Written out and not bound: a database uses a partial index only when it sees that the condition is its own.
        .where(outbox.c.state == literal_column(f"'{state}'"), outbox.c.channel.in_(list(Channel)))
        .group_by(outbox.c.relying_party_id, outbox.c.channel)
    )
    return {Lane(row[0], Channel(row[1])): (row[2], row[3]) for row in connection.execute(query)}
