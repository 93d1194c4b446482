"""Statements for the hot path: written with SQLAlchemy, compiled once, run by the driver itself.

SQLAlchemy's own execution costs three times what PostgreSQL and its driver cost together (docs/performance.md). What it
would have done per value is kept: types convert both ways, and errors are the ones it raises.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Dialect, Select, String, Table, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import UpdateBase

_Convert = Callable[[Any], Any]
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The statement in one dialect."""

    text: str
    fixed: Mapping[str, Any]
    """Values that stand in the statement itself, ready for the driver."""
    convert: tuple[tuple[str, _Convert], ...]
    order: tuple[str, ...] | None
    """The names of positional parameters; None where the driver takes them by name."""
    row: Callable[..., Any]
    columns: tuple[tuple[int, _Convert], ...]

    def values(self, given: Mapping[str, Any]) -> Mapping[str, Any] | Sequence[Any]:
        """`given` as the driver takes it."""
        values = {**self.fixed, **given}
        for name, convert in self.convert:
            values[name] = convert(values[name])
        return values if self.order is None else [values[name] for name in self.order]

    def read(self, fetched: Sequence[Any]) -> Any:
        """A row with its columns as attributes."""
        if not self.columns:
            return self.row(*fetched)
        values = list(fetched)
        for index, convert in self.columns:
            values[index] = convert(values[index])
        return self.row(*values)


class Prepared:
    """One statement. Every column it returns has a name of its own; lists that grow are bound by `listed.among`."""

    def __init__(self, statement: Select[Any] | UpdateBase, *columns: str) -> None:
        """Nothing is compiled yet: which dialect is known only at the first call.

        `columns` are those that an `insert` without values sets.
        """
        self._statement = statement
        self._given = columns
        self._by_dialect: dict[str, _Compiled] = {}

    def first(self, connection: Connection, parameters: Mapping[str, Any] = _NOTHING) -> Any:
        """The first row, or None.

        Raises:
            DBAPIError: as SQLAlchemy's own execution.
        """
        compiled, cursor = self._run(connection, parameters)
        fetched = cursor.fetchone()
        cursor.close()
        return None if fetched is None else compiled.read(fetched)

    def all(self, connection: Connection, parameters: Mapping[str, Any] = _NOTHING) -> list[Any]:
        """Every row.

        Raises:
            DBAPIError: as SQLAlchemy's own execution.
        """
        compiled, cursor = self._run(connection, parameters)
        fetched = cursor.fetchall()
        cursor.close()
        return [compiled.read(each) for each in fetched]

    def run(self, connection: Connection, parameters: Mapping[str, Any] = _NOTHING) -> int:
        """Change something; how many rows it concerned.

        Raises:
            DBAPIError: as SQLAlchemy's own execution.
        """
        _, cursor = self._run(connection, parameters)
        count: int = cursor.rowcount
        cursor.close()
        return count

    def _run(self, connection: Connection, parameters: Mapping[str, Any]) -> tuple[_Compiled, Any]:
        compiled = self._by_dialect.get(connection.dialect.name)
        if compiled is None:
            dialect = connection.dialect
            compiled = self._by_dialect[dialect.name] = _compile(self._statement, self._given, dialect)
        return compiled, send(connection, compiled.text, compiled.values(parameters))


class PreparedTogether:
    """Changes of different tables that one happening makes, by the same parameters; on PostgreSQL one statement.

    None of them sees what the others change.
    """

    def __init__(self, *statements: UpdateBase) -> None:
        """The statements, in the order in which they take their locks where they are not one."""
        *others, last = statements
        self._each = tuple(Prepared(each) for each in statements)
        self._one = Prepared(last.add_cte(*(each.cte(f"part_{number}") for number, each in enumerate(others))))

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> None:
        """Change what they change.

        Raises:
            DBAPIError: as SQLAlchemy's own execution.
        """
        for statement in (self._one,) if connection.dialect.name == "postgresql" else self._each:
            statement.run(connection, parameters)


class PreparedRows:
    """An insert of many rows at once, in their order; on PostgreSQL one statement with one value."""

    def __init__(self, table: Table, *columns: str) -> None:
        """`columns` are those that each row sets; none of them may hold octets."""
        self._table = table
        self._columns = columns
        self._one = Prepared(insert(table).inline(), *columns)
        self._text: str | None = None

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write `rows`, which may be none.

        Raises:
            DBAPIError: as SQLAlchemy's own execution; then none of them is written.
        """
        if connection.dialect.name != "postgresql":
            for row in rows:
                self._one.run(connection, row)
        elif rows:
            if self._text is None:
                self._text = _insert_of_records(self._table, self._columns, connection.dialect)
            send(connection, self._text, {"rows": _encode_rows(rows)}).close()


_encode_rows = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat).encode


def _insert_of_records(table: Table, columns: Sequence[str], dialect: Dialect) -> str:
    """As JSON, because the driver needs four times as long to write the same as rows or as arrays."""
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in columns)
    # Without its length: what is too long is to be refused by the column, not cut silently by a cast.
    kinds = ((quote(name), table.c[name].type) for name in columns)
    record = ", ".join(
        f"{name} {'VARCHAR' if isinstance(kind, String) else dialect.type_compiler_instance.process(kind)}"
        for name, kind in kinds
    )
    # In the order given: numbers that the database deals out are the order of messages.
    return (
        f"INSERT INTO {dialect.identifier_preparer.format_table(table)} ({names}) "  # noqa: S608  # names of our own
        f"SELECT {names} FROM ROWS FROM (json_to_recordset(%(rows)s::json) AS ({record})) WITH ORDINALITY "
        "ORDER BY ordinality"
    )


def send(connection: Connection, text: str, values: Any) -> Any:
    """The driver's cursor after it ran `text`. Every prepared statement goes through here.

    Raises:
        DBAPIError: as SQLAlchemy's own execution.
    """
    driver: Any = connection.connection.dbapi_connection
    cursor = driver.cursor()
    try:
        if connection.dialect.name == "postgresql":
            # From the first time on; the driver would wait for the fifth.
            cursor.execute(text, values, prepare=True)
        else:
            cursor.execute(text, values)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_sqlalchemy_would(connection, error) from error
    return cursor


def _as_sqlalchemy_would(connection: Connection, error: Exception) -> BaseException:
    """The error that callers know, without its values; a connection that died does not go back into the pool."""
    dialect = connection.dialect
    kind: Any = dialect.loaded_dbapi.Error
    lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(error)
        # Its neighbours in the pool died with it, most likely; otherwise each would fail one request more.
        connection.engine.dispose()
    return DBAPIError.instance(
        None, None, error, kind, hide_parameters=True, connection_invalidated=lost, dialect=dialect
    )


def _compile(statement: Select[Any] | UpdateBase, given: tuple[str, ...], dialect: Dialect) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(given) or None)
    fixed: dict[str, Any] = {}
    # By name: what stands in several places of the statement is converted once.
    convert: dict[str, _Convert] = {}
    for bind, name in compiled.bind_names.items():
        to_driver = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if bind.required:
            if to_driver is not None:
                convert[name] = to_driver
        else:
            value = bind.effective_value
            fixed[name] = value if to_driver is None else to_driver(value)
    columns = list(statement.exported_columns)
    from_driver = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
    row: Any = namedtuple("Row", [str(column.key) for column in columns]) if columns else tuple  # noqa: PYI024
    return _Compiled(
        str(compiled),
        fixed,
        tuple(convert.items()),
        tuple(compiled.positiontup) if compiled.positional else None,
        row,
        tuple((index, process) for index, process in enumerate(from_driver) if process is not None),
    )
