"""What becomes of messages that wait for a stream when its status changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, literal_column, select, update

from idp.agencies import store
from idp.agencies.event_streams import DELETED, StreamStatus
from idp.audit.actor import agency_system
from idp.clock import Clock
from idp.signals.catalogue import Channel
from idp.signals.models import delivery_lanes, outbox
from idp.storage.database import Database
from idp.transmitter.destinations import Lane
from idp.transmitter.hold import Because, drop_pending, hold, resume
from idp.transmitter.streams.held_party import held_party

_BATCHES_AT_ONCE = 20
_MENDED_BY_ITS_RECEIVER = (Because.RECEIVER, Because.GONE, Because.MISCONFIGURED)


def keep_waiting(connection: Connection, relying_party_id: str, at: datetime) -> None:
    """Send nothing more to the receiver, who wants it so, and keep everything."""
    hold(connection, _lane(relying_party_id), Because.RECEIVER, at, actor=str(agency_system(relying_party_id)))


def send_again(connection: Connection, relying_party_id: str, at: datetime) -> None:
    """Send again: its receiver, who stopped it or whose endpoint did, says that it is ready. What an operator stopped
    is the operator's to start."""
    for because in _MENDED_BY_ITS_RECEIVER:
        resume(connection, _lane(relying_party_id), at, only=because, actor=str(agency_system(relying_party_id)))


def stopped_because(connection: Connection, relying_party_id: str) -> str | None:
    """Why nothing is sent to the receiver now, whoever saw to that; None where it is sent."""
    of = (delivery_lanes.c.relying_party_id == relying_party_id) & (delivery_lanes.c.channel == Channel.EVENT.value)
    because: str | None = connection.execute(select(delivery_lanes.c.held_because).where(of)).scalar()
    return because


def end_leases(connection: Connection, relying_party_id: str) -> None:
    """Take back what was handed out: of a stream that ends nothing is waited for, and whoever settles it later finds
    that it is theirs no more."""
    connection.execute(
        update(outbox)
        .where(
            outbox.c.relying_party_id == relying_party_id,
            outbox.c.channel == Channel.EVENT.value,
            outbox.c.state == literal_column("'pending'"),
            outbox.c.leased_until.is_not(None),
        )
        .values(lease_token=None, leased_until=None)
    )


@dataclass(frozen=True, slots=True)
class DropDisabled:
    """Empties streams that are disabled or deleted: when one becomes so, and now and then, since a server that has not
    heard of it yet may have queued something."""

    database: Database
    clock: Clock

    def __call__(self) -> int:
        """Empty every such stream; of how many messages."""
        with self.database.reading() as connection:
            stopped = store.streams_that_keep_nothing(connection)
        return sum(self.of(relying_party_id) for relying_party_id in stopped)

    def of(self, relying_party_id: str) -> int:
        """Empty one; of how many messages."""
        dropped = 0
        while count := self._batch(relying_party_id):
            dropped += count
        return dropped

    def some(self, relying_party_id: str) -> None:
        """The same as far as somebody can wait for it; the rest goes by itself."""
        for _ in range(_BATCHES_AT_ONCE):
            if not self._batch(relying_party_id):
                return

    def _batch(self, relying_party_id: str) -> int:
        """Asked each time, with its relying party held, whether it still is as it was, so that nothing is lost that was
        queued after it was enabled again or made anew."""
        with self.database.transaction() as connection:
            party, row = held_party(connection, relying_party_id)
            if party.events is None:
                keeps_nothing = row is not None and row["status"] == DELETED
            else:
                keeps_nothing = party.events.status is StreamStatus.DISABLED
            return drop_pending(connection, _lane(relying_party_id), self.clock.now()) if keeps_nothing else 0


def _lane(relying_party_id: str) -> Lane:
    return Lane(relying_party_id, Channel.EVENT)
