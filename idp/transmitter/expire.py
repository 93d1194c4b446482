"""Giving up what no longer means anything: only where it was tried in vain or may not be sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, literal_column, true, update

from idp.signals.catalogue import Channel, EventType, Priority
from idp.signals.models import outbox
from idp.signals.states import EXPIRED
from idp.storage.database import Database
from idp.transmitter.destinations import Lane
from idp.transmitter.lane_memory import all_memories, held_memory

_LOGOUT, _SESSION_REVOKED = timedelta(hours=24), timedelta(days=7)
_LIFETIMES = {EventType.BACKCHANNEL_LOGOUT: _LOGOUT, EventType.SESSION_REVOKED: _SESSION_REVOKED}


def lifetime(channel: Channel, event_type: str) -> timedelta | None:
    """How long after its cause a message means something; None: for ever. A session at a relying party is long over
    after that; who withdrew stays withdrawn."""
    if channel is Channel.LOGOUT:
        return _LOGOUT
    return _SESSION_REVOKED if event_type == EventType.SESSION_REVOKED else None


def expire(connection: Connection, lane: Lane, now: datetime) -> int:
    """Give up what an endpoint, down for days, would now get in vain; how many. Call while holding the lane.

    Not where deliveries work: there a clock that jumped ahead must give up nothing.
    """
    expired = 0
    for event_type, lasts in _LIFETIMES.items():
        if (event_type is EventType.BACKCHANNEL_LOGOUT) != (lane.channel is Channel.LOGOUT):
            continue
        # Sessions' messages are urgent ones: the index leads to them past everything else that waits.
        urgent = true() if lane.channel is Channel.LOGOUT else outbox.c.priority == Priority.SECURITY
        expired += connection.execute(
            update(outbox)
            .where(
                urgent,
                outbox.c.relying_party_id == lane.relying_party_id,
                outbox.c.channel == lane.channel.value,
                outbox.c.event_type == event_type.value,
                outbox.c.state == literal_column("'pending'"),
                outbox.c.lease_token.is_(None),
                outbox.c.occurred_at < now - lasts,
            )
            .values(state=EXPIRED, settled_at=now, outcome=EXPIRED)
        ).rowcount
    return expired


def expire_where_held(database: Database, now: datetime) -> int:
    """The same for lanes that are held, which no delivery brings here; how many."""
    with database.reading() as connection:
        held = [lane for lane, memory in all_memories(connection).items() if memory.held]
    expired = 0
    for lane in held:
        with database.transaction() as connection:
            if held_memory(connection, lane).held:
                expired += expire(connection, lane, now)
    return expired
