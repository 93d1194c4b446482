"""What is kept of a member who left: apart from live data, each record under a key of its own, until it is destroyed.

Nothing finds a record by whose it is. The token of the member's receipt does: whoever shows it can have their own
record looked up. Its digest is one made for this table, and not that of the receipt, whose lines lead to a member.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, delete, insert, select

from idp.audit.actions import Action
from idp.audit.actor import SYSTEM
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.crypto.fields import FieldCipher
from idp.members.models import retained_records
from idp.members.retention import RetentionRow
from idp.randomness import Randomness, case_blind_token
from idp.storage.database import Database

DESTROYED_AT_ONCE = 500
_PURPOSE = "retained.record"


class HandOver(Protocol):
    """What a room has to keep of a member who leaves; supplied from above."""

    @property
    def category(self) -> str:
        """The `key` of the row of the retention table under which it is kept."""
        ...

    def __call__(self, connection: Connection, member_id: str) -> Sequence[Mapping[str, Any]]:
        """The records, as JSON can hold them, taken out of the room's own tables whether or not they will be kept."""
        ...


@dataclass(frozen=True, slots=True)
class Archive:
    """Keeps what the retention table tells members is kept, and nothing else."""

    cipher: FieldCipher
    randomness: Randomness
    retention: tuple[RetentionRow, ...]
    rooms: tuple[HandOver, ...] = ()

    def keep(self, connection: Connection, member_id: str, receipt: str, left: Mapping[str, Any], at: datetime) -> int:
        """Keep what the rooms hand over, and beside it the fact of leaving, `left`; how many records. `receipt` is the
        token that finds them."""
        handed: dict[str, list[Mapping[str, Any]]] = {}
        for room in self.rooms:
            handed.setdefault(room.category, []).extend(room(connection, member_id))
        for row in self.retention:
            if row.keeps and row.key in handed:
                content = {"left": left, "records": handed[row.key]}
                self._put(connection, row, receipt, json.dumps(content, ensure_ascii=False).encode(), at)
        return sum(1 for row in self.retention if row.keeps and row.key in handed)

    def opened(self, connection: Connection, receipt: str) -> list[tuple[str, datetime, Mapping[str, Any]]]:
        """Category, end and content of what is kept under the receipt's token.

        Raises:
            Undecipherable: a record was changed or its key is gone.
        """
        rows = connection.execute(
            select(retained_records)
            .where(retained_records.c.receipt_digest == _finding(receipt))
            .order_by(retained_records.c.category)
        )
        return [
            (row.category, row.expires_at, json.loads(self.cipher.open(row.data_key, row.id, _PURPOSE, row.sealed)))
            for row in rows
        ]

    def _put(self, connection: Connection, row: RetentionRow, receipt: str, content: bytes, at: datetime) -> None:
        name = case_blind_token(self.randomness)
        data_key = self.cipher.new_data_key(name)
        connection.execute(
            insert(retained_records).values(
                id=name,
                category=row.key,
                receipt_digest=_finding(receipt),
                legal_basis=row.legal_basis,
                data_key=data_key,
                sealed=self.cipher.seal(data_key, name, _PURPOSE, content),
                kept_at=at,
                expires_at=at + row.kept_for,
            )
        )


def _finding(receipt: str) -> str:
    return secret_digest(f"{_PURPOSE}:{receipt}")


@dataclass(frozen=True, slots=True)
class DestroyRetained:
    """Destroys records whose time is over, key and all, and writes down that it did (REQ-79)."""

    database: Database
    clock: Clock

    def __call__(self) -> int:
        """How many were destroyed; `DESTROYED_AT_ONCE` at most, so call again while it is that many."""
        now = self.clock.now()
        due = (
            select(retained_records.c.id, retained_records.c.category)
            .where(retained_records.c.expires_at <= now)
            .limit(DESTROYED_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        with self.database.transaction() as connection:
            rows = connection.execute(due).all()
            connection.execute(delete(retained_records).where(retained_records.c.id.in_([row.id for row in rows])))
            for category, count in sorted(Counter(row.category for row in rows).items()):
                record(connection, destroyed(category, count, now))
        return len(rows)


def destroyed(category: str, count: int, at: datetime) -> Record:
    """The record of a destruction: what kind, how many, when; nothing of what was in it."""
    return Record(at, Action.RETAINED_DESTROYED, str(SYSTEM), detail={"category": category, "count": count})
