"""The agencies' own accounts behind a link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from idp.agencies.relying_party import RelyingParty
from idp.clock import Clock
from idp.crypto.digests import Digester
from idp.crypto.fields import FieldCipher
from idp.errors import Conflict
from idp.links.models import agency_accounts
from idp.links.offered_account import OfferedAccount
from idp.links.roster_accounts import RosterAccounts, reference_digest
from idp.links.store import Link
from idp.randomness import Randomness, case_blind_token
from idp.storage.listed import among
from idp.storage.prepared import Prepared

_ATTACHED = "links.agency_account"

DETACH = delete(agency_accounts).where(among(agency_accounts.c.link_id, "link_ids"))
"""Forgets which accounts stood behind links `link_ids`; the agency keeps them, we never ask for an account's end."""
_BEHIND = Prepared(
    select(agency_accounts.c.sealed)
    .where(
        agency_accounts.c.link_id == bindparam("link_id"),
        agency_accounts.c.relying_party_id == bindparam("relying_party_id"),
    )
    .order_by(agency_accounts.c.added_at, agency_accounts.c.id)
)


class AccountTaken(Conflict):
    """The agency's account stands behind another member's link."""

    code = "agency_account_taken"


@dataclass(frozen=True, slots=True)
class AgencyAccounts:
    """Every query on the accounts behind links, inside a transaction of the caller's."""

    cipher: FieldCipher
    digester: Digester
    clock: Clock
    randomness: Randomness

    def attach(
        self,
        connection: Connection,
        owner: tuple[str, bytes],
        link: Link,
        relying_party_id: str,
        account: OfferedAccount,
    ) -> None:
        """Put an agency's account behind a link; `owner` is the member's id and data key. Attached already: nothing.

        Raises:
            AccountTaken: it stands behind another member's link.
        """
        member_id, data_key = owner
        reference = self.reference_digest(relying_party_id, account.reference)
        known = connection.execute(
            select(agency_accounts.c.link_id).where(
                agency_accounts.c.relying_party_id == relying_party_id,
                agency_accounts.c.reference_digest == reference,
            )
        ).scalar()
        if known is not None:
            if known != link.id:
                raise AccountTaken("agency account is linked to another member")
            return
        try:
            connection.execute(
                insert(agency_accounts).values(
                    id=case_blind_token(self.randomness),
                    link_id=link.id,
                    relying_party_id=relying_party_id,
                    reference_digest=reference,
                    sealed=self.cipher.seal(data_key, member_id, _ATTACHED, account.packed()),
                    added_at=self.clock.now(),
                )
            )
        except IntegrityError as error:
            raise AccountTaken("agency account is linked to another member") from error

    def behind(
        self, connection: Connection, owner: tuple[str, bytes], link_id: str, relying_party_id: str
    ) -> list[OfferedAccount]:
        """The accounts of one relying party behind a link."""
        member_id, data_key = owner
        rows = _BEHIND.all(connection, {"link_id": link_id, "relying_party_id": relying_party_id})
        return [OfferedAccount.unpacked(self.cipher.open(data_key, member_id, _ATTACHED, row.sealed)) for row in rows]

    def references(
        self, connection: Connection, owner: tuple[str, bytes], link_id: str, parties: Iterable[RelyingParty]
    ) -> dict[str, list[str]]:
        """By relying party, its own ids of all the accounts it has behind a link."""
        return {
            party.id: [each.reference for each in self.behind(connection, owner, link_id, party.id)]
            for party in parties
        }

    def behind_each(
        self, connection: Connection, owners: Mapping[str, tuple[str, bytes]], relying_party_id: str
    ) -> dict[str, list[OfferedAccount]]:
        """The same of several links, a thousand at most: `owners` are their members by link id. Links without accounts
        are missing."""
        rows = connection.execute(
            select(agency_accounts.c.link_id, agency_accounts.c.sealed)
            .where(agency_accounts.c.link_id.in_(owners.keys()), agency_accounts.c.relying_party_id == relying_party_id)
            .order_by(agency_accounts.c.added_at, agency_accounts.c.id)
        )
        found: dict[str, list[OfferedAccount]] = {}
        for row in rows:
            member_id, data_key = owners[row.link_id]
            opened = self.cipher.open(data_key, member_id, _ATTACHED, row.sealed)
            found.setdefault(row.link_id, []).append(OfferedAccount.unpacked(opened))
        return found

    @property
    def roster(self) -> RosterAccounts:
        """What agencies offered for matching."""
        return RosterAccounts(self.cipher, self.digester, self.randomness)

    def reference_digest(self, relying_party_id: str, reference: str) -> str:
        """By what an account is found."""
        return reference_digest(self.digester, relying_party_id, reference)


def detach_of(connection: Connection, link_id: str, relying_party_id: str, digests: Iterable[str]) -> None:
    """Forget some of the accounts of one relying party behind a link, by the digests of their references."""
    connection.execute(
        delete(agency_accounts).where(
            agency_accounts.c.link_id == link_id,
            agency_accounts.c.relying_party_id == relying_party_id,
            agency_accounts.c.reference_digest.in_(list(digests)),
        )
    )
