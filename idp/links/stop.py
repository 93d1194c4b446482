"""Ending links: one of them (계정 연결 중단), or all of a member who leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from idp.agencies.catalogue import Catalogue, Snapshot
from idp.agencies.relying_party import RelyingParty
from idp.audit.actions import Action
from idp.audit.actor import MEMBER, Actor, ActorKind
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import NotFound
from idp.links import store
from idp.links.ending import Ending, end
from idp.links.history import Cause
from idp.links.logout_notices import open_sessions
from idp.links.receipts import ReceiptCause, Receipts
from idp.links.state import LinkState, Step, after
from idp.links.store import Link
from idp.links.tenant import tenant_behind
from idp.mail.letters import LinkStopped
from idp.members import store as members
from idp.members.inform import Inform
from idp.members.withdraw import Released
from idp.randomness import Randomness
from idp.signals.catalogue import LinkReason
from idp.signals.outbox import tell
from idp.storage.database import Database

_A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Stopped:
    """A link as it stands after its end; `receipt` is the path under which the member sees what the agency heard."""

    link: Link
    receipt: str


@dataclass(frozen=True, slots=True)
class StopLink:
    """Ends one link. From commit on nothing issued under it is good, whether or not the agency has heard."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    inform: Inform | None = None
    """Writes to the member; without it nobody does."""
    receipts_for: timedelta = _A_YEAR
    """How long a receipt can be read."""

    def __call__(
        self,
        member_id: str,
        agency_id: str,
        *,
        reason: LinkReason,
        actor: Actor = MEMBER,
        address: str | None = None,
    ) -> Stopped:
        """The link as it stands now. A relying party that is itself the actor is not told what it did.

        Raises:
            NotFound: there is no such member or link.
            NoSuchStep: it has ended already.
        """
        now, cause = self.clock.now(), Cause(reason, actor, address)
        # Before the transaction: looking the catalogue up may take a second connection.
        snapshot = self.catalogue.snapshot()
        parties = heard_by(snapshot, agency_id, actor)
        with self.database.transaction() as connection:
            link = held(connection, member_id, agency_id)
            after(link.state, Step.STOP)
            tenant = tenant_behind(connection, member_id, link.id, parties)
            ending = Ending(link, parties, tenant, open_sessions(connection, member_id, parties))
            (told,) = end(connection, [ending], cause, now)
            tell(connection, self.randomness, told.notices)
            stopped = ending.ended
            record(connection, entry(Action.LINK_STOPPED, cause, member_id, agency_id, stopped, now))
            receipts = Receipts(self.randomness, self.receipts_for)
            receipt = receipts.make(connection, ReceiptCause.UNLINK, [told.line], now)
            agency = snapshot.agencies.get(agency_id)
            if self.inform is not None and agency is not None:
                self.inform(connection, members.find(connection, member_id), LinkStopped(now, agency.name, receipt))
        return Stopped(stopped, receipt)


@dataclass(frozen=True, slots=True)
class ReleaseAllLinks:
    """Ends every link of a member who leaves, inside the leaving's own transaction."""

    randomness: Randomness
    catalogue: Catalogue
    receipts_for: timedelta = _A_YEAR
    """How long a receipt can be read."""
    snapshot: Snapshot | None = None

    def ready(self) -> ReleaseAllLinks:
        """The same with the catalogue at hand."""
        return replace(self, snapshot=self.catalogue.snapshot())

    def __call__(
        self, connection: Connection, member_id: str, kind: str, at: datetime, actor: Actor = MEMBER
    ) -> Released:
        """What was ended."""
        cause = Cause(why_left(kind, actor), actor)
        snapshot = self.snapshot or self.catalogue.snapshot()
        rows = [row for row in store.of_member_locked(connection, member_id) if row.state != LinkState.UNLINKED]
        agencies = tuple(row.agency_id for row in rows)
        endings = []
        for row in rows:
            parties = snapshot.of_agency(row.agency_id)
            link = Link(row.id, row.subject, LinkState(row.state), row.version)
            tenant = tenant_behind(connection, member_id, link.id, parties)
            endings.append(Ending(link, parties, tenant, open_sessions(connection, member_id, parties)))
        told = end(connection, endings, cause, at, purged=True)
        tell(connection, self.randomness, [notice for each in told for notice in each.notices])
        lines = [each.line for each in told]
        receipt = Receipts(self.randomness, self.receipts_for).make(connection, ReceiptCause.WITHDRAWAL, lines, at)
        names = tuple(snapshot.agencies[each].name for each in agencies if each in snapshot.agencies)
        return Released(agencies, names, receipt)


def why_left(kind: str, actor: Actor) -> LinkReason:
    """Why the links of a member of this kind end when `actor` ends the membership."""
    if actor.kind in (ActorKind.OPERATOR, ActorKind.SYSTEM):
        return LinkReason.FORCED_WITHDRAWAL
    return LinkReason.MEMBER_WITHDRAWAL if kind == "person" else LinkReason.ENTERPRISE_WITHDRAWAL


def held(connection: Connection, member_id: str, agency_id: str) -> Link:
    """The link, with its member locked until the transaction ends, so that its steps come one after the other.

    Raises:
        NotFound: there is no such member or link.
    """
    if members.lock(connection, member_id) is None:
        raise NotFound("no such member")
    link = store.find(connection, member_id, agency_id)
    if link is None:
        raise NotFound("no link with this agency")
    return link


def heard_by(snapshot: Snapshot, agency_id: str, actor: Actor) -> tuple[RelyingParty, ...]:
    """The agency's relying parties, without the one whose own act it is."""
    parties = snapshot.of_agency(agency_id)
    if actor.kind is not ActorKind.AGENCY:
        return parties
    return tuple(party for party in parties if party.id != actor.name)


def entry(action: Action, cause: Cause, member_id: str, agency_id: str, link: Link, at: datetime) -> Record:
    """The audit's record of a step that brought `link` where it is."""
    said: dict[str, str | int | bool | None] = {"version": link.version, "reason": cause.reason.value}
    party = cause.actor.name if cause.actor.kind is ActorKind.AGENCY else None
    return Record(at, action, str(cause.actor), member_id, agency_id, party, cause.address, said)
