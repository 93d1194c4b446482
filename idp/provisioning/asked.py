"""What an operator sees of the accounts asked for, and asking again for those that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, or_, select, update

from idp.audit.actions import Action
from idp.audit.actor import Actor
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import NotFound
from idp.links.models import links, provisionings
from idp.links.provisionings import NO_LEASE, ProvisioningState
from idp.links.state import LinkState
from idp.provisioning.attempt import Needed
from idp.storage.database import Database

_row = provisionings.c
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """One account, as far as it may be shown: the link names it toward the agency, nothing names the member."""

    id: str
    relying_party_id: str
    link_id: str
    mode: str
    state: str
    action: str | None
    outcome: str | None
    sends: int
    requested_at: datetime
    due_at: datetime | None


def asked(
    connection: Connection,
    *,
    relying_party_id: str | None = None,
    state: ProvisioningState | None = None,
    after: str | None = None,
    limit: int,
) -> list[Asked]:
    """Up to `limit` accounts, oldest first; the next page is that `after` the last `id` of this. Without a `state`,
    those that are requested or failed.

    Raises:
        NotFound: nothing is known of `after`.
    """
    row = _row
    query = select(*(row[name] for name in Asked.__slots__)).order_by(row.requested_at, row.id).limit(limit)
    wanted = [state.value] if state is not None else [ProvisioningState.REQUESTED.value, ProvisioningState.FAILED.value]
    query = query.where(row.state.in_(wanted))
    if relying_party_id is not None:
        query = query.where(row.relying_party_id == relying_party_id)
    if after is not None:
        at = connection.execute(select(row.requested_at).where(row.id == after)).scalar()
        if at is None:
            raise NotFound("there is no such request")
        query = query.where(or_(row.requested_at > at, and_(row.requested_at == at, row.id > after)))
    return [Asked(*each) for each in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Retry:
    """Asks again for accounts that failed, at once, once an operator has seen to what was needed."""

    database: Database
    clock: Clock

    def __call__(self, *, relying_party_id: str | None = None, identifier: str | None = None, actor: Actor) -> int:
        """How many: the one of `identifier`, or all of a relying party; some hundred a transaction."""
        count, last = 0, ""
        while True:
            with self.database.transaction() as connection:
                rows = connection.execute(_failed(relying_party_id, identifier, last)).fetchall()
                if rows:
                    last = rows[-1].id
                    self._again(connection, rows, actor)
            count += len(rows)
            if len(rows) < _BATCH:
                return count

    def _again(self, connection: Connection, rows: Sequence[Row[Any]], actor: Actor) -> None:
        now = self.clock.now()
        told = and_(_row.action == Needed.NOT_UPDATED.value, _row.remote.is_not(None))
        created, requested = ProvisioningState.CREATED.value, ProvisioningState.REQUESTED.value
        connection.execute(
            update(provisionings)
            .where(_row.id.in_([row.id for row in rows]))
            .values(
                # What was made is told again; everything else is looked for, and made where it is not found.
                state=case((told, created), else_=requested),
                remote=case((told, _row.remote), else_=None),
                action=None,
                refusals=0,
                due_at=case((_row.mode == "scim", now), else_=None),
                **NO_LEASE,
            )
        )
        entries = (
            Record(
                now,
                Action.PROVISIONING_RETRIED,
                str(actor),
                row.member_id,
                row.agency_id,
                row.relying_party_id,
                detail={"action": row.action},
            )
            for row in rows
        )
        record(connection, *entries)


def _failed(relying_party_id: str | None, identifier: str | None, last: str) -> Select[Any]:
    query = (
        select(_row.id, _row.relying_party_id, _row.action, links.c.member_id, links.c.agency_id)
        .join(links, links.c.id == _row.link_id)
        .where(
            _row.state == ProvisioningState.FAILED.value,
            links.c.state != LinkState.UNLINKED.value,
            _row.id > last,
        )
        .order_by(_row.id)
        .limit(_BATCH)
        .with_for_update(of=provisionings)
    )
    if relying_party_id is not None:
        query = query.where(_row.relying_party_id == relying_party_id)
    return query if identifier is None else query.where(_row.id == identifier)
