"""Ending links: one of them (계정 연결 중단), or all of a member who leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from idp.agencies.catalogue import Catalogue, Snapshot
from idp.agencies.relying_party import RelyingParty
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import NotFound
from idp.links import store
from idp.links.accounts import detach
from idp.links.history import remember
from idp.links.notices import notices
from idp.links.state import LinkState, Step, after
from idp.links.store import Link
from idp.members import store as members
from idp.randomness import Randomness
from idp.signals.catalogue import LinkChange, LinkReason
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class StopLink:
    """Ends one link. From commit on nothing issued under it is good, whether or not the agency has heard."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue

    def __call__(self, member_id: str, agency_id: str, *, reason: LinkReason, address: str | None = None) -> Link:
        """The link as it stands now.

        Raises:
            NotFound: there is no such member or link.
            NoSuchStep: it has ended already.
        """
        now = self.clock.now()
        # Before the transaction: looking the catalogue up may take a second connection.
        parties = self.catalogue.snapshot().of_agency(agency_id)
        with self.database.transaction() as connection:
            if members.lock(connection, member_id) is None:
                raise NotFound("no such member")
            link = store.find(connection, member_id, agency_id)
            if link is None:
                raise NotFound("no link with this agency")
            after(link.state, Step.STOP)
            told = end(connection, parties, link, reason, now)
            tell(connection, self.randomness, told)
            record(
                connection,
                Record(
                    now,
                    Action.LINK_STOPPED,
                    "member",
                    member_id,
                    agency_id,
                    address=address,
                    detail={"version": link.version + 1, "reason": reason.value},
                ),
            )
        return Link(link.id, link.subject, LinkState.UNLINKED, link.version + 1)


@dataclass(frozen=True, slots=True)
class ReleaseAllLinks:
    """Ends every link of a member who leaves, inside the leaving's own transaction."""

    randomness: Randomness
    catalogue: Catalogue
    snapshot: Snapshot | None = None

    def ready(self) -> ReleaseAllLinks:
        """The same with the catalogue at hand."""
        return replace(self, snapshot=self.catalogue.snapshot())

    def __call__(self, connection: Connection, member_id: str, kind: str, at: datetime) -> tuple[str, ...]:
        """The ids of the agencies that will be told."""
        reason = LinkReason.MEMBER_WITHDRAWAL if kind == "person" else LinkReason.ENTERPRISE_WITHDRAWAL
        told: list[Notice] = []
        agencies: list[str] = []
        snapshot = self.snapshot or self.catalogue.snapshot()
        for row in store.of_member_locked(connection, member_id):
            if row.state == LinkState.UNLINKED:
                continue
            link = Link(row.id, row.subject, LinkState(row.state), row.version)
            parties = snapshot.of_agency(row.agency_id)
            told.extend(end(connection, parties, link, reason, at, purged=True))
            agencies.append(row.agency_id)
        tell(connection, self.randomness, told)
        return tuple(agencies)


def end(
    connection: Connection,
    parties: Iterable[RelyingParty],
    link: Link,
    reason: LinkReason,
    at: datetime,
    *,
    purged: bool = False,
) -> list[Notice]:
    """Write the end of one link; what must be told of it. The caller holds the member's lock."""
    store.move(connection, link, LinkState.UNLINKED, at)
    store.end_consents(connection, link.id, at)
    detach(connection, link.id)
    ended = Link(link.id, link.subject, LinkState.UNLINKED, link.version + 1)
    remember(connection, ended, link.state.value, reason, "member", at)
    change = LinkChange(link.id, ended.version, link.state.value, LinkState.UNLINKED.value, reason, "user", at)
    return list(notices(change, link.subject, parties, purged=purged))
