"""Making, reading, changing and deleting a stream. SSF 1.0 §8.1.1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from idp.agencies import store
from idp.agencies.event_streams import EventStream, StreamStatus, StreamTerms
from idp.agencies.relying_party import RelyingParty
from idp.audit.actions import Action
from idp.audit.actor import agency_system
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.randomness import Randomness, url_token
from idp.signals import muted
from idp.storage.database import Database
from idp.transmitter.streams.body import stream_id_in
from idp.transmitter.streams.held_party import fresh_party, held_party, keep
from idp.transmitter.streams.properties import ReceiversProperties, refuse_other_than
from idp.transmitter.streams.refusals import StreamExists, StreamNotYours
from idp.transmitter.streams.stream_document import StreamDocuments, named_stream
from idp.transmitter.streams.waiting import DropDisabled, end_leases, send_again

_THE_RECEIVERS = ("delivery", "requested")


@dataclass(frozen=True, slots=True)
class ConfigureStream:
    """What a receiver may do to the stream it has, or has not yet. One stream a relying party."""

    database: Database
    clock: Clock
    randomness: Randomness
    documents: StreamDocuments
    properties: ReceiversProperties
    drop_disabled: DropDisabled

    def create(self, relying_party_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A new stream, enabled; its configuration. SSF 1.0 §8.1.1.1.

        Raises:
            StreamExists: there is one.
            StreamNotYours: the relying party may have none, or none of its receiver's making.
            InvalidStreamRequest: the request holds what cannot be.
        """
        # A new stream has nothing of the one before it, not what was queued a moment too late.
        self.drop_disabled.of(relying_party_id)
        with self.database.transaction() as connection:
            party, row = held_party(connection, relying_party_id)
            if party.events is not None:
                raise StreamExists("there is a stream already")
            values = self.properties.whole(body, _receivers(party), None)
            now = self.clock.now()
            new = {"stream_id": url_token(self.randomness, 16), "status": StreamStatus.ENABLED.value, "reason": None}
            # There may be what a receiver once said of a stream that its registration has since taken back.
            keep(connection, party, row, {**new, **values, "changed_at": now})
            send_again(connection, party.id, now)
            self._remember(connection, party, Action.STREAM_CREATED, values["delivery"])
            return self._document(connection, relying_party_id)

    def read(self, relying_party_id: str, stream_id: str) -> dict[str, Any]:
        """One stream's configuration. SSF 1.0 §8.1.1.2.

        Raises:
            NoSuchStream: it is not there, or not yours.
        """
        with self.database.reading() as connection:
            party = fresh_party(connection, relying_party_id)
        return self.documents(party, named_stream(party, stream_id))

    def read_all(self, relying_party_id: str) -> list[dict[str, Any]]:
        """The configurations of all its streams: one, or none."""
        with self.database.reading() as connection:
            party = fresh_party(connection, relying_party_id)
        return [] if party.events is None else [self.documents(party, party.events)]

    def change(self, relying_party_id: str, body: Mapping[str, Any], *, replace: bool) -> dict[str, Any]:
        """The configuration with what `body` says changed; to `replace`, with what it does not say gone (SSF 1.0
        §8.1.1.3, §8.1.1.4).

        Raises:
            NoSuchStream: it is not there, or not yours.
            StreamNotYours: it is its operator's.
            InvalidStreamRequest: the request holds what cannot be, or would change what is the transmitter's.
        """
        stream_id = stream_id_in(body)
        with self.database.transaction() as connection:
            party, row = held_party(connection, relying_party_id)
            stream = named_stream(party, stream_id)
            terms = _receivers(party)
            refuse_other_than(self.documents(party, stream), body)
            poll_url = self.documents.poll_url(stream.stream_id)
            if replace:
                values = self.properties.whole(body, terms, poll_url)
            else:
                values = self.properties.changed(body, terms, poll_url, stream)
                if (row is None or row["delivery"] is None) and not values.keys().isdisjoint(_THE_RECEIVERS):
                    values = {**_as_it_is(stream), **values}
            now = self.clock.now()
            keep(connection, party, row, {**values, "changed_at": now})
            if "delivery" in values and stream.status is StreamStatus.ENABLED:
                # Whatever was wrong with where they went is where they go no more.
                send_again(connection, party.id, now)
            self._remember(connection, party, Action.STREAM_CHANGED, values.get("delivery", stream.delivery))
            return self._document(connection, relying_party_id)

    def delete(self, relying_party_id: str, stream_id: str) -> None:
        """Delete the stream, and with it what waits for it. SSF 1.0 §8.1.1.5.

        Raises:
            NoSuchStream: it is not there, or not yours.
            StreamNotYours: a registration makes it, and would make it again.
        """
        now = self.clock.now()
        with self.database.transaction() as connection:
            party, _ = held_party(connection, relying_party_id)
            named_stream(party, stream_id)
            if _receivers(party).delivery is not None:
                raise StreamNotYours("its operator registered this stream; it can be disabled")
            store.delete_stream(connection, party.id, now)
            store.bump_version(connection)
            end_leases(connection, party.id)
            muted.forget(connection, party.id)
            send_again(connection, party.id, now)
            self._remember(connection, party, Action.STREAM_DELETED, None)
        self.drop_disabled.some(relying_party_id)

    def _document(self, connection: Connection, relying_party_id: str) -> dict[str, Any]:
        party = fresh_party(connection, relying_party_id)
        return self.documents(party, named_stream(party, party.events.stream_id if party.events else None))

    def _remember(self, connection: Connection, party: RelyingParty, action: Action, delivery: str | None) -> None:
        detail = {} if delivery is None else {"delivery": delivery}
        actor = str(agency_system(party.id))
        entry = Record(self.clock.now(), action, actor, None, party.agency.id, party.id, detail=detail)
        record(connection, entry)


def _receivers(party: RelyingParty) -> StreamTerms:
    """The terms of a stream that its receiver manages.

    Raises:
        StreamNotYours: its operator does.
    """
    if party.stream_terms is None or party.stream_terms.managed_by != "receiver":
        raise StreamNotYours("the registration leaves this to the operator")
    return party.stream_terms


def _as_it_is(stream: EventStream) -> dict[str, Any]:
    """What the registration said until now, as the receiver's own: from its first change on the stream is its word."""
    return {
        "delivery": stream.delivery,
        "endpoint_url": stream.endpoint_url.value if stream.endpoint_url is not None else None,
        "authorization": stream.authorization,
        "requested": sorted(stream.delivered),
        "requested_uris": None,
    }
