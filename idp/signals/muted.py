"""Subjects that a receiver took out of its stream: it hears of them what it must know, no more. SSF 1.0 §8.1.3.

Nobody can mute the end of a link. Who could make an agency deaf for one member could keep that member's account usable
there after they have withdrawn (SSF 1.0 §9.3).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, tuple_

from idp.signals.models import muted_subjects

_columns = muted_subjects.c
_AT_ONCE = 500


def mute(connection: Connection, relying_party_id: str, subject: str, at: datetime) -> bool:
    """Take `subject` out; whether it was in. The caller holds the relying party."""
    if _muted(connection, [(relying_party_id, subject)]):
        return False
    connection.execute(insert(muted_subjects).values(relying_party_id=relying_party_id, subject=subject, muted_at=at))
    return True


def unmute(connection: Connection, relying_party_id: str, subject: str) -> bool:
    """Take `subject` back in; whether it was out."""
    of = (_columns.relying_party_id == relying_party_id) & (_columns.subject == subject)
    return connection.execute(delete(muted_subjects).where(of)).rowcount > 0


def forget(connection: Connection, relying_party_id: str) -> None:
    """Take every subject back in."""
    connection.execute(delete(muted_subjects).where(_columns.relying_party_id == relying_party_id))


def among(connection: Connection, pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Which of `pairs`, relying party and subject, are muted."""
    asked = sorted(set(pairs))
    found: set[tuple[str, str]] = set()
    for start in range(0, len(asked), _AT_ONCE):
        found |= _muted(connection, asked[start : start + _AT_ONCE])
    return frozenset(found)


def _muted(connection: Connection, pairs: list[tuple[str, str]]) -> set[tuple[str, str]]:
    query = select(_columns.relying_party_id, _columns.subject).where(
        tuple_(_columns.relying_party_id, _columns.subject).in_(pairs)
    )
    return {(row[0], row[1]) for row in connection.execute(query)}
