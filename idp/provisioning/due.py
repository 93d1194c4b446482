"""What is to be sent: finding the relying parties for which something is due, and taking rows of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, or_, select, update

from idp.links import provisionings as asked
from idp.links.models import links, provisionings
from idp.links.provisionings import ProvisioningState
from idp.links.state import LinkState

_row = provisionings.c


@dataclass(frozen=True, slots=True)
class Due:
    """One account to make or to tell of changes, ours until its lease ends."""

    id: str
    link_id: str
    relying_party_id: str
    member_id: str
    agency_id: str
    subject: str
    state: ProvisioningState
    remote: bytes | None = field(repr=False)
    revision: int
    sends: int
    refusals: int
    requested_at: datetime
    lease_token: str


def due_parties(connection: Connection, now: datetime) -> list[str]:
    """The relying parties for which something is due; one step of an index for each, however much waits."""
    found: list[str] = []
    query = select(_row.relying_party_id).where(_row.due_at.is_not(None)).order_by(_row.relying_party_id).limit(1)
    party = connection.execute(query).scalar()
    while party is not None:
        if connection.execute(_due(party, now).with_only_columns(_row.id).limit(1)).first() is not None:
            found.append(party)
        party = connection.execute(query.where(_row.relying_party_id > party)).scalar()
    return found


def claim(
    connection: Connection, relying_party_id: str, *, now: datetime, limit: int, lease: timedelta, token: str
) -> list[Due]:
    """Up to `limit` rows, leased to `token`. Call in a transaction that holds the lane."""
    if limit < 1:
        return []
    query = _due(relying_party_id, now).limit(limit).with_for_update(of=provisionings, skip_locked=True)
    rows = connection.execute(query).fetchall()
    if rows:
        connection.execute(
            update(provisionings)
            .where(_row.id.in_([row.id for row in rows]))
            .values(lease_token=token, leased_until=now + lease)
        )
    return [
        Due(
            id=row.id,
            link_id=row.link_id,
            relying_party_id=row.relying_party_id,
            member_id=row.member_id,
            agency_id=row.agency_id,
            subject=row.subject,
            state=ProvisioningState(row.state),
            remote=row.remote,
            revision=row.revision,
            sends=row.sends,
            refusals=row.refusals,
            requested_at=row.requested_at,
            lease_token=token,
        )
        for row in rows
    ]


def mend_times(connection: Connection, now: datetime, *, furthest: timedelta, longest_lease: timedelta) -> int:
    """Undo what a clock that ran ahead has written; how many rows that freed."""
    too_far = update(provisionings).where(_row.due_at > now + furthest).values(due_at=now)
    too_long = (
        update(provisionings)
        .where(_row.due_at.is_not(None), _row.leased_until > now + longest_lease)
        .values(**asked.NO_LEASE)
    )
    return connection.execute(too_far).rowcount + connection.execute(too_long).rowcount


def _due(relying_party_id: str, now: datetime) -> Select[Any]:
    """By due time: what failed has stepped back behind everything that waits. A suspended link's account waits."""
    return (
        select(
            *(_row[name] for name in ("id", "link_id", "relying_party_id", "state", "remote", "revision", "sends")),
            _row.refusals,
            _row.requested_at,
            links.c.member_id,
            links.c.agency_id,
            links.c.subject,
        )
        .join(links, links.c.id == _row.link_id)
        .where(
            _row.relying_party_id == relying_party_id,
            _row.due_at <= now,
            or_(_row.leased_until.is_(None), _row.leased_until <= now),
            links.c.state == LinkState.LINKED.value,
        )
        .order_by(_row.due_at, _row.id)
    )
