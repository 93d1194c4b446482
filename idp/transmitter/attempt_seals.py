"""The record of attempts, made as hard to change afterwards as the audit: once a day a digest of what was added goes
into the audit, whose chain covers it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, select

from idp.audit.actions import Action
from idp.audit.models import audit_records
from idp.audit.record import Record, record
from idp.signals.models import delivery_attempts
from idp.storage.database import Database

BETWEEN_SEALS = timedelta(days=1)
_SETTLED = timedelta(hours=1)
"""Numbers are given before transactions commit; after this long none that is lower still turns up."""
_PAGE = 1000
_seals = select(audit_records.c.at, audit_records.c.detail).where(
    audit_records.c.action == Action.ATTEMPTS_SEALED.value
)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Attempts from one number to another, since when, how many, and their digest."""

    first: int
    last: int
    since: str
    attempts: int
    sha256: str


def seal_attempts(database: Database, now: datetime) -> int:
    """Seal what was added since the last seal, if that is a day old; how many attempts. Two workers at once say the
    same twice, which is no less true.

    Raises:
        StoreUnavailable: the database did not answer.
    """
    with database.reading() as connection:
        last = connection.execute(_seals.order_by(audit_records.c.seq.desc()).limit(1)).first()
    if last is not None and now - last.at < BETWEEN_SEALS:
        return 0
    stretch = _read(database, last.detail["last"] if last is not None else 0, now - _SETTLED)
    if stretch.attempts:
        with database.transaction() as connection:
            record(connection, Record(now, Action.ATTEMPTS_SEALED, "system", detail=asdict(stretch)))
    return stretch.attempts


def changed_attempts(database: Database, kept_since: datetime) -> Iterator[tuple[int, int]]:
    """First and last number of each sealed stretch that is not as it was. Those that begin before `kept_since` are left
    out: something of them was swept."""
    with database.reading() as connection:
        found = connection.execute(_seals.order_by(audit_records.c.seq)).all()
    for _, detail in found:
        sealed = _Stretch(**detail)
        if datetime.fromisoformat(sealed.since) < kept_since:
            continue
        if _read(database, sealed.first - 1, None, sealed.last) != sealed:
            yield sealed.first, sealed.last


def _read(database: Database, after: int, until: datetime | None, last: int | None = None) -> _Stretch:
    """The attempts after `after`, until a time or a last number."""
    first, end, since, count, digest = 0, after, "", 0, hashlib.sha256()
    for row in _rows(database, after, last):
        if until is not None and row["at"] >= until:
            break
        first, end, since, count = first or row["seq"], row["seq"], since or row["at"].isoformat(), count + 1
        digest.update(_canonical(row))
    return _Stretch(first, end, since, count, digest.hexdigest())


def _rows(database: Database, after: int, last: int | None) -> Iterator[RowMapping]:
    query = select(delivery_attempts).order_by(delivery_attempts.c.seq).limit(_PAGE)
    if last is not None:
        query = query.where(delivery_attempts.c.seq <= last)
    while True:
        with database.reading() as connection:
            rows = connection.execute(query.where(delivery_attempts.c.seq > after)).mappings().fetchall()
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1]["seq"]


def _canonical(row: RowMapping) -> bytes:
    content = {**row, "at": row["at"].isoformat()}
    return json.dumps(content, sort_keys=True).encode() + b"\n"
