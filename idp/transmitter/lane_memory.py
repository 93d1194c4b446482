"""Reading and writing what is remembered of a lane; holding the lane while rows are claimed and settled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from idp.signals.catalogue import Channel
from idp.signals.models import delivery_lanes
from idp.transmitter.destinations import Lane
from idp.transmitter.pace import returned
from idp.transmitter.schedule import LaneMemory, Lease

_table = delivery_lanes.c
_AS_THEY_ARE = (
    "consecutive_failures",
    "retry_at",
    "last_success_at",
    "last_failure_at",
    "last_failure",
    "held_since",
    "held_because",
    "window_since",
    "window_requests",
    "window_failures",
    "width",
    "clean_since",
    "fault_code",
    "next_slot_at",
)


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
    channels = frozenset(channel.value for channel in Channel)
    return {
        Lane(row["relying_party_id"], Channel(row["channel"])): _memory(row)
        for row in rows
        if row["channel"] in channels
    }


def remember(connection: Connection, lane: Lane, memory: LaneMemory) -> None:
    """Write the memory of `lane`; call while holding it."""
    values: dict[str, Any] = {name: getattr(memory, name) for name in _AS_THEY_ARE}
    leases = {lease.token: [lease.rows, lease.until.timestamp()] for lease in memory.leases}
    connection.execute(
        update(delivery_lanes)
        .where(_table.relying_party_id == lane.relying_party_id, _table.channel == lane.channel.value)
        .values(fault_jtis=list(memory.fault_jtis) or None, leases=leases or None, **values)
    )


def mend_shares(connection: Connection, channels: Collection[Channel], now: datetime, longest_lease: timedelta) -> int:
    """Forget leases that a clock which ran ahead has written to lanes of `channels`; of how many lanes. One of next
    year would count against the lane's share until then."""
    latest = now + 2 * longest_lease
    ahead = sorted(
        lane
        for lane, memory in all_memories(connection).items()
        if lane.channel in channels and any(lease.until > latest for lease in memory.leases)
    )
    for lane in ahead:
        remember(connection, lane, returned(held_memory(connection, lane), (), now, longest_lease))
    return len(ahead)


def _one(lane: Lane) -> Select[Any]:
    return select(delivery_lanes).where(
        _table.relying_party_id == lane.relying_party_id, _table.channel == lane.channel.value
    )


def _memory(row: RowMapping) -> LaneMemory:
    return LaneMemory(
        fault_jtis=tuple(row["fault_jtis"] or ()),
        leases=_leases(row["leases"] or {}),
        **{name: row[name] for name in _AS_THEY_ARE},
    )


def _leases(kept: Mapping[str, tuple[int, float]]) -> tuple[Lease, ...]:
    return tuple(Lease(token, rows, datetime.fromtimestamp(until, UTC)) for token, (rows, until) in kept.items())
