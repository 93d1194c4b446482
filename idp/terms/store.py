"""Every query on documents and answers. Nothing here opens a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, desc, func, insert, select

from idp.terms.document import Audience, Document, Text
from idp.terms.models import terms_answers, terms_versions

_EDITION = select(func.coalesce(func.max(terms_versions.c.edition), 0))


def edition(connection: Connection) -> int:
    """The edition in force; 0 while there are no documents."""
    return int(connection.execute(_EDITION).scalar_one())


def in_force(connection: Connection) -> list[Document]:
    """The newest version of each document, in their order."""
    newest = (
        select(terms_versions.c.document_id, func.max(terms_versions.c.version).label("version"))
        .group_by(terms_versions.c.document_id)
        .subquery()
    )
    rows = connection.execute(
        select(terms_versions)
        .join(
            newest,
            (newest.c.document_id == terms_versions.c.document_id) & (newest.c.version == terms_versions.c.version),
        )
        .order_by(terms_versions.c.position)
    )
    return [_document(row) for row in rows]


def version(connection: Connection, document_id: str, number: int) -> Document | None:
    """A document as it was in one version."""
    row = connection.execute(
        select(terms_versions).where(terms_versions.c.document_id == document_id, terms_versions.c.version == number)
    ).one_or_none()
    return None if row is None else _document(row)


def add_version(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(terms_versions).values(**values))


def add_answers(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    values = [dict(row) for row in rows]
    if values:
        connection.execute(insert(terms_answers), values)


def answers(connection: Connection, member_id: str, *, before: int | None, limit: int) -> list[Row[Any]]:
    """A page of what a member answered, newest first; `before` is the `seq` that the last page ended with."""
    query = select(terms_answers).where(terms_answers.c.member_id == member_id)
    if before is not None:
        query = query.where(terms_answers.c.seq < before)
    return list(connection.execute(query.order_by(desc(terms_answers.c.seq)).limit(limit)))


def last_answers(connection: Connection, member_id: str) -> dict[str, Row[Any]]:
    """What a member answered last, by document."""
    newest = (
        select(func.max(terms_answers.c.seq))
        .where(terms_answers.c.member_id == member_id)
        .group_by(terms_answers.c.document_id)
    )
    rows = connection.execute(select(terms_answers).where(terms_answers.c.seq.in_(newest)))
    return {row.document_id: row for row in rows}


def has_answered(connection: Connection, member_id: str, document_id: str, number: int) -> bool:
    """Whether a member was asked this version of a document."""
    query = select(terms_answers.c.seq).where(
        terms_answers.c.member_id == member_id,
        terms_answers.c.document_id == document_id,
        terms_answers.c.version == number,
    )
    return connection.execute(query.limit(1)).first() is not None


def _document(row: Row[Any]) -> Document:
    return Document(
        id=row.document_id,
        version=row.version,
        audience=Audience(row.audience),
        required=row.required,
        position=row.position,
        purpose=row.purpose,
        texts={language: Text(**text) for language, text in row.texts.items()},
        sha256=row.sha256,
        edition=row.edition,
    )


def answer_row(
    member_id: str,
    document: Document,
    *,
    agreed: bool,
    at: datetime,
    address: str | None,
    language: str,
    channel: str,
    detail: Mapping[str, Any],
) -> dict[str, Any]:
    """One answer as a row (REQ-13)."""
    return {
        "member_id": member_id,
        "document_id": document.id,
        "version": document.version,
        "sha256": document.sha256,
        "agreed": agreed,
        "at": at,
        "address": address,
        "language": language,
        "channel": channel,
        "detail": dict(detail),
    }
