"""Links as their agency reads them: those that ended too, so that nobody goes on believing in one.

Nothing here pages by a sequence: numbers are given before their transactions commit, and a reader who goes on "after
the last number" loses whatever commits late. All links go by id, which no commit can change; those that changed go by
when they did, and whoever asks for them again asks from a little before (`OVERLAP`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, select, tuple_

from idp.links.models import link_confirmations, links
from idp.links.state import LinkState
from idp.members.models import enterprises, members
from idp.storage.prepared import Prepared

OVERLAP = timedelta(minutes=5)
"""Longer than any transaction of ours may take and servers' clocks may differ: a change is stamped at most this long
before it can be seen."""
_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class AgencyLink:
    """One link in its present state, ended ones included."""

    id: str
    subject: str
    member_kind: str
    tenant: str | None
    """The 기업 UUID, as long as the enterprise is a member."""
    state: LinkState
    version: int
    changed_at: datetime
    member_id: str = field(repr=False)
    data_key: bytes | None = field(repr=False)


_LINKS = (
    select(
        links.c.id,
        links.c.subject,
        links.c.state,
        links.c.version,
        links.c.changed_at,
        members.c.id.label("member_id"),
        members.c.kind,
        members.c.data_key,
        enterprises.c.enterprise_uuid,
    )
    .select_from(
        links.join(members, members.c.id == links.c.member_id).outerjoin(
            enterprises, enterprises.c.member_id == links.c.member_id
        )
    )
    .where(links.c.agency_id == bindparam("agency_id"))
)
_ONE = Prepared(_LINKS.where(links.c.id == bindparam("link_id")))
_VERSIONS = Prepared(
    select(links.c.id, links.c.version, links.c.state)
    .where(links.c.agency_id == bindparam("agency_id"), links.c.id > bindparam("after"))
    .order_by(links.c.id)
    .limit(_AT_ONCE)
)


_CONFIRMED_VERSIONS = Prepared(
    select(links.c.id, links.c.version, links.c.state, link_confirmations.c.version.label("confirmed"))
    .select_from(
        links.outerjoin(
            link_confirmations,
            and_(
                link_confirmations.c.link_id == links.c.id,
                link_confirmations.c.relying_party_id == bindparam("relying_party_id"),
            ),
        )
    )
    .where(links.c.agency_id == bindparam("agency_id"), links.c.id > bindparam("after"))
    .order_by(links.c.id)
    .limit(_AT_ONCE)
)


def one(connection: Connection, agency_id: str, link_id: str) -> AgencyLink | None:
    """The agency's link of this id."""
    row = _ONE.first(connection, {"agency_id": agency_id, "link_id": link_id})
    return None if row is None else _read(row)


def page(connection: Connection, agency_id: str, *, after: str = "", limit: int) -> list[AgencyLink]:
    """Up to `limit` of an agency's links by id, from the first behind `after` on."""
    return _all(connection, agency_id, _LINKS.where(links.c.id > after).order_by(links.c.id).limit(limit))


def changed(
    connection: Connection, agency_id: str, since: datetime, *, after: tuple[datetime, str] | None, limit: int
) -> list[AgencyLink]:
    """Up to `limit` of the links that changed at `since` or later, the earliest change first."""
    query = _LINKS.where(links.c.changed_at >= since).order_by(links.c.changed_at, links.c.id).limit(limit)
    if after is not None:
        query = query.where(tuple_(links.c.changed_at, links.c.id) > tuple_(*after))
    return _all(connection, agency_id, query)


def of_ids(connection: Connection, agency_id: str, link_ids: Collection[str]) -> list[AgencyLink]:
    """Those of these that are the agency's, by id. A thousand at most."""
    return _all(connection, agency_id, _LINKS.where(links.c.id.in_(link_ids)).order_by(links.c.id))


def versions(connection: Connection, agency_id: str, *, after: str = "") -> Iterator[tuple[str, int, str]]:
    """Id, version and state of every link behind `after`, by id; read a few thousand at a time."""
    while True:
        rows = _VERSIONS.all(connection, {"agency_id": agency_id, "after": after})
        for row in rows:
            yield row.id, row.version, row.state
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].id


def confirmed_versions(
    connection: Connection, agency_id: str, relying_party_id: str
) -> Iterator[tuple[str, int, str, int | None]]:
    """The same of every link, each with the version that a relying party confirmed."""
    after = ""
    while True:
        whose = {"agency_id": agency_id, "relying_party_id": relying_party_id, "after": after}
        rows = _CONFIRMED_VERSIONS.all(connection, whose)
        for row in rows:
            yield row.id, row.version, row.state, row.confirmed
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].id


def _all(connection: Connection, agency_id: str, query: Select[Any]) -> list[AgencyLink]:
    return [_read(row) for row in connection.execute(query, {"agency_id": agency_id})]


def _read(row: Row[Any]) -> AgencyLink:
    return AgencyLink(
        row.id,
        row.subject,
        row.kind,
        row.enterprise_uuid,
        LinkState(row.state),
        row.version,
        row.changed_at,
        row.member_id,
        row.data_key,
    )
