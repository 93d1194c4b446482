"""Which of its accounts stand behind a link, as their own relying party says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from idp.agencies.catalogue import Catalogue
from idp.agencies.relying_party import RelyingParty
from idp.audit.actions import Action
from idp.audit.actor import agency_system
from idp.audit.record import record
from idp.clock import Clock
from idp.errors import NotFound
from idp.links import store
from idp.links.accounts import AgencyAccounts, detach_of
from idp.links.history import Cause, remember
from idp.links.notices import notices
from idp.links.offered_account import OfferedAccount
from idp.links.provisionings import report_created
from idp.links.state import Step, after
from idp.links.stop import entry, heard_by, held
from idp.links.store import Link
from idp.links.tenant import tenant_behind
from idp.members import store as members
from idp.randomness import Randomness
from idp.signals.catalogue import LinkReason
from idp.signals.outbox import tell
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class ReportAccounts:
    """Puts the accounts that a relying party names behind a link, and takes away those of its own that it does not."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    accounts: AgencyAccounts

    def __call__(
        self, party: RelyingParty, subject: str, references: Sequence[str], *, address: str | None = None
    ) -> Link:
        """The link as it stands now, in its next version where that says something new. The agency's other relying
        parties are told of the version, of no account but their own; the caller is not told.

        Raises:
            NotFound: the agency knows no such subject, or the member has withdrawn.
            NoSuchStep: the link is not in force.
            AccountTaken: an account stands behind another member's link.
        """
        cause = Cause(LinkReason.AGENCY_REPORT, agency_system(party.id), address)
        # Before the transaction: looking the catalogue up may take a second connection.
        told = heard_by(self.catalogue.snapshot(), party.agency.id, cause.actor)
        with self.database.transaction() as connection:
            member_id = store.owner(connection, party.agency.id, subject)
            link = held(connection, member_id, party.agency.id) if member_id is not None else None
            row = members.find(connection, member_id) if member_id is not None else None
            if member_id is None or link is None or row is None or row.data_key is None:
                raise NotFound("no such link of a member")
            state = after(link.state, Step.ADD_ACCOUNT)
            owner = (member_id, row.data_key)
            if references:
                report_created(connection, link.id, party.id, self.clock.now())
            if not self._changed(connection, owner, link, party, references):
                return link
            now, raised = self.clock.now(), Link(link.id, link.subject, state, link.version + 1)
            store.raise_version(connection, link, now)
            change = remember(connection, raised, link.state, cause, now)
            behind = self.accounts.references(connection, owner, link.id, told)
            tenant = tenant_behind(connection, member_id, link.id, told)
            tell(connection, self.randomness, notices(change, link.subject, told, accounts=behind, tenant=tenant))
            record(connection, entry(Action.LINK_ACCOUNTS_REPORTED, cause, member_id, party.agency.id, raised, now))
        return raised

    def _changed(
        self,
        connection: Connection,
        owner: tuple[str, bytes],
        link: Link,
        party: RelyingParty,
        references: Sequence[str],
    ) -> bool:
        """Make it so; whether it was otherwise."""
        before = {each.reference for each in self.accounts.behind(connection, owner, link.id, party.id)}
        # In one order, whoever names them: else two that name the same ones may each wait for what the other has.
        gone, new = before.difference(references), sorted(set(references) - before)
        detach_of(connection, link.id, party.id, [self.accounts.reference_digest(party.id, each) for each in gone])
        known = self.accounts.roster.standing(connection, party.id, new)
        for reference in new:
            offer = known.get(reference)
            # What the member is shown of an account is what its roster says; of one that is on none, its id.
            named = offer.account if offer is not None else None
            account = named or OfferedAccount(reference, reference)
            self.accounts.attach(connection, owner, link, party.id, account)
        return bool(gone or new)
