"""Verification: one event through the whole of a stream, to see that it works. SSF 1.0 §8.1.4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, Connection, literal_column, or_, select, update

from idp.agencies.catalogue import Catalogue
from idp.agencies.event_streams import EventStream, StreamStatus
from idp.clock import Clock
from idp.randomness import Randomness, url_token
from idp.signals.catalogue import Channel, EventType, Priority
from idp.signals.models import outbox
from idp.signals.outbox import tell
from idp.signals.states import EXPIRED
from idp.storage.database import Database
from idp.storage.expiring.protocol import ExpiringStore
from idp.transmitter.streams.about_stream import about_stream
from idp.transmitter.streams.body import stream_id_in, text_in
from idp.transmitter.streams.held_party import fresh_party
from idp.transmitter.streams.refusals import InvalidStreamRequest, VerifiedTooOften
from idp.transmitter.streams.stream_document import named_stream

_LONGEST_STATE = 1024
_A_DAY, _AWAITED = timedelta(hours=24), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Verify:
    """Sends the verification that a receiver asks for."""

    database: Database
    store: ExpiringStore
    clock: Clock
    randomness: Randomness
    interval: timedelta
    """The least time between two, for each stream by itself: who makes a new stream may verify it at once."""

    def __call__(self, relying_party_id: str, body: Mapping[str, Any]) -> None:
        """Queue the verification, with `state` as it was sent. SSF 1.0 §8.1.4.2.

        Raises:
            InvalidStreamRequest: `state` is no text, or the stream is disabled.
            NoSuchStream: it is not there, or not yours.
            VerifiedTooOften: `interval` is not over.
        """
        stream_id, state = stream_id_in(body), text_in(body, "state", _LONGEST_STATE)
        with self.database.reading() as connection:
            party = fresh_party(connection, relying_party_id)
        stream = named_stream(party, stream_id)
        if stream.status is StreamStatus.DISABLED:
            raise InvalidStreamRequest("the stream is disabled")
        key = f"stream_verified:{stream_id}"
        if not self.store.add_if_absent(key, b"1", self.interval):
            left = self.store.rest(key) or timedelta(seconds=1)
            raise VerifiedTooOften("sooner than min_verification_interval", retry_after=ceil(left.total_seconds()))
        said = {} if state is None else {"state": state}
        with self.database.transaction() as connection:
            _give_up_old(connection, relying_party_id, self.clock.now())
            _queue(connection, self.randomness, relying_party_id, stream, said, self.clock.now())


@dataclass(frozen=True, slots=True)
class VerifyStreams:
    """Once a day, every stream by itself: an agency that hears nothing for weeks, and we with it, knows that this is
    because nothing happened."""

    database: Database
    store: ExpiringStore
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue

    def __call__(self) -> int:
        """Queue what is due; how many. Any number of workers may do so at the same time."""
        told = 0
        for party in self.catalogue.snapshot().relying_parties.values():
            stream = party.events
            if stream is None or stream.status is not StreamStatus.ENABLED:
                continue
            key = f"stream_verified_daily:{stream.stream_id}"
            if self.store.add_if_absent(key, b"1", _A_DAY):
                told += self._verify(party.id)
        return told

    def _verify(self, relying_party_id: str) -> int:
        with self.database.transaction() as connection:
            # As it is now: a stream that was made anew since the snapshot has another name.
            stream = fresh_party(connection, relying_party_id).events
            # A receiver that has been away for a month is not to find thirty of them.
            if stream is None or stream.status is not StreamStatus.ENABLED or _waits(connection, relying_party_id):
                return 0
            _queue(connection, self.randomness, relying_party_id, stream, {}, self.clock.now())
            return 1


def _queue(
    connection: Connection,
    randomness: Randomness,
    relying_party_id: str,
    stream: EventStream,
    said: Mapping[str, Any],
    at: datetime,
) -> None:
    beside = url_token(randomness, 16)
    notice = about_stream(relying_party_id, stream.stream_id, EventType.VERIFICATION, said, at, beside=beside)
    tell(connection, randomness, [notice])


def _give_up_old(connection: Connection, relying_party_id: str, now: datetime) -> None:
    """Nobody waits an hour for a verification: who asks and never fetches is not to gather them without end."""
    old = (
        *_waiting(relying_party_id),
        outbox.c.occurred_at < now - _AWAITED,
        or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now),
    )
    connection.execute(update(outbox).where(*old).values(state=EXPIRED, settled_at=now, outcome=EXPIRED))


def _waits(connection: Connection, relying_party_id: str) -> bool:
    query = select(outbox.c.seq).where(*_waiting(relying_party_id))
    return connection.execute(query.limit(1)).first() is not None


def _waiting(relying_party_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        outbox.c.relying_party_id == relying_party_id,
        outbox.c.channel == Channel.EVENT.value,
        outbox.c.state == literal_column("'pending'"),
        outbox.c.priority == Priority.SECURITY,
        outbox.c.event_type == EventType.VERIFICATION.value,
    )
