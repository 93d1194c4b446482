"""The one `MetaData` and the kinds of column rooms build tables from.

Every column says whether it holds personal data or a secret; a test fails on silence, so a scan for forgotten data
always knows where to look.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, Integer, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, also on SQLite, which keeps no zone. Refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC).replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A JSON value."""

Counting = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit whole number; SQLite numbers rows by itself only in a column it knows as INTEGER."""


def plain(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], *rest: Any, **options: Any) -> Column[Any]:
    """A column free of personal data and secrets."""
    return Column(name, kind, *rest, info={"sensitive": False}, **options)


def sensitive(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], *rest: Any, **options: Any) -> Column[Any]:
    """A column that holds personal data, a digest of it, or a secret, however well wrapped."""
    return Column(name, kind, *rest, info={"sensitive": True}, **options)
