"""Statements for the hot path: written with SQLAlchemy, compiled once, run by the driver itself.

SQLAlchemy's own execution costs three times what PostgreSQL and its driver cost together (docs/performance.md). What it
would have done per value is kept: types convert both ways, and errors are the ones it raises.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Dialect, Select
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
    """One statement. Every column it returns has a name of its own; lists that grow (`IN`) are not for it."""

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
        dialect = connection.dialect
        compiled = self._by_dialect.get(dialect.name)
        if compiled is None:
            compiled = self._by_dialect[dialect.name] = _compile(self._statement, self._given, dialect)
        values = compiled.values(parameters)
        driver: Any = connection.connection.dbapi_connection
        cursor = driver.cursor()
        try:
            if dialect.name == "postgresql":
                # From the first time on; the driver would wait for the fifth.
                cursor.execute(compiled.text, values, prepare=True)
            else:
                cursor.execute(compiled.text, values)
        except dialect.loaded_dbapi.Error as error:
            raise _as_sqlalchemy_would(connection, error) from error
        return compiled, cursor


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
    convert: list[tuple[str, _Convert]] = []
    for bind, name in compiled.bind_names.items():
        to_driver = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if bind.required:
            if to_driver is not None:
                convert.append((name, to_driver))
        else:
            value = bind.effective_value
            fixed[name] = value if to_driver is None else to_driver(value)
    columns = list(statement.exported_columns)
    from_driver = (column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
    row: Any = namedtuple("Row", [str(column.key) for column in columns]) if columns else tuple  # noqa: PYI024
    return _Compiled(
        str(compiled),
        fixed,
        tuple(convert),
        tuple(compiled.positiontup) if compiled.positional else None,
        row,
        tuple((index, process) for index, process in enumerate(from_driver) if process is not None),
    )
