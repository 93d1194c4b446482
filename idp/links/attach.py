"""Putting one more of an agency's accounts behind a member's link, which is made or renewed for it where need be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from idp.agencies.relying_party import RelyingParty
from idp.audit.actions import Action
from idp.audit.actor import MEMBER
from idp.audit.record import Record, record
from idp.errors import Conflict, NotFound
from idp.links import store
from idp.links.accounts import AgencyAccounts
from idp.links.connect import Connect
from idp.links.history import Cause, remember, steps
from idp.links.notices import notices
from idp.links.offered_account import OfferedAccount
from idp.links.state import LinkState, Step, after
from idp.links.store import Link
from idp.links.tenant import tenant_behind
from idp.members import store as members
from idp.signals.catalogue import LinkReason
from idp.signals.outbox import tell

# A request says when it was made in whole seconds.
_SAME_SECOND = timedelta(seconds=1)


class EndedSince(Conflict):
    """The link ended after the request was made: it must be asked for anew."""

    code = "link_ended_since"


@dataclass(frozen=True, slots=True)
class AttachAccount:
    """Attaches an account that its relying party named in a request of its own to a member it was agreed with."""

    connect: Connect
    accounts: AgencyAccounts

    def __call__(
        self,
        member_id: str,
        party: RelyingParty,
        account: OfferedAccount,
        *,
        reason: LinkReason,
        address: str | None = None,
        begun_at: datetime | None = None,
    ) -> Link:
        """The link as it stands now, its subject the one the agency knows. Attached already: only the consent is new.
        `begun_at`: when the request was made that this fulfils.

        Raises:
            EndedSince: the link ended after that; what was agreed before its end must not undo it.
            NotFound: the member has withdrawn meanwhile.
            NoSuchStep: the link is suspended; only whoever suspended it may restore it.
            AccountTaken: the account stands behind another member's link.
        """
        # Before the transaction: looking the catalogue up may take a second connection.
        told = self.connect.catalogue.snapshot().of_agency(party.agency.id)
        with self.connect.database.transaction() as connection:
            held = members.lock(connection, member_id)
            row = members.find(connection, member_id)
            if held is None or held[1] != members.ACTIVE or row is None or row.data_key is None:
                raise NotFound("no such member")
            owner, former = (member_id, row.data_key), store.find(connection, member_id, party.agency.id)
            if former is not None and begun_at is not None:
                _refuse_ended(connection, former, begun_at)
            link = self.connect.inside(
                connection,
                member_id,
                party,
                party.released,
                told,
                reason=reason,
                address=address,
                accounts={party.id: [account.reference]},
            )
            before = self.accounts.behind(connection, owner, link.id, party.id)
            self.accounts.attach(connection, owner, link, party.id, account)
            if former is None or former.version != link.version:
                return link
            if account.reference in {each.reference for each in before}:
                return link
            return self._raised(connection, owner, link, (party, told), reason, address)

    def _raised(
        self,
        connection: Connection,
        owner: tuple[str, bytes],
        link: Link,
        parties: tuple[RelyingParty, Iterable[RelyingParty]],
        reason: LinkReason,
        address: str | None,
    ) -> Link:
        """The link in its next version, and every relying party of the agency told of all the accounts it has there:
        this message may take the place of one that has not been sent yet."""
        party, told = parties[0], tuple(parties[1])
        now, (member_id, _data_key) = self.connect.clock.now(), owner
        raised = Link(link.id, link.subject, after(link.state, Step.ADD_ACCOUNT), link.version + 1)
        store.raise_version(connection, link, now)
        change = remember(connection, raised, LinkState.LINKED, Cause(reason, MEMBER, address), now)
        behind = self.accounts.references(connection, owner, link.id, told)
        tenant = tenant_behind(connection, member_id, link.id, told)
        changed = notices(change, link.subject, told, accounts=behind, tenant=tenant)
        tell(connection, self.connect.randomness, changed)
        said: dict[str, str | int | bool | None] = {"version": raised.version, "reason": reason.value}
        entry = Record(now, Action.LINK_ACCOUNT_ADDED, str(MEMBER), member_id, party.agency.id, party.id, address, said)
        record(connection, entry)
        return raised


def _refuse_ended(connection: Connection, link: Link, begun_at: datetime) -> None:
    (last,) = steps(connection, link.id, limit=1)
    if link.state is LinkState.UNLINKED and last.at >= begun_at + _SAME_SECOND:
        raise EndedSince("the link ended after this was asked for")
