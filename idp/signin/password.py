"""Signing in by 아이디 and 비밀번호."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials import store as credentials
from idp.credentials.attempts import AttemptLimits
from idp.credentials.password import PasswordHasher
from idp.errors import Refusal
from idp.mail.letters import AccountLocked
from idp.members import store as members
from idp.members.directory import Directory
from idp.members.inform import Inform
from idp.members.store import MemberRow
from idp.sessions.assurance import by_password
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.signin.second_step import SecondStep
from idp.signin.start_session import start_anew
from idp.signin.suspended import AccountSuspended
from idp.storage.database import Database

WAY_BACK = "/recovery/password"
"""Where somebody goes whose password does not open their account any more."""


class WrongCredentials(Refusal):
    """Unknown 아이디 and wrong password look alike, in words and in time (REQ-39)."""

    code = "wrong_credentials"
    status = 401


@dataclass(frozen=True, slots=True)
class CheckPassword:
    """Says whose password this is. Counts guesses before it looks (REQ-40)."""

    database: Database
    clock: Clock
    directory: Directory
    hasher: PasswordHasher
    limits: AttemptLimits
    inform: Inform

    def __call__(self, login_id: str, password: str, address: str) -> tuple[str, int]:
        """The member's id and session epoch.

        Raises:
            WrongCredentials: no member has this 아이디 and password.
            AccountSuspended: the member who has is suspended.
            TooManyAttempts: the account or the address has used up its guesses.
        """
        attempt = self.limits.check(login_id, address)
        with self.database.reading() as connection:
            member_id = self.directory.member_id(connection, login_id)
            row = members.find(connection, member_id) if member_id is not None else None
            stored = credentials.password_hash(connection, member_id) if member_id is not None else None
        right = self.hasher.verify(stored, password)
        if right and row is not None and row.status == members.SUSPENDED:
            self.limits.succeeded(attempt)
            self._record(Action.SIGN_IN_FAILED, row.id, address, AccountSuspended.code)
            raise AccountSuspended
        if not right or row is None or row.status != members.ACTIVE or stored is None:
            if self.limits.failed(attempt):
                self._locked(row, address)
            else:
                self._record(Action.SIGN_IN_FAILED, member_id, address)
            raise WrongCredentials("login id and password do not match")
        self.limits.succeeded(attempt)
        renewed = self.hasher.hash(password) if self.hasher.outdated(stored) else None
        if renewed is not None:
            with self.database.transaction() as connection:
                credentials.renew_hash(connection, row.id, stored, renewed)
        self._record(Action.SIGN_IN_SUCCEEDED, row.id, address)
        return row.id, row.session_epoch

    def _locked(self, row: MemberRow | None, address: str) -> None:
        """Written down and told in one transaction, with the way back (REQ-40)."""
        now = self.clock.now()
        letter = AccountLocked(now, WAY_BACK, now + self.limits.limits.lock)
        with self.database.transaction() as connection:
            record(connection, _entry(now, Action.SIGN_IN_LOCKED, row.id if row is not None else None, address))
            self.inform(connection, row, letter)

    def _record(self, action: Action, member_id: str | None, address: str, failure: str | None = None) -> None:
        with self.database.each_alone() as connection:
            record(connection, _entry(self.clock.now(), action, member_id, address, failure))


def _entry(at: datetime, action: Action, member_id: str | None, address: str, failure: str | None = None) -> Record:
    detail = {"method": "password"} if failure is None else {"method": "password", "failure": failure}
    return Record(at, action, "member", member_id, address=address, detail=detail)


@dataclass(frozen=True, slots=True)
class SignInByPassword:
    """Starts a session for whoever knows the password."""

    check: CheckPassword
    clock: Clock
    sessions: Sessions
    second_step: SecondStep

    def __call__(
        self, login_id: str, password: str, address: str, former: str | None, device: str | None = None
    ) -> tuple[str, Session]:
        """The cookie value of the new session, and the session; `device` is the browser's own cookie, by which a member
        may have spared it their second step. The session behind the cookie `former` is over; what it shared with
        relying parties is carried over when it was the same member's.

        Raises:
            WrongCredentials: no member has this 아이디 and password.
            AccountSuspended: the member who has is suspended.
            TooManyAttempts: the account or the address has used up its guesses.
        """
        member_id, epoch = self.check(login_id, password, address)
        awaits = self.second_step.asked_of(member_id, device)
        by = by_password(self.clock.now())
        return start_anew(self.sessions, former, member_id, epoch, by, awaits_second_step=awaits)
