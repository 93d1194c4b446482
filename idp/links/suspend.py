"""Suspending a link and restoring it: an operator's acts, for as long as something must be looked into."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.catalogue import Catalogue
from idp.audit.actions import Action
from idp.audit.actor import Actor
from idp.audit.record import record
from idp.clock import Clock
from idp.errors import NotFound
from idp.links import store
from idp.links.accounts import AgencyAccounts
from idp.links.history import Cause, remember
from idp.links.logout_notices import open_sessions
from idp.links.notices import notices
from idp.links.state import Step, after
from idp.links.stop import entry, held
from idp.links.store import Link
from idp.links.tenant import tenant_behind
from idp.members import store as members
from idp.randomness import Randomness
from idp.signals.catalogue import LinkReason
from idp.signals.outbox import tell
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class SuspendLink:
    """Holds a link: nothing issued under it is good any more, while consent and accounts stay as they are."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue

    def __call__(
        self,
        member_id: str,
        agency_id: str,
        *,
        actor: Actor,
        reason: LinkReason = LinkReason.ADMIN_SUSPENSION,
        address: str | None = None,
    ) -> Link:
        """The link as it stands now.

        Raises:
            NotFound: there is no such member or link.
            NoSuchStep: it is not in force.
        """
        now, cause = self.clock.now(), Cause(reason, actor, address)
        # Before the transaction: looking the catalogue up may take a second connection.
        parties = self.catalogue.snapshot().of_agency(agency_id)
        with self.database.transaction() as connection:
            link = held(connection, member_id, agency_id)
            suspended = Link(link.id, link.subject, after(link.state, Step.SUSPEND), link.version + 1)
            store.move(connection, link, suspended.state, now)
            change = remember(connection, suspended, link.state, cause, now)
            tenant = tenant_behind(connection, member_id, link.id, parties)
            sessions = open_sessions(connection, member_id, parties)
            told = notices(change, link.subject, parties, tenant=tenant, open_sessions=sessions)
            tell(connection, self.randomness, told)
            record(connection, entry(Action.LINK_SUSPENDED, cause, member_id, agency_id, suspended, now))
        return suspended


@dataclass(frozen=True, slots=True)
class RestoreLink:
    """Puts a suspended link in force again, as it was."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    accounts: AgencyAccounts

    def __call__(
        self,
        member_id: str,
        agency_id: str,
        *,
        actor: Actor,
        reason: LinkReason = LinkReason.ADMIN_RESTORATION,
        address: str | None = None,
    ) -> Link:
        """The link as it stands now. What was issued before the suspension stays dead.

        Raises:
            NotFound: there is no such member or link.
            NoSuchStep: it is not suspended.
        """
        now, cause = self.clock.now(), Cause(reason, actor, address)
        parties = self.catalogue.snapshot().of_agency(agency_id)
        with self.database.transaction() as connection:
            link = held(connection, member_id, agency_id)
            row = members.find(connection, member_id)
            restored = Link(link.id, link.subject, after(link.state, Step.RESTORE), link.version + 1)
            if row is None or row.data_key is None:
                raise NotFound("no such member")
            store.move(connection, link, restored.state, now)
            change = remember(connection, restored, link.state, cause, now)
            # This message may take the place of an unsent one that named the accounts.
            behind = self.accounts.references(connection, (member_id, row.data_key), link.id, parties)
            tenant = tenant_behind(connection, member_id, link.id, parties)
            told = notices(change, link.subject, parties, accounts=behind, tenant=tenant)
            tell(connection, self.randomness, told)
            record(connection, entry(Action.LINK_RESTORED, cause, member_id, agency_id, restored, now))
        return restored
