"""Every query on the index of sessions. Written when a session starts or is looked at, never when one is used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from idp.sessions.models import browser_sessions

_row = browser_sessions.c


@dataclass(frozen=True, slots=True)
class Indexed:
    """Where one session is kept, and whose it is."""

    session_id: str
    member_id: str
    member_epoch: int
    place: str
    ends_at: datetime


def put(connection: Connection, entry: Indexed, look_at: datetime) -> None:
    """Write down where a session is kept from now on."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {
        "member_id": entry.member_id,
        "member_epoch": entry.member_epoch,
        "place": entry.place,
        "ends_at": entry.ends_at,
        "look_at": look_at,
    }
    statement = dialect.insert(browser_sessions).values(session_id=entry.session_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["session_id"], set_=values))


def move(connection: Connection, former: str, entry: Indexed, look_at: datetime) -> bool:
    """Write down that a session is kept elsewhere from now on; whether it was still known to be at `former`."""
    here = (_row.session_id == entry.session_id) & (_row.place == former)
    values = {"place": entry.place, "ends_at": entry.ends_at, "look_at": look_at}
    return connection.execute(update(browser_sessions).where(here).values(**values)).rowcount == 1


def of_member(connection: Connection, member_id: str) -> list[Indexed]:
    """Where a member's sessions are kept; some may have ended."""
    return _entries(connection.execute(select(browser_sessions).where(_row.member_id == member_id)))


def due(connection: Connection, now: datetime, limit: int) -> list[Indexed]:
    """Up to `limit` sessions that somebody must look at."""
    query = select(browser_sessions).where(_row.look_at <= now).order_by(_row.look_at).limit(limit)
    return _entries(connection.execute(query))


def look_again(connection: Connection, session_ids: Iterable[str], at: datetime) -> None:
    """These sessions live; look at them again at `at`, or at their end where that is sooner."""
    next_look = case((_row.ends_at < at, _row.ends_at), else_=at)
    connection.execute(update(browser_sessions).where(_row.session_id.in_(list(session_ids))).values(look_at=next_look))


def remove(connection: Connection, entry: Indexed) -> bool:
    """Forget a session that has ended; whether it was still kept where `entry` says. One of any number of workers
    hears yes, and none does when its member proved again who they are meanwhile, which moves the session."""
    gone = delete(browser_sessions).where(_row.session_id == entry.session_id, _row.place == entry.place)
    return connection.execute(gone).rowcount == 1


def end(connection: Connection, session_id: str) -> Indexed | None:
    """Where a session was kept at last, which is forgotten wherever that was; None where somebody ended it before."""
    gone = delete(browser_sessions).where(_row.session_id == session_id).returning(browser_sessions)
    return next(iter(_entries(connection.execute(gone))), None)


def _entries(rows: Iterable[Row[Any]]) -> list[Indexed]:
    return [Indexed(row.session_id, row.member_id, row.member_epoch, row.place, row.ends_at) for row in rows]
