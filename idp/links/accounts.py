"""The agencies' own accounts: what they offered for matching (the roster), and what stands behind a link."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from idp.agencies.relying_party import RelyingParty
from idp.clock import Clock
from idp.crypto.digests import Digester
from idp.crypto.fields import FieldCipher
from idp.errors import Conflict
from idp.links.models import agency_accounts, roster_accounts
from idp.links.store import Link
from idp.members.directory import BUSINESS_NUMBER, CI
from idp.randomness import Randomness, case_blind_token
from idp.storage.prepared import Prepared

_REFERENCE = "agency_account"
ROSTER = "links.roster_account"
_ATTACHED = "links.agency_account"

_BEHIND = Prepared(
    select(agency_accounts.c.sealed)
    .where(
        agency_accounts.c.link_id == bindparam("link_id"),
        agency_accounts.c.relying_party_id == bindparam("relying_party_id"),
    )
    .order_by(agency_accounts.c.added_at, agency_accounts.c.id)
)
_ATTACHED_ALREADY = (
    select(agency_accounts.c.id)
    .where(
        agency_accounts.c.relying_party_id == roster_accounts.c.relying_party_id,
        agency_accounts.c.reference_digest == roster_accounts.c.reference_digest,
    )
    .correlate(roster_accounts)
    .exists()
)


class AccountTaken(Conflict):
    """The agency's account stands behind another member's link."""

    code = "agency_account_taken"


@dataclass(frozen=True, slots=True)
class OfferedAccount:
    """An account that an agency said it has for somebody: its reference there, and what to show of it."""

    reference: str
    display_name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class StandingOffer:
    """What is known of an account: for whom it was offered, if it was, and whether it is behind a link."""

    holder_digest: str | None
    account: OfferedAccount | None
    linked: bool


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An offered account that belongs to the person or enterprise just verified."""

    id: str
    relying_party_id: str
    account: OfferedAccount


@dataclass(frozen=True, slots=True)
class AgencyAccounts:
    """Every query on agencies' accounts, inside a transaction of the caller's."""

    cipher: FieldCipher
    digester: Digester
    clock: Clock
    randomness: Randomness

    def offer(
        self,
        connection: Connection,
        relying_party_id: str,
        holder: tuple[str, str],
        account: OfferedAccount,
        at: datetime,
    ) -> None:
        """Put one account on the roster, in place of an earlier offer of the same one. `holder` is `("person", ci)` or
        `("enterprise", business number)`."""
        kind, value = holder
        reference = self.reference_digest(relying_party_id, account.reference)
        connection.execute(
            delete(roster_accounts).where(
                roster_accounts.c.relying_party_id == relying_party_id,
                roster_accounts.c.reference_digest == reference,
            )
        )
        connection.execute(
            insert(roster_accounts).values(
                id=case_blind_token(self.randomness),
                relying_party_id=relying_party_id,
                reference_digest=reference,
                holder_kind=kind,
                holder_digest=self._holder(kind, value),
                sealed=self.cipher.seal_secret(ROSTER, _packed(account)),
                offered_at=at,
            )
        )

    def standing(
        self, connection: Connection, relying_party_id: str, references: Iterable[str]
    ) -> dict[str, StandingOffer]:
        """How the accounts of these references stand now; those we know nothing of are missing."""
        digests = {self.reference_digest(relying_party_id, reference): reference for reference in references}
        rows = connection.execute(
            select(roster_accounts.c.reference_digest, roster_accounts.c.holder_digest, roster_accounts.c.sealed).where(
                roster_accounts.c.relying_party_id == relying_party_id, roster_accounts.c.reference_digest.in_(digests)
            )
        ).fetchall()
        linked = set(
            connection.execute(
                select(agency_accounts.c.reference_digest).where(
                    agency_accounts.c.relying_party_id == relying_party_id,
                    agency_accounts.c.reference_digest.in_(digests),
                )
            ).scalars()
        )
        standing = {digests[digest]: StandingOffer(None, None, linked=True) for digest in linked}
        for row in rows:
            offer = StandingOffer(row.holder_digest, self._opened(row.sealed), linked=row.reference_digest in linked)
            standing[digests[row.reference_digest]] = offer
        return standing

    def is_holder(self, offer: StandingOffer, holder: tuple[str, str]) -> bool:
        """Whether it was offered for this very holder."""
        return offer.holder_digest == self._holder(*holder)

    def found(self, connection: Connection, kind: str, value: str | None) -> list[FoundAccount]:
        """The offered accounts of the person of this CI or the enterprise of this number; of nobody else, since the
        digest comes from verified evidence and never from a form. Those behind a link already are not offered."""
        if value is None:
            return []
        rows = connection.execute(
            select(roster_accounts)
            .where(
                roster_accounts.c.holder_kind == kind,
                roster_accounts.c.holder_digest == self._holder(kind, value),
                ~_ATTACHED_ALREADY,
            )
            .order_by(roster_accounts.c.relying_party_id, roster_accounts.c.offered_at)
        )
        return [
            FoundAccount(
                row.id,
                row.relying_party_id,
                self._opened(row.sealed),
            )
            for row in rows
        ]

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
                    sealed=self.cipher.seal(data_key, member_id, _ATTACHED, _packed(account)),
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
        return [
            OfferedAccount(**json.loads(self.cipher.open(data_key, member_id, _ATTACHED, row.sealed))) for row in rows
        ]

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
            found.setdefault(row.link_id, []).append(OfferedAccount(**json.loads(opened)))
        return found

    def _opened(self, sealed: bytes) -> OfferedAccount:
        return OfferedAccount(**json.loads(self.cipher.open_secret(ROSTER, sealed)))

    def reference_digest(self, relying_party_id: str, reference: str) -> str:
        """By what an account is found."""
        return self.digester.digest(_REFERENCE, f"{relying_party_id}:{reference}")

    def _holder(self, kind: str, value: str) -> str:
        purposes: Mapping[str, str] = {"person": CI, "enterprise": BUSINESS_NUMBER}
        return self.digester.digest(purposes[kind], value)


def detach(connection: Connection, link_id: str) -> None:
    """Forget which accounts stood behind a link; the agency keeps them, we never ask for an account's end."""
    connection.execute(delete(agency_accounts).where(agency_accounts.c.link_id == link_id))


def detach_of(connection: Connection, link_id: str, relying_party_id: str, digests: Iterable[str]) -> None:
    """Forget some of the accounts of one relying party behind a link, by the digests of their references."""
    connection.execute(
        delete(agency_accounts).where(
            agency_accounts.c.link_id == link_id,
            agency_accounts.c.relying_party_id == relying_party_id,
            agency_accounts.c.reference_digest.in_(list(digests)),
        )
    )


def _packed(account: OfferedAccount) -> bytes:
    return json.dumps(asdict(account), ensure_ascii=False).encode()
