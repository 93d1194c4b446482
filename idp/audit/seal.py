"""The hash chain. Records are written without it, so that two transactions never wait for each other's hash;
the worker chains them soon after, in the order they are found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, update
from sqlalchemy.exc import IntegrityError

from idp.audit.models import audit_records
from idp.storage.database import Database

_GENESIS = hashlib.sha256(b"onepass audit chain").digest()
_table = audit_records.c


def seal(database: Database, *, limit: int = 1000) -> int:
    """Chain up to `limit` records that are not chained yet; how many were.

    Two sealers at once: where they would write different chains, the unique `position` lets one of them commit and
    the other has sealed nothing.
    """
    try:
        with database.transaction() as connection:
            return _seal(connection, limit)
    except IntegrityError:
        return 0


def broken_positions(database: Database, *, page: int = 1000) -> Iterator[int]:
    """Positions whose record or predecessor was changed after it was sealed; nothing when the chain holds."""
    after, chain = 0, _GENESIS
    while True:
        with database.reading() as connection:
            rows = (
                connection.execute(
                    select(audit_records).where(_table.position > after).order_by(_table.position).limit(page)
                )
                .mappings()
                .fetchall()
            )
        for row in rows:
            if row["position"] != after + 1 or _link(chain, row) != row["chain"]:
                yield int(row["position"])
            after, chain = int(row["position"]), row["chain"]
        if len(rows) < page:
            return


def _seal(connection: Connection, limit: int) -> int:
    # Held in one order, so that two sealers wait for each other instead of standing in each other's way.
    unsealed = select(audit_records).where(_table.position.is_(None)).order_by(_table.seq).limit(limit)
    rows = connection.execute(unsealed.with_for_update()).mappings().fetchall()
    position, chain = _end(connection)
    sealed = 0
    for row in rows:
        position += 1
        chain = _link(chain, row)
        connection.execute(update(audit_records).where(_table.seq == row["seq"]).values(position=position, chain=chain))
        sealed += 1
    return sealed


def _end(connection: Connection) -> tuple[int, bytes]:
    last = connection.execute(select(func.max(_table.position))).scalar()
    if last is None:
        return 0, _GENESIS
    return int(last), connection.execute(select(_table.chain).where(_table.position == last)).scalar_one()


def _link(previous: bytes, row: RowMapping) -> bytes:
    content: dict[str, Any] = {key: value for key, value in row.items() if key not in ("position", "chain", "at")}
    content["at"] = row["at"].isoformat()
    return hashlib.sha256(previous + json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).digest()
