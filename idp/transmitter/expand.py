"""Expanding fan-outs into messages, a piece a transaction, while the lanes keep up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, func, literal_column, select, update

from idp.clock import Clock
from idp.errors import IdpError, StoreUnavailable
from idp.randomness import Randomness
from idp.signals.catalogue import Priority
from idp.signals.fan_out import DONE, WAITING, Expander, FanOut
from idp.signals.models import fan_outs, outbox
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database
from idp.transmitter.claim import pending_lanes
from idp.transmitter.destinations import Lane
from idp.transmitter.lane_memory import all_memories

_log = structlog.get_logger()
_CHUNKS_AT_ONCE = 20
# Written out and not bound: a database uses a partial index only when it can see that the condition is the index's own.
_WAITING: ColumnElement[str] = literal_column(f"'{WAITING}'")
_PENDING: ColumnElement[str] = literal_column("'pending'")


@dataclass(frozen=True, slots=True)
class ExpandFanOuts:
    """Writes out what waits. Several workers may: each takes another fan-out, and none waits for another."""

    database: Database
    clock: Clock
    randomness: Randomness
    expanders: Mapping[str, Expander]
    """By cause. What only a newer release knows is left to it."""
    moves: Callable[[Lane], bool]
    chunk: int
    """Links a transaction."""
    backlog: int
    """Messages that wait in one lane beyond which nothing is added."""

    def __call__(self) -> int:
        """Write out chunks until nothing waits, the lanes have enough, or somebody else's chores must have a turn; how
        many.

        Raises:
            StoreUnavailable: the database did not answer; what was written out stays so.
        """
        for done in range(_CHUNKS_AT_ONCE):
            if self._lanes_have_enough() or not self._one_chunk():
                return done
        return _CHUNKS_AT_ONCE

    def _lanes_have_enough(self) -> bool:
        """Lanes that are held or fail, and those that do not move by our own doing, do not count: one agency that is
        down must not keep the others from hearing."""
        with self.database.reading() as connection:
            memories = all_memories(connection)
            for lane in pending_lanes(connection):
                memory = memories.get(lane)
                if memory is not None and (memory.held or memory.failing):
                    continue
                if _waiting(connection, lane, self.backlog) >= self.backlog and self.moves(lane):
                    return True
        return False

    def _one_chunk(self) -> bool:
        now = self.clock.now()
        with self.database.transaction() as connection:
            row = _next(connection, list(self.expanders))
            if row is None:
                return False
            fan_out = FanOut(
                row["id"],
                row["cause"],
                row["reason"],
                row["created_at"],
                row["agency_id"],
                row["detail"],
            )
            transactions = dict(row["transactions"])
            expand = self.expanders[fan_out.cause]
            try:
                with connection.begin_nested():
                    chunk = expand(connection, fan_out, row["cursor"], self.chunk)
                    told = tell(connection, self.randomness, map(_in_bulk, chunk.notices), transactions)
            except StoreUnavailable:
                raise
            except IdpError as error:
                # It goes to the end of the line: what is wrong with one must not keep the others.
                _log.error("events.fan_out_failed", fan_out=fan_out.id, cause=fan_out.cause, code=error.code)
                connection.execute(update(fan_outs).where(fan_outs.c.id == fan_out.id).values(touched_at=now))
                return False
            connection.execute(
                update(fan_outs)
                .where(fan_outs.c.id == fan_out.id)
                .values(
                    cursor=chunk.cursor,
                    state=WAITING if chunk.cursor is not None else DONE,
                    links=fan_outs.c.links + chunk.links,
                    notices=fan_outs.c.notices + told,
                    transactions=transactions,
                    touched_at=now,
                )
            )
        return True


def waiting_fan_outs(connection: Connection) -> int:
    """How many fan-outs are not yet written out."""
    return connection.execute(
        select(func.count()).select_from(fan_outs).where(fan_outs.c.state == _WAITING)
    ).scalar_one()


def _in_bulk(notice: Notice) -> Notice:
    """What ends a session stays urgent, however many sessions there are."""
    return notice if notice.urgency is Priority.SECURITY else replace(notice, priority=Priority.BULK)


def _next(connection: Connection, causes: list[str]) -> Any:
    query = (
        select(fan_outs)
        .where(fan_outs.c.state == _WAITING, fan_outs.c.cause.in_(causes))
        .order_by(fan_outs.c.touched_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return connection.execute(query).mappings().first()


def _waiting(connection: Connection, lane: Lane, limit: int) -> int:
    """Of whatever urgency: what ends a session counts too, and takes the link's change along."""
    some = (
        select(outbox.c.seq)
        .where(
            outbox.c.relying_party_id == lane.relying_party_id,
            outbox.c.channel == lane.channel.value,
            outbox.c.state == _PENDING,
        )
        .limit(limit)
        .subquery()
    )
    return connection.execute(select(func.count()).select_from(some)).scalar_one()
