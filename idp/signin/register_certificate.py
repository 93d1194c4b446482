"""Registering a certificate that was just proved, for the member whose it is: at sign-in or on their own pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials.certificates import RegisteredCertificates, SignedWith
from idp.errors import Conflict, NotFound
from idp.mail.letters import CertificateChanged
from idp.members import store as members
from idp.members.inform import Inform
from idp.signals.security_events import ChangeType, CredentialType, Initiator, TellAgencies, credential_change
from idp.storage.database import Database

MOST = 20
"""Certificates of one member: more than any company's people need, too few to fill a table with."""


WHERE = "/account/certificates"
"""Where a member sees which there are."""


class TooManyCertificates(Conflict):
    """The member has as many as one may have."""

    code = "too_many_certificates"


@dataclass(frozen=True, slots=True)
class RegisterCertificate:
    """One transaction that holds the member and tells them. That the certificate is theirs, its caller saw to."""

    database: Database
    clock: Clock
    certificates: RegisteredCertificates
    inform: Inform
    tell_agencies: TellAgencies

    def __call__(
        self,
        member_id: str,
        certificate: SignedWith,
        *,
        name: str,
        actor: str,
        address: str | None,
        said: Mapping[str, str | int | bool | None],
        instead_of: str | None = None,
    ) -> str:
        """The row id. `said` goes into the audit. `instead_of` is the row whose place it takes, to one of all who try.

        Raises:
            AlreadyRegistered: the member has it already.
            TooManyCertificates: the member has too many.
            NotFound: there is no such member any more, or no certificate whose place could be taken.
        """
        now, tell_agencies = self.clock.now(), self.tell_agencies.ready()
        with self.database.transaction() as connection:
            data_key = held(connection, member_id)
            if instead_of is not None:
                self.certificates.remove(connection, member_id, instead_of)
            if self.certificates.count(connection, member_id) >= MOST:
                raise TooManyCertificates
            row_id = self.certificates.register(connection, member_id, data_key, certificate, name=name, at=now)
            detail = {"certificate": row_id, **said}
            entry = Record(now, Action.CERTIFICATE_REGISTERED, actor, member_id, address=address, detail=detail)
            record(connection, entry)
            self.inform(
                connection, members.find(connection, member_id), CertificateChanged(now, registered=True, path=WHERE)
            )
            change = ChangeType.CREATE if instead_of is None else ChangeType.UPDATE
            by = Initiator.USER if actor == "member" else Initiator.ADMIN
            tell_agencies(connection, member_id, (credential_change(now, CredentialType.X509, change, by),))
        return row_id


def held(connection: Connection, member_id: str) -> bytes:
    """The data key of an active member, whose row is ours until the transaction ends.

    Raises:
        NotFound: there is no such member any more.
    """
    found = members.lock(connection, member_id)
    row = members.find(connection, member_id)
    if found is None or found[1] != members.ACTIVE or row is None or row.data_key is None:
        raise NotFound("no such member")
    return row.data_key
