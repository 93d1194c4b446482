"""What is kept of a member's consents toward relying parties when they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from idp.links.models import consents, links


class ConsentsHandedOver:
    """Every consent toward a relying party, in the order given, out of the live table."""

    category = "consents"

    def __call__(self, connection: Connection, member_id: str) -> Sequence[Mapping[str, Any]]:
        """The consents, ended and, until this moment, in force."""
        rows = connection.execute(
            select(consents, links.c.agency_id)
            .join(links, links.c.id == consents.c.link_id)
            .where(links.c.member_id == member_id)
            .order_by(consents.c.seq)
        ).all()
        of_member = select(links.c.id).where(links.c.member_id == member_id)
        connection.execute(delete(consents).where(consents.c.link_id.in_(of_member)))
        return [
            {
                "agency": row.agency_id,
                "relying_party": row.relying_party_id,
                "scopes": row.scopes,
                "given_at": row.given_at.isoformat(),
                "ended_at": row.ended_at.isoformat() if row.ended_at is not None else None,
            }
            for row in rows
        ]
