"""Writing what must be told, in the same transaction as what happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from idp.randomness import Randomness, url_token
from idp.signals.catalogue import Channel, EventType, Priority
from idp.signals.event_types import priority_of
from idp.signals.models import outbox

PENDING = "pending"
DELIVERED = "delivered"
REFUSED = "refused"
"""Dead letter: the relying party refused this message itself; it waits for a person."""
EXPIRED = "expired"
"""Given up: a message that was not delivered while it still meant something."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message for one relying party about one subject."""

    relying_party_id: str
    event_type: EventType
    subject: str
    payload: Mapping[str, Any]
    occurred_at: datetime
    link_id: str | None = None
    link_version: int | None = None
    channel: Channel = Channel.EVENT
    sub_id: Mapping[str, Any] | None = None
    """How the message names its subject (RFC 9493) where that is not the member's `iss_sub`."""
    priority: Priority | None = None
    """None: the type's own."""


def tell(connection: Connection, randomness: Randomness, notices: Iterable[Notice]) -> int:
    """Queue `notices`; how many. They stand or fall with the transaction.

    What one act causes shares a `txn` toward each relying party (RFC 8417 §2.2) and toward no two of them: agencies
    that compared notes would else know by it which of their subjects are one member. We ourselves know by the links.

    Call while holding the lock on what the notices are about: messages of one subject leave in the order of `seq`.
    """
    transactions: defaultdict[str, str] = defaultdict(lambda: url_token(randomness, 16))
    rows = [
        {
            "jti": url_token(randomness, 16),
            "txn": transactions[notice.relying_party_id],
            "relying_party_id": notice.relying_party_id,
            "channel": notice.channel.value,
            "event_type": notice.event_type.value,
            "priority": priority_of(notice.event_type) if notice.priority is None else notice.priority,
            "subject": notice.subject,
            "sub_id": None if notice.sub_id is None else dict(notice.sub_id),
            "link_id": notice.link_id,
            "link_version": notice.link_version,
            "payload": dict(notice.payload),
            "occurred_at": notice.occurred_at,
            "state": PENDING,
            "due_at": notice.occurred_at,
        }
        for notice in notices
    ]
    if rows:
        connection.execute(insert(outbox), rows)
    return len(rows)


def withhold(connection: Connection, subject: str, event_type: EventType, at: datetime) -> None:
    """Send no message of this kind about `subject` any more: what waits has become nobody's business."""
    waiting = (outbox.c.subject == subject) & (outbox.c.event_type == event_type.value) & (outbox.c.state == PENDING)
    connection.execute(
        update(outbox).where(waiting).values(state=EXPIRED, settled_at=at, outcome="withheld", lease_token=None)
    )
