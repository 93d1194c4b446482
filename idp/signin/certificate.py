"""Signing in by 사업자등록번호 and a registered certificate (requirements §2-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials.certificates import RegisteredCertificates, SignedWith
from idp.errors import NotFound, Refusal
from idp.members.directory import Directory
from idp.signin.start_session import StartSession
from idp.storage.database import Database
from idp.verification.evidence import Evidence
from idp.web.source_words import N_

PURPOSE = "sign_in"
METHODS = {
    "business_simple_certificate": N_("기업 간편인증서"),
    "business_certificate": N_("기업인증서"),
    "financial_certificate": N_("금융인증서"),
}
"""What is offered on the sign-in page, where it is enabled, by its labels there."""


class NotRegistered(Refusal):
    """No member has this 사업자등록번호, which whoever reads so has proved to be theirs (REQ-41)."""

    code = "certificate_of_no_member"
    status = 401


class CertificateUnknown(NotRegistered):
    """A member has it, and never registered what proved it (REQ-42)."""

    code = "certificate_not_registered"

    def __init__(self, member_id: str) -> None:
        super().__init__("not registered")
        self.member_id = member_id


@dataclass(frozen=True, slots=True)
class SimpleCertificate:
    """A simple certificate as it is registered: its provider shows us no certificate, it vouches for the business. So
    the way itself is registered, by whoever joined with it or proved it on their own pages."""

    issuer: str
    policy: str
    serial: str = ""
    not_after: datetime | None = None

    @property
    def sha256(self) -> str:
        """Stands where a fingerprint would; no certificate has it."""
        return f"method:{self.policy}"


def credential_of(evidence: Evidence) -> SignedWith:
    """What to register of evidence, or to look for among what is registered."""
    if evidence.certificate is not None:
        return evidence.certificate
    return SimpleCertificate(issuer=evidence.provider, policy=evidence.method)


@dataclass(frozen=True, slots=True)
class SignInByCertificate:
    """Starts a session for the enterprise that evidence is of, where it registered what proved it."""

    database: Database
    clock: Clock
    directory: Directory
    certificates: RegisteredCertificates
    start_session: StartSession

    def __call__(self, evidence: Evidence, address: str, former: str | None) -> str:
        """The cookie value of the new session.

        Raises:
            NotRegistered: no member has this number.
            CertificateUnknown: the member that has it never registered this certificate.
        """
        with self.database.reading() as connection:
            member_id = self.directory.enterprise_id(connection, evidence.business_number or "")
            found = (
                self.certificates.find(connection, member_id, credential_of(evidence).sha256)
                if member_id is not None
                else None
            )
        if member_id is None:
            self._failed(NotRegistered.code, None, evidence, address)
            raise NotRegistered
        if found is None:
            self._failed(CertificateUnknown.code, member_id, evidence, address)
            raise CertificateUnknown(member_id)
        try:
            cookie = self.start_session(member_id, evidence, address=address, former=former, certificate=found)
        except NotFound:
            raise NotRegistered from None
        with self.database.transaction() as connection:
            self.certificates.used(connection, found, self.clock.now())
        return cookie

    def _failed(self, failure: str, member_id: str | None, evidence: Evidence, address: str) -> None:
        detail = {"method": evidence.method, "failure": failure}
        entry = Record(self.clock.now(), Action.SIGN_IN_FAILED, "member", member_id, address=address, detail=detail)
        with self.database.each_alone() as connection:
            record(connection, entry)
