"""What still waits for clients that ended themselves, and that nobody will ever take."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import literal_column, select

from idp.agencies.models import relying_parties
from idp.clock import Clock
from idp.signals.catalogue import Channel
from idp.signals.models import outbox
from idp.storage.database import Database
from idp.transmitter.destinations import Lane
from idp.transmitter.hold import drop_pending


@dataclass(frozen=True, slots=True)
class DropEnded:
    """Empties their lanes now and then: a server that has not heard of the end yet may have queued something."""

    database: Database
    clock: Clock

    def __call__(self) -> int:
        """Empty every such lane; of how many messages."""
        with self.database.reading() as connection:
            found = connection.execute(
                select(outbox.c.relying_party_id, outbox.c.channel)
                .join(relying_parties, relying_parties.c.id == outbox.c.relying_party_id)
                .where(outbox.c.state == literal_column("'pending'"), relying_parties.c.ended_at.is_not(None))
                .distinct()
            ).all()
        return sum(self._of(Lane(party_id, Channel(channel))) for party_id, channel in found)

    def _of(self, lane: Lane) -> int:
        dropped = 0
        while True:
            with self.database.transaction() as connection:
                count = drop_pending(connection, lane, self.clock.now())
            dropped += count
            if not count:
                return dropped
