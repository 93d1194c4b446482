"""Under which subjects somebody was known who left and wishes to be recognised when they come back.

Kept only where they ticked so as they left, told only where they tick so as they join again, and only to agencies
whose registration asks for it. Found by a keyed digest of the CI or the business number, made for this alone: it meets
no other digest of the same person. Gone once they have joined again, whatever they ticked then, or when its time is
over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from idp.agencies.catalogue import Catalogue, Snapshot
from idp.agencies.relying_party import RelyingParty
from idp.audit.record import record
from idp.clock import Clock
from idp.crypto.digests import Digester
from idp.links.models import former_subjects, links
from idp.members import store as members
from idp.members.archive import DESTROYED_AT_ONCE, destroyed
from idp.members.directory import Directory
from idp.members.profile import EnterpriseProfile, PersonProfile, Profile
from idp.storage.database import Database

CATEGORY = "former_subjects"
_HOLDER = "former_subjects.holder"


def wants_previous_subject(party: RelyingParty) -> bool:
    """Whether the relying party asked for it in its registration."""
    return party.events is not None and party.events.wants_previous_subject


@dataclass(frozen=True, slots=True)
class FormerSubjects:
    """Keeps them, and hands them out once. Inside transactions of the caller's."""

    digester: Digester
    directory: Directory
    catalogue: Catalogue
    kept_for: timedelta | None
    """None: the retention table does not speak of them, so none are kept."""
    snapshot: Snapshot | None = None

    def ready(self) -> FormerSubjects:
        """The same with the catalogue at hand; call before the transaction."""
        return replace(self, snapshot=self.catalogue.snapshot())

    def keep(self, connection: Connection, member_id: str, at: datetime) -> int:
        """Keep the subjects of a member who is about to leave and asked for it; how many."""
        row = members.find(connection, member_id)
        profile = self.directory.profile(row) if row is not None else None
        holder = _holder(profile)
        if holder is None or self.kept_for is None:
            return 0
        wanting = self._wanting()
        rows = connection.execute(
            select(links.c.agency_id, links.c.subject)
            .where(links.c.member_id == member_id, links.c.agency_id.in_(wanting))
            .order_by(links.c.agency_id)
        ).all()
        kept = [
            {
                "holder_digest": self._digest(*holder),
                "agency_id": each.agency_id,
                "subject": each.subject,
                "expires_at": at + self.kept_for,
            }
            for each in rows
        ]
        if kept:
            connection.execute(insert(former_subjects), kept)
        return len(kept)

    def known(self, connection: Connection, kind: str, holder: str | None, now: datetime) -> Mapping[str, str]:
        """By agency, under which subject the person or enterprise just verified was known last."""
        if holder is None:
            return {}
        rows = connection.execute(
            select(former_subjects.c.agency_id, former_subjects.c.subject)
            .where(former_subjects.c.holder_digest == self._digest(kind, holder), former_subjects.c.expires_at > now)
            .order_by(former_subjects.c.seq)
        )
        wanting = self._wanting()
        return {row.agency_id: row.subject for row in rows if row.agency_id in wanting}

    def take(self, connection: Connection, kind: str, holder: str | None, now: datetime) -> Mapping[str, str]:
        """The same, and they are gone: who has joined again has no use for them any more."""
        found = self.known(connection, kind, holder, now)
        if holder is not None:
            digest = self._digest(kind, holder)
            connection.execute(delete(former_subjects).where(former_subjects.c.holder_digest == digest))
        return found

    def asked_for_by(self, agency_ids: set[str]) -> bool:
        """Whether one of these agencies wants to know, and the retention table lets it be kept."""
        return self.kept_for is not None and not agency_ids.isdisjoint(self._wanting())

    def _wanting(self) -> set[str]:
        parties = (self.snapshot or self.catalogue.snapshot()).relying_parties.values()
        return {party.agency.id for party in parties if wants_previous_subject(party)}

    def _digest(self, kind: str, holder: str) -> str:
        return self.digester.digest(_HOLDER, f"{kind}:{holder}")


@dataclass(frozen=True, slots=True)
class DestroyFormerSubjects:
    """Destroys those whose time is over, and writes down that it did."""

    database: Database
    clock: Clock

    def __call__(self) -> int:
        """How many were destroyed; `DESTROYED_AT_ONCE` at most, so call again while it is that many."""
        now = self.clock.now()
        due = (
            select(former_subjects.c.seq)
            .where(former_subjects.c.expires_at <= now)
            .limit(DESTROYED_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        with self.database.transaction() as connection:
            seqs = list(connection.execute(due).scalars())
            if seqs:
                connection.execute(delete(former_subjects).where(former_subjects.c.seq.in_(seqs)))
                record(connection, destroyed(CATEGORY, len(seqs), now))
        return len(seqs)


def _holder(profile: Profile | None) -> tuple[str, str] | None:
    if isinstance(profile, EnterpriseProfile):
        return "enterprise", profile.business_number
    if isinstance(profile, PersonProfile) and profile.ci is not None:
        return "person", profile.ci
    return None
