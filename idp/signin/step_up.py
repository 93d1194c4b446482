"""Reaching a higher level by a verification, for a member who is signed in already."""

from __future__ import annotations

from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials.certificates import RegisteredCertificates
from idp.members.profile import EnterpriseProfile, Profile
from idp.sessions.assurance import Authentication
from idp.signin.certificate import CertificateUnknown
from idp.signin.start_session import by_evidence
from idp.storage.database import Database
from idp.verification.evidence import Evidence, Holder
from idp.verification.kept import RenewKept
from idp.verification.request import VerificationRequest

PURPOSE = "step_up"


def verification_of(profile: Profile, bound_to: str, back: str, ends_at: str | None) -> VerificationRequest:
    """The verification that nobody but this member passes; of a person without verified identity there is none. Who has
    a name like theirs passes it by a certificate as well, which is why `StepUp` takes registered ones only."""
    if isinstance(profile, EnterpriseProfile):
        return VerificationRequest(PURPOSE, Holder.BUSINESS, bound_to, back, profile.business_number, ends_at=ends_at)
    return VerificationRequest(
        PURPOSE, Holder.PERSON, bound_to, back, expects_ci=profile.ci, expects_name=profile.name, ends_at=ends_at
    )


@dataclass(frozen=True, slots=True)
class StepUp:
    """Takes evidence that the verification made sure is of this member."""

    database: Database
    clock: Clock
    certificates: RegisteredCertificates
    renew_kept: RenewKept

    def __call__(self, member_id: str, evidence: Evidence, *, address: str) -> Authentication:
        """What it proved.

        Raises:
            CertificateUnknown: it identifies nobody and is not registered for this member.
        """
        now, certificate = self.clock.now(), None
        detail: dict[str, str | int | bool | None] = {"method": evidence.method, "simulated": evidence.simulated}
        if evidence.certificate is not None and evidence.ci is None:
            with self.database.reading() as connection:
                certificate = self.certificates.find(connection, member_id, evidence.certificate.sha256)
            if certificate is None:
                self._record(
                    Action.SECOND_STEP_FAILED, member_id, address, {**detail, "failure": CertificateUnknown.code}
                )
                raise CertificateUnknown(member_id)
            detail["certificate"] = certificate
        self._record(Action.SECOND_STEP_TAKEN, member_id, address, detail)
        if certificate is not None:
            with self.database.transaction() as connection:
                self.certificates.used(connection, certificate, now)
        self.renew_kept(member_id, evidence, address=address)
        return by_evidence(evidence, now)

    def _record(self, action: Action, member_id: str, address: str, detail: dict[str, str | int | bool | None]) -> None:
        with self.database.each_alone() as connection:
            record(connection, Record(self.clock.now(), action, "member", member_id, address=address, detail=detail))
