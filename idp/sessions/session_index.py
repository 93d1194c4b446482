"""Every query on the index of sessions. Written when a session starts or is looked at, never when one is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from idp.sessions.models import browser_sessions

_row = browser_sessions.c


@dataclass(frozen=True, slots=True)
class Indexed:
    """Where one session is kept, and whose it is; once it is over, why and who has been told."""

    session_id: str
    member_id: str
    member_epoch: int
    place: str
    ends_at: datetime
    ended_because: str | None = None
    told: frozenset[str] = frozenset()


def put(connection: Connection, entry: Indexed, look_at: datetime) -> None:
    """Write down where a session is kept from now on."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {
        "member_id": entry.member_id,
        "member_epoch": entry.member_epoch,
        "place": entry.place,
        "ends_at": entry.ends_at,
        "look_at": look_at,
        "ended_because": None,
        "told": None,
    }
    statement = dialect.insert(browser_sessions).values(session_id=entry.session_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["session_id"], set_=values))


def move(connection: Connection, former: str, entry: Indexed, look_at: datetime) -> bool:
    """Write down that a session is kept elsewhere from now on; whether it went on and was known to be at `former`."""
    here = (_row.session_id == entry.session_id) & (_row.place == former) & _row.ended_because.is_(None)
    values = {"place": entry.place, "ends_at": entry.ends_at, "look_at": look_at}
    return connection.execute(update(browser_sessions).where(here).values(**values)).rowcount == 1


def of_member(connection: Connection, member_id: str) -> list[Indexed]:
    """Where a member's sessions are kept; some may have ended without anybody having noticed."""
    open_ones = (_row.member_id == member_id) & _row.ended_because.is_(None)
    return _entries(connection.execute(select(browser_sessions).where(open_ones)))


def due(connection: Connection, now: datetime, limit: int) -> list[Indexed]:
    """Up to `limit` sessions that somebody must look at."""
    query = select(browser_sessions).where(_row.look_at <= now).order_by(_row.look_at).limit(limit)
    return _entries(connection.execute(query))


def look_again(connection: Connection, looks: Mapping[str, datetime]) -> None:
    """These sessions live; look at each again at its time."""
    lives = (_row.session_id == bindparam("which")) & _row.ended_because.is_(None)
    values = [{"which": session_id, "at": at} for session_id, at in sorted(looks.items())]
    connection.execute(update(browser_sessions).where(lives).values(look_at=bindparam("at")), values)


def look_now(connection: Connection, session_id: str, place: str, now: datetime) -> None:
    """Look as soon as may be at a session that is kept at `place` no more; not where it goes on elsewhere."""
    there = (_row.session_id == session_id) & (_row.place == place) & _row.ended_because.is_(None)
    connection.execute(update(browser_sessions).where(there).values(look_at=now))


def held(connection: Connection, session_id: str) -> Indexed | None:
    """Where a session is kept, and nobody changes that until the transaction ends; None for one long over."""
    query = select(browser_sessions).where(_row.session_id == session_id).with_for_update()
    return next(iter(_entries(connection.execute(query))), None)


def end(connection: Connection, session_id: str, because: str, told: Iterable[str], look_at: datetime) -> None:
    """Write down that a session is over and who has been told; somebody looks a last time at `look_at`."""
    values = {"ended_because": because, "told": sorted(told), "look_at": look_at}
    connection.execute(update(browser_sessions).where(_row.session_id == session_id).values(**values))


def end_all(connection: Connection, member_id: str, because: str, look_at: datetime) -> tuple[str, ...]:
    """Write down that every open session of a member is over, of which everybody is being told; their ids."""
    open_ones = (_row.member_id == member_id) & _row.ended_because.is_(None)
    # In one order, as `look_again` takes them: neither waits for the other in a circle.
    query = select(_row.session_id).where(open_ones).order_by(_row.session_id).with_for_update()
    session_ids = tuple(connection.execute(query).scalars())
    if session_ids:
        ended = update(browser_sessions).where(_row.session_id.in_(session_ids))
        connection.execute(ended.values(ended_because=because, look_at=look_at))
    return session_ids


def forget(connection: Connection, session_id: str) -> None:
    """Keep nothing more of a session."""
    connection.execute(delete(browser_sessions).where(_row.session_id == session_id))


def _entries(rows: Iterable[Row[Any]]) -> list[Indexed]:
    return [
        Indexed(
            row.session_id,
            row.member_id,
            row.member_epoch,
            row.place,
            row.ends_at,
            row.ended_because,
            frozenset(row.told or ()),
        )
        for row in rows
    ]
