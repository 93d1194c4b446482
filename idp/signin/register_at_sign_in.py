"""Registering a certificate where an enterprise signs in: a renewed one at once, another with 아이디 and 비밀번호.

Whoever comes here proved by VID that the certificate is of this 사업자등록번호. That alone registers nothing: many
people of a company hold such certificates and only some may sign in for it — except to take the place of a registered
one that ends: renewal gives a new serial number and a new key, and nothing else that would tell them related.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from idp.clock import Clock
from idp.credentials.attempts import one_spelling
from idp.credentials.certificates import AlreadyRegistered, RegisteredCertificate, RegisteredCertificates
from idp.errors import NotFound
from idp.members import store as members
from idp.members.directory import Directory
from idp.signin.certificate import NotRegistered, SignInByCertificate, credential_of
from idp.signin.confirm_known import ConfirmKnown
from idp.signin.register_certificate import RegisterCertificate
from idp.storage.database import Database
from idp.verification.evidence import Evidence

RENEWAL = timedelta(days=30)
"""How long before the end of a certificate its successor may take its place, and the member is reminded."""


@dataclass(frozen=True, slots=True)
class RegisterAtSignIn:
    """Registers what proved an enterprise and signs it in."""

    database: Database
    clock: Clock
    directory: Directory
    certificates: RegisteredCertificates
    confirm: ConfirmKnown
    register: RegisterCertificate
    sign_in: SignInByCertificate

    def renews(self, evidence: Evidence) -> RegisteredCertificate | None:
        """The registered certificate that ends, or ended, and whose place this one may take, as it outlasts it.

        Of several it is the last to end.
        """
        if evidence.certificate is None:
            return None
        soon, new = self.clock.now() + RENEWAL, evidence.certificate.not_after
        with self.database.reading() as connection:
            member_id = self.directory.enterprise_id(connection, evidence.business_number or "")
            row = members.find(connection, member_id) if member_id is not None else None
            if row is None or row.data_key is None:
                return None
            registered = self.certificates.of_member(connection, row.id, row.data_key)
        ending = {each.not_after: each for each in registered if each.not_after is not None and each.not_after <= soon}
        last = max(ending, default=None)
        return ending[last] if last is not None and last < new else None

    def by_renewal(self, evidence: Evidence, address: str, former: str | None) -> str:
        """The cookie value of the new session.

        Raises:
            CertificateUnknown: there is none that it renews, or not any more.
            NotRegistered: there is no such member any more.
            TooManyCertificates: the member has too many.
        """
        member_id, _login_id = self._member(evidence)
        ending = self.renews(evidence)
        if ending is None:
            # Pressed twice, it is registered by now; otherwise this is who says so.
            return self.sign_in(evidence, address, former)
        return self._registered(member_id, evidence, ending, address, former)

    def by_password(self, evidence: Evidence, login_id: str, password: str, address: str, former: str | None) -> str:
        """The cookie value of the new session.

        Raises:
            WrongCredentials: they are not this enterprise's.
            TooManyAttempts: the account or the address has used up its guesses.
            NotRegistered: there is no such member any more.
            TooManyCertificates: the member has too many.
        """
        member_id, own_login_id = self._member(evidence)
        named = own_login_id is not None and one_spelling(login_id) == one_spelling(own_login_id)
        self.confirm(member_id, own_login_id, password, address, named=named)
        return self._registered(member_id, evidence, None, address, former)

    def _registered(
        self, member_id: str, evidence: Evidence, ending: RegisteredCertificate | None, address: str, former: str | None
    ) -> str:
        said: dict[str, str | int | bool | None] = {"method": evidence.method, "simulated": evidence.simulated}
        if ending is not None:
            said["renews"] = ending.id
        name = ending.said.name if ending is not None else ""
        place = ending.id if ending is not None else None
        # Another tab may have been first with the same certificate: then it only signs in. With another one, it took
        # the place: an ended certificate that stayed would let in every further one, without a password, for good.
        with suppress(AlreadyRegistered, NotFound):
            self.register(
                member_id,
                credential_of(evidence),
                name=name,
                actor="member",
                address=address,
                said=said,
                instead_of=place,
            )
        return self.sign_in(evidence, address, former)

    def _member(self, evidence: Evidence) -> tuple[str, str | None]:
        """Whose number it is, and their 아이디."""
        with self.database.reading() as connection:
            member_id = self.directory.enterprise_id(connection, evidence.business_number or "")
            row = members.find(connection, member_id) if member_id is not None else None
        profile = self.directory.profile(row) if row is not None else None
        if row is None or profile is None:
            raise NotRegistered
        return row.id, profile.login_id
