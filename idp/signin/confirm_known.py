"""Asking a member whom we know already for their password."""

from __future__ import annotations

from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials import store as credentials
from idp.credentials.attempts import AttemptLimits
from idp.credentials.password import PasswordHasher
from idp.mail.letters import AccountLocked
from idp.members import store as members
from idp.members.inform import Inform
from idp.signin.password import WAY_BACK, WrongCredentials
from idp.storage.database import Database

_METHOD = "password"


@dataclass(frozen=True, slots=True)
class ConfirmKnown:
    """Checks it against the same count of guesses as signing in (REQ-40)."""

    database: Database
    clock: Clock
    hasher: PasswordHasher
    limits: AttemptLimits
    inform: Inform

    def __call__(self, member_id: str, login_id: str | None, password: str, address: str, *, named: bool = True) -> str:
        """The stored hash that the password fits. `login_id` is the member's own; where they had to type it and typed
        another, they are not `named`, and no password is right.

        Raises:
            WrongCredentials: it is not this member's.
            TooManyAttempts: the account or the address has used up its guesses.
        """
        # An enterprise that joined by an operator's word has no 아이디; no 아이디 looks like a member's id.
        attempt = self.limits.check(login_id or member_id, address)
        with self.database.reading() as connection:
            stored = credentials.password_hash(connection, member_id)
        if self.hasher.verify(stored if named else None, password) and stored is not None:
            self.limits.succeeded(attempt)
            return stored
        locked = self.limits.failed(attempt)
        now = self.clock.now()
        action = Action.SIGN_IN_LOCKED if locked else Action.SIGN_IN_FAILED
        with self.database.transaction() as connection:
            detail = {"method": _METHOD}
            record(connection, Record(now, action, "member", member_id, address=address, detail=detail))
            if locked:
                letter = AccountLocked(now, WAY_BACK, now + self.limits.limits.lock)
                self.inform(connection, members.find(connection, member_id), letter)
        raise WrongCredentials("password does not match")
