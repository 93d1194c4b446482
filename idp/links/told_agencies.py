"""Which agencies have yet to hear of a member's link."""

from __future__ import annotations

from sqlalchemy import Connection, select

from idp.links.models import links
from idp.links.state import LinkState
from idp.signals.models import outbox
from idp.signals.states import UNTOLD


def connected(connection: Connection, member_id: str) -> list[tuple[str, bool]]:
    """The agencies a member is linked to, and whether each has received every message about it (REQ-33)."""
    waiting = (
        select(outbox.c.link_id)
        .where(
            outbox.c.link_id == links.c.id,
            # What is said of the member's claims has no version: the link itself may be known by then.
            outbox.c.link_version.is_not(None),
            outbox.c.state.in_(UNTOLD),
        )
        .correlate(links)
        .exists()
    )
    rows = connection.execute(
        select(links.c.agency_id, waiting.label("waits"))
        .where(links.c.member_id == member_id, links.c.state == LinkState.LINKED.value)
        .order_by(links.c.linked_at, links.c.agency_id)
    )
    return [(row.agency_id, not row.waits) for row in rows]
