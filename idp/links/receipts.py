"""What a member keeps of a link's end: under an unguessable token, what each agency has heard. It names nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, Update, delete, insert, select, tuple_, update

from idp.crypto.digests import secret_digest
from idp.links.models import link_confirmations, links, receipt_lines, receipts
from idp.randomness import Randomness, url_token
from idp.signals.catalogue import Channel, EventType
from idp.signals.models import outbox
from idp.signals.outbox import DELIVERED
from idp.storage.database import Database
from idp.storage.prepared import Prepared, PreparedRows

RECEIPT_PATH = "/receipts/"
SWEPT_AT_ONCE = 500
_MAKE = Prepared(insert(receipts).inline(), "digest", "cause", "made_at", "expires_at")
_ADD_LINES = PreparedRows(receipt_lines, "digest", "link_id", "version", "parties", "told_at")


class ReceiptCause(StrEnum):
    """What the receipt is for."""

    WITHDRAWAL = "withdrawal"
    UNLINK = "unlink"


class Heard(StrEnum):
    """How far the news has come at an agency. Account events §3.7: notified is not confirmed."""

    NOT_TOLD = "not_told"
    """None of its systems hears of links; what it could do by this link ended here all the same."""
    WAITING = "waiting"
    TOLD = "told"
    """Every system of it has answered that it received the message."""
    CONFIRMED = "confirmed"
    """Every system of it has said by itself that it applied the change."""


@dataclass(frozen=True, slots=True)
class EndedLink:
    """A link that ended at `version`, of which `parties` were told."""

    link_id: str
    version: int
    parties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgencyHeard:
    """One line of a receipt; `at` is when the last system said so, where it did."""

    agency_id: str
    heard: Heard
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is behind a token."""

    cause: ReceiptCause
    made_at: datetime
    expires_at: datetime
    agencies: tuple[AgencyHeard, ...]


@dataclass(frozen=True, slots=True)
class Receipts:
    """Makes and reads receipts, inside transactions of the caller's."""

    randomness: Randomness
    lifetime: timedelta

    def make(self, connection: Connection, cause: ReceiptCause, ended: Iterable[EndedLink], at: datetime) -> str:
        """The path of a new receipt; only the digest of its token is kept."""
        token = url_token(self.randomness)
        digest = secret_digest(token)
        values = {"digest": digest, "cause": cause.value, "made_at": at, "expires_at": at + self.lifetime}
        lines = [
            {
                "digest": digest,
                "link_id": each.link_id,
                "version": each.version,
                "parties": list(each.parties),
                # Where there is nobody to be told, nobody need look whether they were.
                "told_at": None if each.parties else at,
            }
            for each in ended
        ]
        _MAKE.run(connection, values)
        _ADD_LINES.run(connection, lines)
        return RECEIPT_PATH + token


def read(connection: Connection, token: str, now: datetime) -> Receipt | None:
    """What is behind `token` as it stands now; None once it is over, or where there never was one."""
    digest = secret_digest(token)
    row = connection.execute(
        select(receipts).where(receipts.c.digest == digest, receipts.c.expires_at > now)
    ).one_or_none()
    if row is None:
        return None
    lines = connection.execute(
        select(receipt_lines, links.c.agency_id)
        .join(links, links.c.id == receipt_lines.c.link_id)
        .where(receipt_lines.c.digest == digest)
        .order_by(links.c.agency_id)
    ).all()
    heard = tuple(_heard(connection, line) for line in lines)
    return Receipt(ReceiptCause(row.cause), row.made_at, row.expires_at, heard)


def sweep_receipts(database: Database, now: datetime) -> int:
    """Delete receipts that are over, `SWEPT_AT_ONCE` at most; how many."""
    over = select(receipts.c.digest).where(receipts.c.expires_at <= now).limit(SWEPT_AT_ONCE)
    with database.transaction() as connection:
        digests = list(connection.execute(over).scalars())
        if digests:
            connection.execute(delete(receipt_lines).where(receipt_lines.c.digest.in_(digests)))
            connection.execute(delete(receipts).where(receipts.c.digest.in_(digests)))
    return len(digests)


