"""Every step a link took, kept beside it with who took it and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from idp.audit.actor import MEMBER, Actor
from idp.links import store
from idp.links.models import link_changes
from idp.links.state import LinkState
from idp.links.store import Link
from idp.signals.catalogue import LinkChange, LinkReason


@dataclass(frozen=True, slots=True)
class Cause:
    """Who changes a link and why; `address` is where they were, where that is known."""

    reason: LinkReason
    actor: Actor = MEMBER
    address: str | None = None


@dataclass(frozen=True, slots=True)
class PastStep:
    """One step as it was written down."""

    version: int
    previous: str | None
    current: str
    reason: str
    actor: str
    at: datetime


def remember(connection: Connection, link: Link, previous: LinkState | None, cause: Cause, at: datetime) -> LinkChange:
    """Write down the step that brought `link` where it is; what is told of it."""
    was = previous.value if previous is not None else None
    store.remember_step(
        connection,
        {
            "link_id": link.id,
            "version": link.version,
            "previous": was,
            "current": link.state.value,
            "reason": cause.reason.value,
            "actor": str(cause.actor),
            "at": at,
        },
    )
    entity = cause.actor.initiating_entity
    return LinkChange(link.id, link.version, was, link.state.value, cause.reason, entity, at)


def steps(connection: Connection, link_id: str, *, before: int | None = None, limit: int) -> list[PastStep]:
    """Up to `limit` steps of a link, newest first; the next page is that `before` the last version of this."""
    query = select(link_changes).where(link_changes.c.link_id == link_id)
    if before is not None:
        query = query.where(link_changes.c.version < before)
    return [
        PastStep(row.version, row.previous, row.current, row.reason, row.actor, row.at)
        for row in connection.execute(query.order_by(link_changes.c.version.desc()).limit(limit))
    ]
