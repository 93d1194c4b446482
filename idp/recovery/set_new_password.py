"""A new password for somebody who has proven who they are; everything the old one opened is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials import store as credentials
from idp.credentials.attempts import AttemptLimits
from idp.credentials.password import PasswordHasher
from idp.credentials.password_policy import Weakness, why_not
from idp.errors import NotFound
from idp.mail.letters import PasswordChanged
from idp.members import store as members
from idp.members.directory import Directory
from idp.members.inform import Inform
from idp.members.profile import PersonProfile
from idp.signals.security_events import (
    ChangeType,
    CredentialType,
    Ended,
    TellAgencies,
    credential_change,
    recovery_activated,
    session_revoked,
)
from idp.signin.password import WAY_BACK
from idp.storage.database import Database

EndGrants = Callable[[Connection, str, datetime], None]
"""Ends what relying parties hold of a member's to act without them; supplied from above."""


class ProofOutdated(NotFound):
    """Since the proof was given, the member left, changed the password, or gave another address."""

    code = "recovery_proof_outdated"


@dataclass(frozen=True, slots=True)
class Authority:
    """Why a password may be set: the member as they were when it was proven, and how."""

    member_id: str
    epoch: int
    method: str
    email_digest: str | None = None
    """The address that vouched, where one did."""


@dataclass(frozen=True, slots=True)
class SetNewPassword:
    """Sets it and ends all sessions, here and at every relying party (REQ-43, REQ-68)."""

    database: Database
    clock: Clock
    directory: Directory
    hasher: PasswordHasher
    limits: AttemptLimits
    inform: Inform
    end_grants: EndGrants
    tell_agencies: TellAgencies

    def member(self, authority: Authority) -> PersonProfile:
        """Whose password it is.

        Raises:
            ProofOutdated: the proof is good no more.
        """
        with self.database.reading() as connection:
            return self._held(connection, authority)[1]

    def weaknesses(self, profile: PersonProfile, password: str) -> tuple[Weakness, ...]:
        """Why this member's password cannot be `password` (REQ-23, REQ-25)."""
        born = date.fromisoformat(profile.birth_date) if profile.birth_date is not None else None
        return tuple(why_not(password, login_id=profile.login_id, phone=profile.phone, birth_date=born))

    def __call__(self, authority: Authority, password: str, address: str) -> None:
        """Set it. The caller has found no weakness in it, and spent whatever gave the authority.

        Raises:
            ProofOutdated: the proof is good no more; nothing was changed.
        """
        hashed = self.hasher.hash(password)
        # Before the transaction: looking the catalogue up may take a second connection.
        tell_agencies = self.tell_agencies.ready()
        now = self.clock.now()
        with self.database.transaction() as connection:
            members.lock(connection, authority.member_id)
            row, profile = self._held(connection, authority)
            credentials.set_password(connection, row.id, hashed, now)
            members.end_sessions(connection, row.id)
            self.end_grants(connection, row.id, now)
            changed = credential_change(now, CredentialType.PASSWORD, ChangeType.UPDATE)
            facts = (recovery_activated(now), session_revoked(now, Ended.PASSWORD), changed)
            told = tell_agencies(connection, row.id, facts)
            self.inform(connection, row, PasswordChanged(now, WAY_BACK))
            detail: dict[str, str | int | bool | None] = {"method": authority.method, "told": told}
            entry = Record(now, Action.PASSWORD_RESET, "member", row.id, address=address, detail=detail)
            record(connection, entry)
        # The way back after a lock. Should we die before it, the lock ends by itself.
        self.limits.clear(profile.login_id)

    def _held(self, connection: Connection, authority: Authority) -> tuple[members.MemberRow, PersonProfile]:
        row = members.find(connection, authority.member_id)
        profile = self.directory.profile(row) if row is not None else None
        if row is None or row.status != members.ACTIVE or not isinstance(profile, PersonProfile):
            raise ProofOutdated("no such member")
        if row.session_epoch != authority.epoch:
            raise ProofOutdated("sessions were ended since")
        vouches = profile.email_verified and self.directory.email_digest(profile.email) == authority.email_digest
        if authority.email_digest is not None and not vouches:
            raise ProofOutdated("another e-mail address since")
        return row, profile
