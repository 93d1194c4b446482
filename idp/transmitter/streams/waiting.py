"""What becomes of messages that wait for a stream when its status changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, literal_column, select, update

from idp.agencies.catalogue import Catalogue
from idp.agencies.event_streams import StreamStatus
from idp.clock import Clock
from idp.signals.catalogue import Channel
from idp.signals.models import delivery_lanes, outbox
from idp.storage.database import Database
from idp.transmitter.destinations import Lane
from idp.transmitter.hold import Because, drop_pending, hold, resume
from idp.transmitter.streams.held_party import held_party

_MENDED_BY_ITS_RECEIVER = (Because.RECEIVER, Because.GONE, Because.MISCONFIGURED)


def keep_waiting(connection: Connection, relying_party_id: str, at: datetime) -> None:
    """Send nothing more to the receiver, who wants it so, and keep everything."""
    hold(connection, _lane(relying_party_id), Because.RECEIVER, at, actor=relying_party_id)


def send_again(connection: Connection, relying_party_id: str, at: datetime) -> None:
    """Send again: its receiver, who stopped it or whose endpoint did, says that it is ready. What an operator stopped
    is the operator's to start."""
    for because in _MENDED_BY_ITS_RECEIVER:
        resume(connection, _lane(relying_party_id), at, only=because, actor=relying_party_id)


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
    """Empties streams that are disabled: at once when one becomes so, and now and then, since a server that has not
    heard of it yet may have queued something."""

    database: Database
    clock: Clock
    catalogue: Catalogue

    def __call__(self) -> int:
        """Empty every disabled stream; of how many messages."""
        parties = self.catalogue.snapshot().relying_parties.values()
        disabled = [party.id for party in parties if party.events and party.events.status is StreamStatus.DISABLED]
        return sum(self.of(relying_party_id) for relying_party_id in disabled)

    def of(self, relying_party_id: str) -> int:
        """Empty one, for as long as it is disabled: asked each time, with its relying party held, so that nothing is
        lost that was queued after it was enabled again."""
        dropped = 0
        while True:
            with self.database.transaction() as connection:
                party, _ = held_party(connection, relying_party_id)
                if party.events is None or party.events.status is not StreamStatus.DISABLED:
                    return dropped
                count = drop_pending(connection, _lane(relying_party_id), self.clock.now())
            if not count:
                return dropped
            dropped += count


def _lane(relying_party_id: str) -> Lane:
    return Lane(relying_party_id, Channel.EVENT)