@dataclass(frozen=True, slots=True)
class NoteHeard:
    """Writes down which lines are fully told, before the messages that say so are swept. Run it more often than they
    are; a line is looked at until it is told, then never again."""

    database: Database

    def __call__(self) -> int:
        """How many lines are told since the last time."""
        noted, after = 0, ("", "")
        while True:
            with self.database.reading() as connection:
                lines = connection.execute(_open_lines(after)).all()
                told = _told(connection, lines)
            done = [(line, max(told[_key(line)].values())) for line in lines if _all(line, told[_key(line)])]
            if done:
                with self.database.transaction() as connection:
                    for line, at in done:
                        connection.execute(_note(line, at))
            noted += len(done)
            if len(lines) < SWEPT_AT_ONCE:
                return noted
            after = (lines[-1].digest, lines[-1].link_id)


def _open_lines(after: tuple[str, str]) -> Select[Any]:
    place = tuple_(receipt_lines.c.digest, receipt_lines.c.link_id)
    query = select(receipt_lines).where(receipt_lines.c.told_at.is_(None), place > after)
    return query.order_by(receipt_lines.c.digest, receipt_lines.c.link_id).limit(SWEPT_AT_ONCE)


def _note(line: Row[Any], at: datetime) -> Update:
    of_line = (receipt_lines.c.digest == line.digest, receipt_lines.c.link_id == line.link_id)
    return update(receipt_lines).where(*of_line).values(told_at=at)


def _heard(connection: Connection, line: Row[Any]) -> AgencyHeard:
    if not line.parties:
        return AgencyHeard(line.agency_id, Heard.NOT_TOLD)
    confirmed = _confirmed(connection, line)
    if set(line.parties) <= confirmed.keys():
        return AgencyHeard(line.agency_id, Heard.CONFIRMED, max(confirmed.values()))
    if line.told_at is not None:
        return AgencyHeard(line.agency_id, Heard.TOLD, line.told_at)
    heard = _told(connection, [line])[_key(line)] | confirmed
    if set(line.parties) <= heard.keys():
        return AgencyHeard(line.agency_id, Heard.TOLD, max(heard.values()))
    return AgencyHeard(line.agency_id, Heard.WAITING)


def _confirmed(connection: Connection, line: Row[Any]) -> dict[str, datetime]:
    rows = connection.execute(
        select(link_confirmations.c.relying_party_id, link_confirmations.c.confirmed_at).where(
            link_confirmations.c.link_id == line.link_id, link_confirmations.c.version >= line.version
        )
    )
    return {row.relying_party_id: row.confirmed_at for row in rows}


def _all(line: Row[Any], heard: Mapping[str, datetime]) -> bool:
    return bool(line.parties) and set(line.parties) <= heard.keys()


def _key(line: Row[Any]) -> tuple[str, str]:
    return line.digest, line.link_id


def _told(connection: Connection, lines: Sequence[Row[Any]]) -> dict[tuple[str, str], dict[str, datetime]]:
    """Of each line, by relying party, when it first took a message of this version or a newer one, which says the same
    and more."""
    rows = connection.execute(
        select(outbox.c.link_id, outbox.c.link_version, outbox.c.relying_party_id, outbox.c.settled_at)
        .where(
            outbox.c.link_id.in_({line.link_id for line in lines}),
            outbox.c.channel == Channel.EVENT.value,
            outbox.c.event_type == EventType.ACCOUNT_LINK_CHANGED.value,
            outbox.c.state == DELIVERED,
        )
        .order_by(outbox.c.seq.desc())
    )
    delivered: dict[str, list[Any]] = {}
    for row in rows:
        delivered.setdefault(row.link_id, []).append(row)
    return {
        _key(line): {
            row.relying_party_id: row.settled_at
            for row in delivered.get(line.link_id, ())
            if row.link_version >= line.version
        }
        for line in lines
    }
