"""인증서 관리: registering, naming and removing a member's own certificates (REQ-42, C12)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials.certificates import RegisteredCertificate, RegisteredCertificates, SignedWith
from idp.errors import Conflict, NotFound
from idp.mail.letters import CertificateChanged
from idp.members import store as members
from idp.members.inform import Inform
from idp.signals.security_events import ChangeType, CredentialType, TellAgencies, credential_change
from idp.signin.certificate import credential_of
from idp.signin.register_certificate import WHERE, RegisterCertificate, held
from idp.storage.database import Database
from idp.verification.evidence import Evidence


class LastCertificate(Conflict):
    """It is the only one an enterprise signs in with, and nobody said that this is understood."""

    code = "last_certificate"


@dataclass(frozen=True, slots=True)
class OwnCertificates:
    """Every act on them, each a transaction that holds the member."""

    database: Database
    clock: Clock
    certificates: RegisteredCertificates
    inform: Inform
    tell_agencies: TellAgencies

    def listed(self, member_id: str) -> list[RegisteredCertificate]:
        """The oldest first."""
        with self.database.reading() as connection:
            row = members.find(connection, member_id)
            if row is None or row.data_key is None:
                return []
            return self.certificates.of_member(connection, member_id, row.data_key)

    def one(self, member_id: str, row_id: str) -> RegisteredCertificate:
        """One of them.

        Raises:
            NotFound: the member has none of this id.
        """
        found = next((each for each in self.listed(member_id) if each.id == row_id), None)
        if found is None:
            raise NotFound("no such certificate")
        return found

    def register(self, member_id: str, evidence: Evidence, *, address: str) -> str:
        """The row id of what proved `evidence`, which is of this member: whoever began the verification saw to it.

        Raises:
            AlreadyRegistered: the member has it already.
            TooManyCertificates: the member has too many.
            NotFound: there is no such member any more.
        """
        said: dict[str, str | int | bool | None] = {"method": evidence.method, "simulated": evidence.simulated}
        return self._register(member_id, credential_of(evidence), name="", actor="member", address=address, said=said)

    def vouched(self, member_id: str, certificate: SignedWith, *, name: str, actor: str) -> str:
        """The row id of a certificate that the member has, as `actor` vouches: nobody signed anything with it here.

        Raises:
            AlreadyRegistered: the member has it already.
            TooManyCertificates: the member has too many.
            NotFound: there is no such member.
        """
        said = {"vouched": True}
        return self._register(member_id, certificate, name=name, actor=actor, address=None, said=said)

    def rename(self, member_id: str, row_id: str, name: str, *, address: str) -> None:
        """Call one what its member wants.

        Raises:
            NotFound: the member, or a certificate of theirs of this id, is not there.
        """
        with self.database.transaction() as connection:
            data_key = held(connection, member_id)
            self.certificates.rename(connection, member_id, data_key, row_id, name)
            self._record(connection, Action.CERTIFICATE_RENAMED, member_id, address, {"certificate": row_id})

    def remove(self, member_id: str, row_id: str, *, understood: bool, address: str) -> None:
        """Forget one; from now on it signs nobody in.

        Raises:
            NotFound: the member, or a certificate of theirs of this id, is not there.
            LastCertificate: an enterprise would not get in any more, and has not said that it knows.
        """
        now, tell_agencies = self.clock.now(), self.tell_agencies.ready()
        with self.database.transaction() as connection:
            held(connection, member_id)
            row = members.find(connection, member_id)
            enterprise = row is not None and row.kind == "enterprise"
            last = self.certificates.count(connection, member_id) == 1
            self.certificates.remove(connection, member_id, row_id)
            if enterprise and last and not understood:
                raise LastCertificate
            self._record(connection, Action.CERTIFICATE_REMOVED, member_id, address, {"certificate": row_id})
            self.inform(connection, row, CertificateChanged(now, registered=False, path=WHERE))
            removed = credential_change(now, CredentialType.X509, ChangeType.DELETE)
            tell_agencies(connection, member_id, (removed,))

    @property
    def _register(self) -> RegisterCertificate:
        return RegisterCertificate(self.database, self.clock, self.certificates, self.inform, self.tell_agencies)

    def _record(
        self,
        connection: Connection,
        action: Action,
        member_id: str,
        address: str,
        detail: dict[str, str | int | bool | None],
    ) -> None:
        entry = Record(self.clock.now(), action, "member", member_id, address=address, detail=detail)
        record(connection, entry)
