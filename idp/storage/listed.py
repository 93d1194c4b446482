"""Lists of text as one bound value: the statement stays the same however long they are, so it is prepared once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Dialect, String, Text, bindparam, cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import Boolean, TypeDecorator


class _Texts(TypeDecorator[Sequence[str]]):
    """The literal of an array where the database has them, else JSON. Not a list for the driver, which takes ten times
    as long to write the same literal."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str:
        listed = [str(each) for each in value or ()]
        return "{" + ",".join(map(_quoted, listed)) + "}" if dialect.name == "postgresql" else json.dumps(listed)


def _quoted(text: str) -> str:
    """An element of an array literal. PostgreSQL manual §8.15.6."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def texts(name: str) -> ColumnElement[Any]:
    """The texts bound as `name`, as an array; on PostgreSQL alone."""
    return cast(_bound(name), ARRAY(String))


def _bound(name: str) -> BindParameter[Any]:
    return bindparam(name, type_=_Texts())


class among(ColumnElement[bool]):  # noqa: N801  # reads as the operator it is
    """Whether `column` is one of the texts bound as `name`."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.name = name


@compiles(among, "postgresql")
def _on_postgresql(element: among, compiler: Any, **options: Any) -> str:
    column, listed = (compiler.process(each, **options) for each in (element.column, texts(element.name)))
    return f"{column} = ANY({listed})"


@compiles(among, "sqlite")
def _on_sqlite(element: among, compiler: Any, **options: Any) -> str:
    column, listed = (compiler.process(each, **options) for each in (element.column, _bound(element.name)))
    return f"{column} IN (SELECT value FROM json_each({listed}))"  # noqa: S608  # both are compiled
