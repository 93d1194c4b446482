"""Hearing every statement before it runs, SQLAlchemy's own and prepared ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from sqlalchemy import Connection, event

from idp.storage import prepared
from idp.storage.database import Database


@contextmanager
def heard(database: Database, listen: Callable[[str, Any], None]) -> Iterator[None]:
    """Call `listen` with each statement of a transaction on `database`, and its values; what it raises is raised."""

    def before(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        listen(statement, values)

    def send(connection: Connection, text: str, values: Any) -> Any:
        if connection.engine is database.engine:
            listen(text, values)
        return sending(connection, text, values)

    sending = prepared.send
    event.listen(database.engine, "before_cursor_execute", before)
    try:
        with mock.patch.object(prepared, "send", send):
            yield
    finally:
        event.remove(database.engine, "before_cursor_execute", before)


def explained(database: Database, statement: str, values: Any) -> str:
    """How the database would run a statement, told by another connection than the one that is about to."""
    explain = "EXPLAIN QUERY PLAN " if database.kind == "sqlite" else "EXPLAIN "
    raw = database.engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute(explain + statement, values)
        return "\n".join(str(row) for row in cursor.fetchall())
    finally:
        raw.close()
