"""Holding a lane: nothing is sent and everything is kept, until it is resumed. And letting go of what a disabled stream
must not keep."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import structlog
from sqlalchemy import Connection, literal_column, or_, select, update

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.signals.models import outbox
from idp.signals.states import DROPPED
from idp.transmitter.destinations import Lane
from idp.transmitter.lane_memory import held_memory, remember
from idp.transmitter.schedule import LaneMemory, held, resumed

_log = structlog.get_logger()
DROPPED_AT_ONCE = 1000
"""Rows that one call of `drop_pending` settles: a transaction of moments, however much has gathered."""


class Because(StrEnum):
    """Why a lane is held."""

    GONE = "gone"
    """Its endpoint answered 410: whoever runs it took it away on purpose (RFC 9110 §15.5.11)."""
    MISCONFIGURED = "misconfigured"
    """It said of three events that keys, names or rights do not fit; so it would say of all (RFC 8935 §2.4)."""
    RECEIVER = "receiver"
    """Its receiver paused the stream. SSF 1.0 §8.1.2.1."""
    OPERATOR = "operator"


def hold(connection: Connection, lane: Lane, because: Because, at: datetime, *, actor: str = "system") -> bool:
    """Send nothing more of `lane`, whatever is under way excepted; whether this changed anything.

    A lane that is held already stays held for its first reason, so that who holds it is who lets it go; an operator's
    word goes before every other.
    """
    memory = held_memory(connection, lane)
    if memory.held and (because is not Because.OPERATOR or memory.held_because == because):
        return False
    remember(connection, lane, held(memory, because, at))
    _record(connection, lane, Action.EVENTS_HELD, because, at, actor)
    return True


def held_by_worker(
    connection: Connection, lane: Lane, memory: LaneMemory, because: Because, at: datetime
) -> LaneMemory:
    """The memory of a lane that its own deliveries show to be useless now. The caller holds the lane and remembers."""
    _log.error("events.lane_held", relying_party=lane.relying_party_id, channel=lane.channel, because=because)
    _record(connection, lane, Action.EVENTS_HELD, because, at, "system")
    return held(memory, because, at)


def resume(
    connection: Connection, lane: Lane, at: datetime, *, only: Because | None = None, actor: str = "system"
) -> bool:
    """Send again, one message at first; whether this changed anything. `only`: if that is why it is held."""
    memory = held_memory(connection, lane)
    if not memory.held or (only is not None and memory.held_because != only):
        return False
    because = memory.held_because
    remember(connection, lane, resumed(memory, at))
    _record(connection, lane, Action.EVENTS_RESUMED, because, at, actor)
    return True


def drop_pending(connection: Connection, lane: Lane, at: datetime, *, limit: int = DROPPED_AT_ONCE) -> int:
    """Settle up to `limit` waiting messages of `lane` unsent; how many. Call, a transaction each, until there are none.

    For a stream that its receiver disabled: SSF 1.0 §8.1.2.1 forbids to keep its events. What is under way is left to
    its worker.
    """
    held_memory(connection, lane)
    waiting = (
        select(outbox.c.seq)
        .where(
            outbox.c.relying_party_id == lane.relying_party_id,
            outbox.c.channel == lane.channel.value,
            outbox.c.state == literal_column("'pending'"),
            or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= at),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    # Read first: PostgreSQL may run a subquery that locks once for each row, and find others each time.
    seqs = connection.execute(waiting).scalars().all()
    if seqs:
        connection.execute(
            update(outbox)
            .where(outbox.c.seq.in_(seqs))
            .values(state=DROPPED, settled_at=at, outcome=DROPPED, lease_token=None, leased_until=None)
        )
        detail = {"channel": lane.channel.value, "count": len(seqs)}
        record(
            connection,
            Record(at, Action.EVENTS_DROPPED, "system", relying_party_id=lane.relying_party_id, detail=detail),
        )
    return len(seqs)


def _record(connection: Connection, lane: Lane, action: Action, because: str | None, at: datetime, actor: str) -> None:
    detail = {"channel": lane.channel.value, "because": because}
    record(connection, Record(at, action, actor, relying_party_id=lane.relying_party_id, detail=detail))
