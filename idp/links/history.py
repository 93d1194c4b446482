"""Every step a link took, kept beside it with who took it and why."""

from __future__ import annotations

from collections.abc import Sequence
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
    return remember_all(connection, [(link, previous)], cause, at)[0]


def remember_all(
    connection: Connection, moved: Sequence[tuple[Link, LinkState | None]], cause: Cause, at: datetime
) -> list[LinkChange]:
    """The same of several links, each with the state it comes from, that one cause moved."""
    entity = cause.actor.initiating_entity
    changes = [
        LinkChange(link.id, link.version, previous and previous.value, link.state.value, cause.reason, entity, at)
        for link, previous in moved
    ]
    rows = [
        {
            "link_id": change.link_id,
            "version": change.version,
            "previous": change.previous_status,
            "current": change.current_status,
            "reason": cause.reason.value,
            "actor": str(cause.actor),
            "at": at,
        }
        for change in changes
    ]
    store.remember_steps(connection, rows)
    return changes


def steps(connection: Connection, link_id: str, *, before: int | None = None, limit: int) -> list[PastStep]:
    """Up to `limit` steps of a link, newest first; the next page is that `before` the last version of this."""
    query = select(link_changes).where(link_changes.c.link_id == link_id)
    if before is not None:
        query = query.where(link_changes.c.version < before)
    return [
        PastStep(row.version, row.previous, row.current, row.reason, row.actor, row.at)
        for row in connection.execute(query.order_by(link_changes.c.version.desc()).limit(limit))
    ]
