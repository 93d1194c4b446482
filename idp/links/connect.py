"""Making or renewing a link, with the consent that allows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection

from idp.agencies.catalogue import Catalogue
from idp.agencies.relying_party import RelyingParty
from idp.audit.actions import Action
from idp.audit.actor import MEMBER
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import NotFound
from idp.links import provisionings, store
from idp.links.history import Cause, remember
from idp.links.notices import notices
from idp.links.state import LinkState, Step, after
from idp.links.store import Link
from idp.links.tenant import tenant_behind
from idp.members import store as members
from idp.randomness import Randomness, case_blind_token
from idp.signals.catalogue import LinkReason
from idp.signals.outbox import tell
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class Connect:
    """Links a member to the agency of a relying party and keeps what the member agreed to release to it."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue

    def __call__(
        self,
        member_id: str,
        party: RelyingParty,
        scopes: frozenset[str],
        *,
        reason: LinkReason,
        address: str | None = None,
    ) -> Link:
        """The link as it stands now. A link in force stays as it is; only the consent is renewed.

        Raises:
            NotFound: the member has withdrawn meanwhile.
            NoSuchStep: the link is suspended; only whoever suspended it may restore it.
        """
        # Before the transaction: looking the catalogue up may take a second connection.
        told = self.catalogue.snapshot().of_agency(party.agency.id)
        with self.database.transaction() as connection:
            return self.inside(connection, member_id, party, scopes, told, reason=reason, address=address)

    def inside(
        self,
        connection: Connection,
        member_id: str,
        party: RelyingParty,
        scopes: frozenset[str],
        told: tuple[RelyingParty, ...],
        *,
        reason: LinkReason,
        address: str | None = None,
        accounts: Mapping[str, Sequence[str]] = MappingProxyType({}),
        previous_subject: str | None = None,
    ) -> Link:
        """The same inside the caller's transaction; `told` are the relying parties of the agency, `accounts` by
        relying party the ids of the accounts there that the caller puts behind the link. `previous_subject`: under
        which the agency knew the member before they left, where the member agreed that it be told.

        Raises:
            NotFound: the member has withdrawn meanwhile.
            NoSuchStep: the link is suspended.
        """
        held = members.lock(connection, member_id)
        if held is None or held[1] != members.ACTIVE:
            raise NotFound("no such member")
        now = self.clock.now()
        link = store.find(connection, member_id, party.agency.id)
        whose = (now, member_id, party, address)
        if link is None or link.state is not LinkState.LINKED:
            cause = Cause(reason, MEMBER, address)
            link = self._step(connection, member_id, party, link, cause, told, accounts, previous_subject)
            said: dict[str, str | int | bool | None] = {"version": link.version, "reason": reason.value}
            if previous_subject is not None:
                said["previous_subject"] = True
            record(connection, _entry(Action.LINK_CONNECTED, whose, said))
        provisionings.request(
            connection, self.randomness, link, party, reason=reason, held=accounts.get(party.id, ()), at=now
        )
        store.put_consent(connection, link.id, party.id, sorted(scopes), now)
        record(connection, _entry(Action.CONSENT_GIVEN, whose, {"scopes": " ".join(sorted(scopes))}))
        return link

    def declined(
        self, member_id: str, party: RelyingParty, scopes: frozenset[str], *, address: str | None = None
    ) -> None:
        """Write down that the member would not; what they agreed to before stands (REQ-85)."""
        entry = _entry(
            Action.CONSENT_DECLINED,
            (self.clock.now(), member_id, party, address),
            {"scopes": " ".join(sorted(scopes))},
        )
        with self.database.each_alone() as connection:
            record(connection, entry)

    def _step(
        self,
        connection: Connection,
        member_id: str,
        party: RelyingParty,
        link: Link | None,
        cause: Cause,
        told: tuple[RelyingParty, ...],
        accounts: Mapping[str, Sequence[str]],
        previous_subject: str | None,
    ) -> Link:
        now = self.clock.now()
        state = after(link.state if link else None, Step.CONNECT)
        previous = link.state if link else None
        if link is None:
            # Toward this agency the member is this subject from now on; a relink finds it again.
            link = Link(case_blind_token(self.randomness), case_blind_token(self.randomness), state, 1)
            store.add(
                connection,
                {
                    "id": link.id,
                    "member_id": member_id,
                    "agency_id": party.agency.id,
                    "subject": link.subject,
                    "state": state.value,
                    "version": 1,
                    "linked_at": now,
                    "changed_at": now,
                },
            )
        else:
            store.move(connection, link, state, now)
            link = Link(link.id, link.subject, state, link.version + 1)
        change = remember(connection, link, previous, cause, now)
        tenant = tenant_behind(connection, member_id, link.id, told)
        changed = notices(
            change, link.subject, told, accounts=accounts, tenant=tenant, previous_subject=previous_subject
        )
        tell(connection, self.randomness, changed)
        return link


def _entry(
    action: Action,
    whose: tuple[datetime, str, RelyingParty, str | None],
    detail: Mapping[str, str | int | bool | None],
) -> Record:
    at, member_id, party, address = whose
    return Record(at, action, str(MEMBER), member_id, party.agency.id, party.id, address, detail)
