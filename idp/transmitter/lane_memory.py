"""Reading and writing what is remembered of a lane; holding the lane while rows are claimed and settled."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from idp.signals.catalogue import Channel
from idp.signals.models import delivery_lanes
from idp.transmitter.destinations import Lane
from idp.transmitter.schedule import LaneMemory

_table = delivery_lanes.c


def held_memory(connection: Connection, lane: Lane) -> LaneMemory:
    """The memory of `lane`, and the lane held until the transaction ends.

    Two workers that claim from one lane at once could each take a message of the same subject; they take turns here.
    On SQLite the transaction itself holds everything.
    """
    query = _one(lane).with_for_update()
    row = connection.execute(query).mappings().first()
    if row is None:
        insert = insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql
        new = insert(delivery_lanes).values(relying_party_id=lane.relying_party_id, channel=lane.channel.value)
        connection.execute(new.on_conflict_do_nothing())
        row = connection.execute(query).mappings().one()
    return _memory(row)


def all_memories(connection: Connection) -> dict[Lane, LaneMemory]:
    """What is remembered of every lane that was ever used."""
    rows = connection.execute(select(delivery_lanes)).mappings()
    return {Lane(row["relying_party_id"], Channel(row["channel"])): _memory(row) for row in rows}


def remember(connection: Connection, lane: Lane, memory: LaneMemory) -> None:
    """Write the memory of `lane`; call while holding it."""
    connection.execute(
        update(delivery_lanes)
        .where(_table.relying_party_id == lane.relying_party_id, _table.channel == lane.channel.value)
        .values(
            consecutive_failures=memory.consecutive_failures,
            retry_at=memory.retry_at,
            last_success_at=memory.last_success_at,
            last_failure_at=memory.last_failure_at,
            last_failure=memory.last_failure,
        )
    )


def _one(lane: Lane) -> Select[Any]:
    return select(delivery_lanes).where(
        _table.relying_party_id == lane.relying_party_id, _table.channel == lane.channel.value
    )


def _memory(row: RowMapping) -> LaneMemory:
    return LaneMemory(
        consecutive_failures=row["consecutive_failures"],
        retry_at=row["retry_at"],
        last_success_at=row["last_success_at"],
        last_failure_at=row["last_failure_at"],
        last_failure=row["last_failure"],
    )
