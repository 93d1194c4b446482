"""Ending every link with an agency that goes: decided in a moment, written in pieces by the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, Select, func, or_, select

from idp.agencies.catalogue import Catalogue, Snapshot
from idp.audit.actions import Action
from idp.audit.actor import Actor, ActorKind
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.fields import Undecipherable
from idp.links.ending import Ending, end
from idp.links.history import Cause
from idp.links.logout_notices import open_sessions
from idp.links.models import links
from idp.links.receipts import EndedLink, ReceiptCause, Receipts
from idp.links.state import LinkState
from idp.links.stop import entry
from idp.links.store import Link
from idp.links.tenant import tenant_behind
from idp.mail.letters import LinkStopped
from idp.members import store as members
from idp.members.inform import Inform
from idp.randomness import Randomness
from idp.signals.catalogue import LinkReason
from idp.signals.fan_out import Chunk, FanOut, queue_fan_out
from idp.storage.database import Database

_log = structlog.get_logger()
STOP_ALL: Final = "stop_all"
"""The cause under which the worker knows it."""
_MOST = 100
"""Links of one transaction: each takes a dozen statements, and its member waits meanwhile."""


@dataclass(frozen=True, slots=True)
class StopAllLinks:
    """Decides that every link with an agency ends."""

    database: Database
    clock: Clock
    randomness: Randomness

    def __call__(self, agency_id: str, *, actor: Actor) -> int:
        """How many links a worker will end soon. What is linked after this moment is not among them."""
        now = self.clock.now()
        with self.database.transaction() as connection:
            count = standing_with(connection, agency_id)
            if count:
                by = {"operator": actor.name}
                queue_fan_out(
                    connection, self.randomness, STOP_ALL, LinkReason.ADMIN_UNLINK.value, agency_id, now, detail=by
                )
            said: dict[str, str | int | bool | None] = {"links": count, "reason": LinkReason.ADMIN_UNLINK.value}
            record(connection, Record(now, Action.LINKS_ENDING, str(actor), agency_id=agency_id, detail=said))
        return count


@dataclass(frozen=True, slots=True)
class StopEach:
    """Ends the links of a fan-out, a piece at a time, as if an operator had stopped each: written down, told to the
    agency and to the member, who gets a receipt."""

    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    inform: Inform
    receipts_for: timedelta

    def __call__(self, connection: Connection, fan_out: FanOut, after: str | None, limit: int, /) -> Chunk:
        """The next piece."""
        most = min(limit, _MOST)
        page = _page(connection, fan_out, after or "", most)
        # In one order, whichever agencies they are of: two fan-outs must not wait for each other in a circle.
        for member_id in sorted(row.member_id for row in page):
            members.lock(connection, member_id)
        rows = _held(connection, fan_out, [row.id for row in page])
        operator = fan_out.detail.get("operator")
        actor = Actor(ActorKind.OPERATOR, str(operator) if operator is not None else None)
        snapshot, now = self.catalogue.snapshot(), self.clock.now()
        parties = snapshot.of_agency(fan_out.agency_id)
        endings = []
        for row in rows:
            link = Link(row.id, row.subject, LinkState(row.state), row.version)
            tenant = tenant_behind(connection, row.member_id, row.id, parties)
            endings.append(Ending(link, parties, tenant, open_sessions(connection, row.member_id, parties)))
        cause = Cause(LinkReason(fan_out.reason), actor)
        told = end(connection, endings, cause, now)
        for row, ending, each in zip(rows, endings, told, strict=True):
            of_it = entry(Action.LINK_STOPPED, cause, row.member_id, fan_out.agency_id, ending.ended, now)
            record(connection, of_it)
            self._write_to_member(connection, snapshot, row, each.line, now)
        notices = [notice for each in told for notice in each.notices]
        return Chunk(notices, len(rows), page[-1].id if len(page) == most else None)

    def _write_to_member(
        self, connection: Connection, snapshot: Snapshot, row: Row[Any], line: EndedLink, at: datetime
    ) -> None:
        receipt = Receipts(self.randomness, self.receipts_for).make(connection, ReceiptCause.UNLINK, [line], at)
        agency = snapshot.agencies.get(row.agency_id)
        if agency is None:
            return
        try:
            self.inform(connection, members.find(connection, row.member_id), LinkStopped(at, agency.name, receipt))
        except Undecipherable:
            # One whose profile cannot be opened cannot be written to; the others must not wait for that.
            _log.error("links.cannot_inform", link=row.id)


def standing_with(connection: Connection, agency_id: str) -> int:
    """How many members are linked with an agency, suspended links among them."""
    standing = (links.c.agency_id == agency_id) & (links.c.state != LinkState.UNLINKED.value)
    return connection.execute(select(func.count()).select_from(links).where(standing)).scalar_one()


def _page(connection: Connection, fan_out: FanOut, after: str, limit: int) -> list[Row[Any]]:
    query = _standing_since(fan_out).where(links.c.agency_id == fan_out.agency_id, links.c.id > after)
    return list(connection.execute(query.order_by(links.c.id).limit(limit)))


def _held(connection: Connection, fan_out: FanOut, link_ids: list[str]) -> list[Row[Any]]:
    """Those of the links that stand still, now that their members are locked."""
    query = _standing_since(fan_out).where(links.c.id.in_(link_ids))
    return list(connection.execute(query.order_by(links.c.id).with_for_update()))


def _standing_since(fan_out: FanOut) -> Select[Any]:
    """What was linked after the decision is none of its business."""
    before = or_(links.c.linked_at.is_(None), links.c.linked_at <= fan_out.created_at)
    return select(links).where(links.c.state != LinkState.UNLINKED.value, before)
