"""What a member agreed to release to relying parties, in force and ended, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from idp.links.models import consents, links


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """One consent. `number` pages; `ended_at` is None while it is in force."""

    number: int
    agency_id: str
    relying_party_id: str
    scopes: frozenset[str]
    given_at: datetime
    ended_at: datetime | None


def given_consents(
    connection: Connection, member_id: str, *, before: int | None = None, limit: int
) -> list[GivenConsent]:
    """Up to `limit` of a member's consents, newest first; the next page is that `before` the last `number` of this."""
    query = (
        select(
            consents.c.seq,
            links.c.agency_id,
            consents.c.relying_party_id,
            consents.c.scopes,
            consents.c.given_at,
            consents.c.ended_at,
        )
        .join(links, links.c.id == consents.c.link_id)
        .where(links.c.member_id == member_id)
    )
    if before is not None:
        query = query.where(consents.c.seq < before)
    return [
        GivenConsent(row.seq, row.agency_id, row.relying_party_id, frozenset(row.scopes), row.given_at, row.ended_at)
        for row in connection.execute(query.order_by(consents.c.seq.desc()).limit(limit))
    ]
