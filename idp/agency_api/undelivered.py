"""What a relying party has not been told yet, or refused: as it will be sent, for whoever would rather ask than wait.

Each list is read by an index of its own, so that a page costs a page however long the lane is: first what waits,
subject by subject in the order it will leave, then what was refused and waits for a person. Nobody pages "after the
last number" to learn of news (account-events §3.2 rule 4): whoever comes again begins again, and misses what arrived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, literal_column, select, tuple_

from idp.agency_api.cursor import Cursors
from idp.agency_api.link_document import rfc3339
from idp.agency_api.refusals import InvalidCursor
from idp.signals.catalogue import Channel, EventType
from idp.signals.event_types import uri_of
from idp.signals.models import outbox
from idp.signals.states import PENDING, REFUSED
from idp.storage.database import Database

_OF: Final = "events"
_START: Final = (PENDING, "", "0")


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Reads a relying party's messages that are not delivered."""

    database: Database
    cursors: Cursors
    schema_base: str

    def __call__(
        self, relying_party_id: str, cursor: str | None, limit: int
    ) -> tuple[list[Mapping[str, Any]], str | None]:
        """Up to `limit` messages, and the cursor of the next page.

        Raises:
            InvalidCursor: it was not given for this list.
        """
        position = _START if cursor is None else self.cursors.read(relying_party_id, _OF, cursor, 3)
        state, subject, seq = position
        if state not in (PENDING, REFUSED) or not seq.isdecimal():
            raise InvalidCursor("cursor")
        found: list[Row[Any]] = []
        with self.database.reading() as connection:
            if state == PENDING:
                found = _read(connection, _pending(relying_party_id, subject, int(seq)), limit + 1)
                seq = "0"
            if len(found) <= limit:
                found += _read(connection, _refused(relying_party_id, int(seq)), limit + 1 - len(found))
        more = None
        if len(found) > limit:
            last = found[limit - 1]
            more = self.cursors.make(relying_party_id, _OF, last.state, last.subject, str(last.seq))
        return [self._document(row) for row in found[:limit]], more

    def _document(self, row: Row[Any]) -> Mapping[str, Any]:
        return {
            "jti": row.jti,
            "txn": row.txn,
            "event_type": uri_of(EventType(row.event_type), self.schema_base),
            "subject": row.subject,
            "link_id": row.link_id,
            "version": row.link_version,
            "occurred_at": rfc3339(row.occurred_at),
            "state": row.state,
            "sent": row.sends,
            "refused": row.attempts,
            "last_outcome": row.outcome,
            "next_attempt_at": rfc3339(row.due_at) if row.state == PENDING else None,
            "event": row.payload,
        }


def _of(relying_party_id: str, state: str) -> tuple[ColumnElement[bool], ...]:
    # Written out: SQLite takes a partial index only where the statement itself says what is in it.
    return (
        outbox.c.relying_party_id == relying_party_id,
        outbox.c.channel == Channel.EVENT.value,
        outbox.c.state == literal_column(f"'{state}'"),
    )


def _pending(relying_party_id: str, subject: str, seq: int) -> Select[Any]:
    behind = tuple_(outbox.c.subject, outbox.c.seq) > tuple_(subject, seq)
    return select(outbox).where(*_of(relying_party_id, PENDING), behind).order_by(outbox.c.subject, outbox.c.seq)


def _refused(relying_party_id: str, seq: int) -> Select[Any]:
    return select(outbox).where(*_of(relying_party_id, REFUSED), outbox.c.seq > seq).order_by(outbox.c.seq)


def _read(connection: Connection, query: Select[Any], limit: int) -> list[Row[Any]]:
    return list(connection.execute(query.limit(limit)))
