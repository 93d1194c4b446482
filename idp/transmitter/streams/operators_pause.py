"""An operator stops a stream and starts it again, and its receiver is told in the stream itself. SSF 1.0 §8.1.5."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select

from idp.agencies.event_streams import StreamStatus
from idp.clock import Clock
from idp.randomness import Randomness
from idp.signals.catalogue import Channel, EventType
from idp.signals.models import outbox
from idp.signals.outbox import tell
from idp.signals.states import PENDING
from idp.storage.database import Database
from idp.transmitter.destinations import Lane
from idp.transmitter.hold import Because, hold, resume
from idp.transmitter.streams.about_stream import about_stream
from idp.transmitter.streams.held_party import held_party
from idp.transmitter.streams.waiting import stopped_because

_NAP = timedelta(milliseconds=200)
_REASON = "the operator paused the stream"


@dataclass(frozen=True, slots=True)
class OperatorsPause:
    """Holds a lane and lets it go. A receiver whose stream is running hears of it before it stops, and afterwards."""

    database: Database
    clock: Clock
    randomness: Randomness
    actor: str
    patience: timedelta
    """How long a receiver may take to hear that its stream stops; one that does not answer hears it afterwards."""
    pause: Callable[[float], None]

    def stop(self, lane: Lane) -> bool:
        """Send nothing more; whether this changed anything.

        Raises:
            NoSuchStream: there is no such relying party.
        """
        with self.database.transaction() as connection:
            told = self._tell(connection, lane, StreamStatus.PAUSED) if self._runs(connection, lane) else False
        for _ in range(self.patience // _NAP if told else 0):
            if self._heard(lane):
                break
            self.pause(_NAP.total_seconds())
        with self.database.transaction() as connection:
            return hold(connection, lane, Because.OPERATOR, self.clock.now(), actor=self.actor)

    def start(self, lane: Lane) -> bool:
        """Send again, whoever stopped it; whether this changed anything.

        Raises:
            NoSuchStream: there is no such relying party.
        """
        with self.database.transaction() as connection:
            changed = resume(connection, lane, self.clock.now(), actor=self.actor)
            if changed and self._runs(connection, lane):
                self._tell(connection, lane, StreamStatus.ENABLED)
            return changed

    def _runs(self, connection: Connection, lane: Lane) -> bool:
        return lane.channel is Channel.EVENT and stopped_because(connection, lane.relying_party_id) is None

    def _tell(self, connection: Connection, lane: Lane, status: StreamStatus) -> bool:
        party, _ = held_party(connection, lane.relying_party_id)
        if party.events is None or party.events.status is not StreamStatus.ENABLED:
            return False
        said = {"status": status.value, **({"reason": _REASON} if status is StreamStatus.PAUSED else {})}
        now = self.clock.now()
        tell(
            connection,
            self.randomness,
            [about_stream(party.id, party.events.stream_id, EventType.STREAM_UPDATED, said, now)],
        )
        return True

    def _heard(self, lane: Lane) -> bool:
        waiting = select(outbox.c.seq).where(
            outbox.c.relying_party_id == lane.relying_party_id,
            outbox.c.channel == lane.channel.value,
            outbox.c.state == PENDING,
            outbox.c.event_type == EventType.STREAM_UPDATED.value,
        )
        with self.database.reading() as connection:
            return connection.execute(waiting.limit(1)).first() is None
