"""The accounts on agencies' rosters: what they offered, so that members find theirs when they join.

A roster is a list of accounts of one relying party. Of each, one at most is `current` and counts; a list that is being
read in is `staged`, the one before the current is `previous` for as long as it may come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from idp.crypto.digests import Digester
from idp.crypto.fields import FieldCipher
from idp.links import rosters
from idp.links.models import agency_accounts, roster_accounts, rosters as roster_table
from idp.links.offered_account import OfferedAccount
from idp.links.rosters import CURRENT
from idp.members.directory import BUSINESS_NUMBER, CI
from idp.randomness import Randomness, case_blind_token

ROSTER = "links.roster_account"
_REFERENCE = "agency_account"
_PURPOSES: Mapping[str, str] = {"person": CI, "enterprise": BUSINESS_NUMBER}
_ATTACHED_ALREADY = (
    select(agency_accounts.c.id)
    .where(
        agency_accounts.c.relying_party_id == roster_accounts.c.relying_party_id,
        agency_accounts.c.reference_digest == roster_accounts.c.reference_digest,
    )
    .correlate(roster_accounts)
    .exists()
)


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
class RosterAccounts:
    """Every query on them, inside a transaction of the caller's."""

    cipher: FieldCipher
    digester: Digester
    randomness: Randomness

    def offer(
        self,
        connection: Connection,
        relying_party_id: str,
        holder: tuple[str, str],
        account: OfferedAccount,
        at: datetime,
    ) -> None:
        """Put one account on the current roster, in place of an earlier offer of the same one. `holder` is
        `("person", ci)` or `("enterprise", business number)`."""
        roster_id = rosters.current_or_new(connection, self.randomness, relying_party_id, at)
        row = self._row(roster_id, relying_party_id, holder, account, at)
        connection.execute(
            delete(roster_accounts).where(
                roster_accounts.c.roster_id == roster_id,
                roster_accounts.c.reference_digest == row["reference_digest"],
            )
        )
        connection.execute(insert(roster_accounts).values(row))

    def stage(
        self,
        connection: Connection,
        roster_id: str,
        relying_party_id: str,
        offers: Iterable[tuple[tuple[str, str], OfferedAccount]],
        at: datetime,
    ) -> set[str]:
        """Add accounts, each with its holder, to a roster that is being read in; the references of those that were new
        to it. One that is there already stays as it is.

        No look at what is there before: a plan for so many, made while the roster was small, is kept while it grows.
        """
        rows = {}
        for holder, account in offers:
            row = self._row(roster_id, relying_party_id, holder, account, at)
            rows[row["reference_digest"]] = (row, account.reference)
        if not rows:
            return set()
        dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
        adding = dialect.insert(roster_accounts).on_conflict_do_nothing(
            index_elements=[roster_accounts.c.roster_id, roster_accounts.c.reference_digest]
        )
        adding = adding.returning(roster_accounts.c.reference_digest)
        added = connection.execute(adding, [row for row, _reference in rows.values()]).scalars()
        return {rows[digest][1] for digest in added}

    def standing(
        self, connection: Connection, relying_party_id: str, references: Iterable[str]
    ) -> dict[str, StandingOffer]:
        """How the accounts of these references stand now; those we know nothing of are missing."""
        digests = {reference_digest(self.digester, relying_party_id, each): each for each in references}
        offered = connection.execute(
            select(roster_accounts.c.reference_digest, roster_accounts.c.holder_digest, roster_accounts.c.sealed)
            .join(roster_table, roster_table.c.id == roster_accounts.c.roster_id)
            .where(
                roster_table.c.relying_party_id == relying_party_id,
                roster_table.c.state == CURRENT,
                roster_accounts.c.reference_digest.in_(digests),
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
        for row in offered:
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
            select(roster_accounts.c.id, roster_accounts.c.relying_party_id, roster_accounts.c.sealed)
            .join(roster_table, roster_table.c.id == roster_accounts.c.roster_id)
            .where(
                roster_table.c.state == CURRENT,
                roster_accounts.c.holder_kind == kind,
                roster_accounts.c.holder_digest == self._holder(kind, value),
                ~_ATTACHED_ALREADY,
            )
            .order_by(roster_accounts.c.relying_party_id, roster_accounts.c.offered_at)
        )
        return [FoundAccount(row.id, row.relying_party_id, self._opened(row.sealed)) for row in rows]

    def _row(
        self,
        roster_id: str,
        relying_party_id: str,
        holder: tuple[str, str],
        account: OfferedAccount,
        at: datetime,
    ) -> dict[str, Any]:
        kind, value = holder
        return {
            "id": case_blind_token(self.randomness),
            "roster_id": roster_id,
            "relying_party_id": relying_party_id,
            "reference_digest": reference_digest(self.digester, relying_party_id, account.reference),
            "holder_kind": kind,
            "holder_digest": self._holder(kind, value),
            "sealed": self.cipher.seal_secret(ROSTER, account.packed()),
            "offered_at": at,
        }

    def _opened(self, sealed: bytes) -> OfferedAccount:
        return OfferedAccount.unpacked(self.cipher.open_secret(ROSTER, sealed))

    def _holder(self, kind: str, value: str) -> str:
        return self.digester.digest(_PURPOSES[kind], value)


def reference_digest(digester: Digester, relying_party_id: str, reference: str) -> str:
    """By what an account of a relying party is found, on a roster and behind a link."""
    return digester.digest(_REFERENCE, f"{relying_party_id}:{reference}")
