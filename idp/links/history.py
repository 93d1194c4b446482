"""Every step a link took, kept beside it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from idp.links import store
from idp.links.store import Link
from idp.signals.catalogue import LinkReason


def remember(
    connection: Connection, link: Link, previous: str | None, reason: LinkReason, actor: str, at: datetime
) -> None:
    """Write down the step that brought `link` where it is."""
    store.remember_step(
        connection,
        {
            "link_id": link.id,
            "version": link.version,
            "previous": previous,
            "current": link.state.value,
            "reason": reason.value,
            "actor": actor,
            "at": at,
        },
    )
