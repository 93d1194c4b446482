"""Asking a signed-in member for their password again."""

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
from idp.signin.visitor import Visitor
from idp.storage.database import Database

_METHOD = "password"


@dataclass(frozen=True, slots=True)
class ConfirmPassword:
    """Checks it against the same count of guesses as signing in: a session left open is no place to guess (REQ-40)."""

    database: Database
    clock: Clock
    hasher: PasswordHasher
    limits: AttemptLimits
    inform: Inform

    def __call__(self, visitor: Visitor, password: str, address: str) -> str:
        """The stored hash that the password fits.

        Raises:
            WrongCredentials: it is not this member's.
            TooManyAttempts: the account or the address has used up its guesses.
        """
        member_id = visitor.session.member_id
        # An enterprise that joined by an operator's word has no 아이디; no 아이디 looks like a member's id.
        attempt = self.limits.check(visitor.profile.login_id or member_id, address)
        with self.database.reading() as connection:
            stored = credentials.password_hash(connection, member_id)
        if self.hasher.verify(stored, password) and stored is not None:
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
