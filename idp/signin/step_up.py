"""Reaching a higher level by a verification, for a member who is signed in already."""

from __future__ import annotations

from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.members.profile import EnterpriseProfile, Profile
from idp.sessions.assurance import Authentication
from idp.signin.start_session import by_evidence
from idp.storage.database import Database
from idp.verification.evidence import Evidence, Holder
from idp.verification.request import VerificationRequest

PURPOSE = "step_up"


def verification_of(profile: Profile, bound_to: str, back: str, ends_at: str | None) -> VerificationRequest:
    """The verification that nobody but this member passes; of a person without verified identity there is none."""
    if isinstance(profile, EnterpriseProfile):
        return VerificationRequest(PURPOSE, Holder.BUSINESS, bound_to, back, profile.business_number, ends_at=ends_at)
    return VerificationRequest(PURPOSE, Holder.PERSON, bound_to, back, expects_ci=profile.ci, ends_at=ends_at)


@dataclass(frozen=True, slots=True)
class StepUp:
    """Takes evidence that the verification made sure is of this member."""

    database: Database
    clock: Clock

    def __call__(self, member_id: str, evidence: Evidence, *, address: str) -> Authentication:
        """What it proved."""
        now = self.clock.now()
        detail: dict[str, str | int | bool | None] = {"method": evidence.method, "simulated": evidence.simulated}
        entry = Record(now, Action.SECOND_STEP_TAKEN, "member", member_id, address=address, detail=detail)
        with self.database.each_alone() as connection:
            record(connection, entry)
        return by_evidence(evidence, now)
