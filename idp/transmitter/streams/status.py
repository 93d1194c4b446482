"""A stream's status: whether its events are sent, kept, or neither. SSF 1.0 §8.1.2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from idp.agencies.event_streams import StreamStatus
from idp.audit.actions import Action
from idp.audit.actor import agency_system
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.randomness import Randomness
from idp.signals.catalogue import EventType
from idp.signals.outbox import tell
from idp.storage.database import Database
from idp.transmitter.hold import Because
from idp.transmitter.streams.about_stream import about_stream
from idp.transmitter.streams.body import stream_id_in, text_in
from idp.transmitter.streams.held_party import fresh_party, held_party, keep
from idp.transmitter.streams.refusals import InvalidStreamRequest
from idp.transmitter.streams.stream_document import named_stream
from idp.transmitter.streams.waiting import DropDisabled, end_leases, keep_waiting, send_again, stopped_because

_LONGEST_REASON = 256
_STOPPED: Final[Mapping[str, str]] = {
    Because.GONE: "the endpoint answered 410 Gone",
    Because.MISCONFIGURED: "the endpoint refused events for their keys, names or rights",
    Because.OPERATOR: "the operator paused the stream",
}


@dataclass(frozen=True, slots=True)
class Status:
    """Tells a stream's status and changes it; also an operator's stream may be paused by who receives it."""

    database: Database
    clock: Clock
    randomness: Randomness
    drop_disabled: DropDisabled

    def read(self, relying_party_id: str, stream_id: str) -> dict[str, Any]:
        """The status. SSF 1.0 §8.1.2.1.

        Raises:
            NoSuchStream: it is not there, or not yours.
        """
        with self.database.reading() as connection:
            return _document(connection, relying_party_id, stream_id)

    def change(self, relying_party_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The status after it was set. SSF 1.0 §8.1.2.2.

        Paused, messages are kept and nothing leaves. Disabled, what waited is let go (SSF 1.0 §8.1.2: "will not hold").
        Enabled again, the receiver is told so in the stream itself. What an operator stopped stays paused.

        Raises:
            InvalidStreamRequest: `status` is none of the three, or `reason` no short text.
            NoSuchStream: it is not there, or not yours.
        """
        stream_id, reason = stream_id_in(body), text_in(body, "reason", _LONGEST_REASON)
        if body.get("status") not in list(StreamStatus):
            raise InvalidStreamRequest(f"status must be one of {', '.join(StreamStatus)}")
        status = StreamStatus(body["status"])
        now = self.clock.now()
        with self.database.transaction() as connection:
            party, row = held_party(connection, relying_party_id)
            was = named_stream(party, stream_id).status
            keep(connection, party, row, {"status": status.value, "reason": reason, "changed_at": now})
            if status is not was:
                detail = {"was": was.value, "status": status.value}
                actor, action = str(agency_system(party.id)), Action.STREAM_STATUS_CHANGED
                record(connection, Record(now, action, actor, None, party.agency.id, party.id, None, detail))
            if status is StreamStatus.ENABLED:
                if was is not status or stopped_because(connection, party.id) is not None:
                    self._start(connection, party.id, stream_id, now, reason)
            else:
                keep_waiting(connection, party.id, now)
            if status is StreamStatus.DISABLED:
                end_leases(connection, party.id)
            answer = _document(connection, party.id, stream_id)
        if status is StreamStatus.DISABLED:
            self.drop_disabled.some(relying_party_id)
        return answer

    def _start(
        self, connection: Connection, relying_party_id: str, stream_id: str, now: datetime, reason: str | None
    ) -> None:
        """Send again and say so, unless an operator still stops it."""
        send_again(connection, relying_party_id, now)
        if stopped_because(connection, relying_party_id) is None:
            said = {"status": StreamStatus.ENABLED.value, **({} if reason is None else {"reason": reason})}
            notice = about_stream(relying_party_id, stream_id, EventType.STREAM_UPDATED, said, now)
            tell(connection, self.randomness, [notice])


def _document(connection: Connection, relying_party_id: str, stream_id: str) -> dict[str, Any]:
    stream = named_stream(fresh_party(connection, relying_party_id), stream_id)
    status, reason = stream.status, stream.reason
    if status is StreamStatus.ENABLED:
        stopped = stopped_because(connection, relying_party_id)
        if stopped is not None:
            status, reason = StreamStatus.PAUSED, _STOPPED.get(stopped, stopped)
    said: dict[str, Any] = {"stream_id": stream_id, "status": status.value}
    return said if reason is None else {**said, "reason": reason}
