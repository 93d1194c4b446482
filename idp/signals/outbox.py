"""Writing what must be told, in the same transaction as what happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from idp.randomness import Randomness, url_token
from idp.signals import muted
from idp.signals.catalogue import ACCOUNT_CLAIMS, PREVIOUS_SUBJECT, Channel, EventType, Priority
from idp.signals.coalesce import Coming, make_way
from idp.signals.event_types import OPTIONAL, priority_of
from idp.signals.models import outbox
from idp.signals.states import DELIVERED, EXPIRED, PENDING, REFUSED
from idp.storage.listed import among
from idp.storage.prepared import Prepared, PreparedRows

__all__ = ["DELIVERED", "EXPIRED", "PENDING", "REFUSED", "Notice", "forget_accounts", "tell", "withhold"]

_QUEUE = PreparedRows(
    outbox,
    *("jti", "txn", "relying_party_id", "channel", "event_type", "priority", "subject", "sub_id"),
    *("link_id", "link_version", "payload", "occurred_at", "state", "due_at"),
)
WITHHOLD = (
    update(outbox)
    .where(among(outbox.c.link_id, "link_ids"), among(outbox.c.event_type, "kinds"), outbox.c.state == PENDING)
    .values(state=EXPIRED, settled_at=bindparam("at"), outcome="withheld", lease_token=None)
)
"""Sends no message of `kinds` about `link_ids` any more: what waits has become nobody's business."""
_WITHHOLD = Prepared(WITHHOLD)
_SAID_OF_LINKS = Prepared(
    select(outbox.c.seq, outbox.c.payload)
    .where(among(outbox.c.link_id, "link_ids"), outbox.c.event_type == EventType.ACCOUNT_LINK_CHANGED.value)
    .with_for_update(skip_locked=True)
)


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
    jti: str | None = None
    """Chosen by whoever wants to find the message again; None: one is made."""

    @property
    def urgency(self) -> Priority:
        return priority_of(self.event_type) if self.priority is None else self.priority

    @property
    def may_find_others(self) -> bool:
        """Whether earlier messages of its subject may still wait. Not so of a link's first change, nor of logout
        messages, which are all alike."""
        return self.channel is Channel.EVENT and self.link_version != 1


def tell(
    connection: Connection,
    randomness: Randomness,
    notices: Iterable[Notice],
    transactions: MutableMapping[str, str] | None = None,
) -> int:
    """Queue `notices`; how many. They stand or fall with the transaction.

    What one act causes shares a `txn` toward each relying party (RFC 8417 §2.2) and toward no two of them: agencies
    that compared notes would else know by it which of their subjects are one member. We ourselves know by the links.
    Where an act takes several transactions, `transactions` keeps them; new ones are added to it.

    A link's change supersedes its earlier ones that have not left, and what an urgent message must wait for becomes as
    urgent.

    Call while holding the lock on what the notices are about: messages of one subject leave in the order of `seq`.
    """
    transactions = {} if transactions is None else transactions
    queued = _audible(connection, notices)
    coming = [_coming(notice) for notice in queued if notice.may_find_others]
    untold = make_way(connection, coming, max(each.occurred_at for each in queued)) if coming else {}
    rows = []
    for notice, urgency in zip(queued, _urgencies(queued), strict=True):
        if notice.relying_party_id not in transactions:
            transactions[notice.relying_party_id] = url_token(randomness, 16)
        rows.append(
            {
                "jti": notice.jti or url_token(randomness, 16),
                "txn": transactions[notice.relying_party_id],
                "relying_party_id": notice.relying_party_id,
                "channel": notice.channel.value,
                "event_type": notice.event_type.value,
                "priority": urgency,
                "subject": notice.subject,
                "sub_id": None if notice.sub_id is None else dict(notice.sub_id),
                "link_id": notice.link_id,
                "link_version": notice.link_version,
                "payload": _payload(notice, untold),
                "occurred_at": notice.occurred_at,
                "state": PENDING,
                "due_at": notice.occurred_at,
            }
        )
    if rows:
        _QUEUE.run(connection, rows)
    return len(rows)


def withhold(connection: Connection, link_ids: Sequence[str], kinds: Iterable[EventType], at: datetime) -> None:
    """Send no message of these kinds about these links any more: what waits has become nobody's business."""
    of_these = {"link_ids": link_ids, "kinds": [kind.value for kind in kinds]}
    _WITHHOLD.run(connection, {**of_these, "at": at})


def forget_accounts(connection: Connection, link_ids: Sequence[str]) -> None:
    """Name no account of an agency's any more in what was ever said of these links: messages are kept for months.

    Sent or not, they are overtaken by the links' end. Never waits for a worker: what one is writing down at this very
    moment stays as it is.
    """
    rows = _SAID_OF_LINKS.all(connection, {"link_ids": link_ids})
    named = [
        {"of": row.seq, "unnamed": {name: said for name, said in row.payload.items() if name not in ACCOUNT_CLAIMS}}
        for row in rows
        if not ACCOUNT_CLAIMS.isdisjoint(row.payload)
    ]
    if named:
        connection.execute(
            update(outbox).where(outbox.c.seq == bindparam("of")).values(payload=bindparam("unnamed")), named
        )


def _urgencies(queued: Sequence[Notice]) -> list[Priority]:
    """Of each notice its own, or that of the most urgent one of the same subject behind it, which has to wait."""
    wanted: dict[tuple[str, Channel, str], Priority] = {}
    found = []
    for notice in reversed(queued):
        whose = (notice.relying_party_id, notice.channel, notice.subject)
        wanted[whose] = min(notice.urgency, wanted.get(whose, notice.urgency))
        found.append(wanted[whose])
    return found[::-1]


def _audible(connection: Connection, notices: Iterable[Notice]) -> list[Notice]:
    """`notices` without those whose receiver took their subject out of its stream."""
    queued = list(notices)
    asked = [(each.relying_party_id, each.subject) for each in queued if each.event_type in OPTIONAL]
    silent = muted.among(connection, asked) if asked else frozenset()
    return [
        each
        for each in queued
        if each.event_type not in OPTIONAL or (each.relying_party_id, each.subject) not in silent
    ]


def _payload(notice: Notice, untold: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """What the message says, and what was to be told by one whose place it takes. Not once the link has ended."""
    former = untold.get((notice.relying_party_id, notice.link_id or ""))
    of_the_link = notice.event_type is EventType.ACCOUNT_LINK_CHANGED
    if former is None or not of_the_link or notice.payload.get("current_status") == "unlinked":
        return dict(notice.payload)
    return {PREVIOUS_SUBJECT: former, **notice.payload}


def _coming(notice: Notice) -> Coming:
    return Coming(
        notice.relying_party_id, notice.subject, notice.event_type, notice.urgency, notice.link_id, notice.sub_id
    )
