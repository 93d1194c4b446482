"""What a relying party may do, by its own server, to the link of a member whom it knows by subject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from idp.agencies.relying_party import RelyingParty
from idp.audit.actions import Action
from idp.audit.actor import ActorKind, agency_system
from idp.audit.record import record
from idp.errors import Conflict, NotFound
from idp.links import history, provisionings, store
from idp.links.history import Cause, remember
from idp.links.notices import notices
from idp.links.state import LinkState, Step, after
from idp.links.stop import StopLink, entry, heard_by, held
from idp.links.store import Link
from idp.links.tenant import tenant_behind
from idp.members import store as members
from idp.signals.catalogue import LinkReason
from idp.signals.outbox import tell


class NoConsent(Conflict):
    """The member's consent does not cover this link, so only the member can make it again."""

    code = "consent_required"


@dataclass(frozen=True, slots=True)
class AgencySide:
    """Unlinks, and takes its own unlinking back."""

    stop: StopLink
    relink_within: timedelta
    """How long after its own unlinking an agency may take that back."""

    def unlink(self, party: RelyingParty, subject: str, *, address: str | None = None) -> Link:
        """The link as it stands now. The agency's other relying parties are told, the caller is not.

        Raises:
            NotFound: the agency knows no such subject.
            NoSuchStep: the link has ended already.
        """
        return self.stop(
            self._member(party, subject),
            party.agency.id,
            reason=LinkReason.AGENCY_UNLINK,
            actor=agency_system(party.id),
            address=address,
        ).link

    def relink(self, party: RelyingParty, subject: str, *, address: str | None = None) -> Link:
        """The link as it stands now, under the subject it had; the caller is not told of it.

        Only an unlinking by the agency itself, of lately, can be taken back: that one alone ended the consent without
        the member. Whoever withdrew theirs, signed off or was unlinked by an operator decides anew, at a sign-in.

        Raises:
            NotFound: the agency knows no such subject, or the member has withdrawn.
            NoSuchStep: the link is suspended.
            NoConsent: the member's consent does not cover it.
        """
        member_id, stop = self._member(party, subject), self.stop
        now, cause = stop.clock.now(), Cause(LinkReason.AGENCY_RELINK, agency_system(party.id), address)
        # Before the transaction: looking the catalogue up may take a second connection.
        parties = heard_by(stop.catalogue.snapshot(), party.agency.id, cause.actor)
        with stop.database.transaction() as connection:
            link = held(connection, member_id, party.agency.id)
            row = members.find(connection, member_id)
            if row is None or row.status != members.ACTIVE:
                raise NotFound("no such member")
            if link.state is LinkState.LINKED:
                return link
            relinked = Link(link.id, link.subject, after(link.state, Step.CONNECT), link.version + 1)
            self._take_back(connection, link, party, now)
            store.move(connection, link, relinked.state, now)
            provisionings.resume(connection, link.id, now)
            change = remember(connection, relinked, link.state, cause, now)
            tenant = tenant_behind(connection, member_id, link.id, parties)
            tell(connection, stop.randomness, notices(change, link.subject, parties, tenant=tenant))
            record(connection, entry(Action.LINK_RELINKED, cause, member_id, party.agency.id, relinked, now))
        return relinked

    def _member(self, party: RelyingParty, subject: str) -> str:
        with self.stop.database.reading() as connection:
            member_id = store.owner(connection, party.agency.id, subject)
        if member_id is None:
            raise NotFound("the agency knows no such subject")
        return member_id

    def _take_back(self, connection: Connection, link: Link, party: RelyingParty, now: datetime) -> None:
        (ended,) = history.steps(connection, link.id, limit=1)
        by_the_agency = ended.actor.startswith(f"{ActorKind.AGENCY.word}:")
        if not by_the_agency or now - ended.at > self.relink_within:
            raise NoConsent("the agency did not unlink this member, or long ago")
        store.reopen_consents(connection, link.id, ended.at)
        if not store.has_consent(connection, link.id, party.id):
            raise NoConsent("the member agreed to nothing toward this relying party")
