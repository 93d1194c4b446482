"""Asking a signed-in member for their password again."""

from __future__ import annotations

from dataclasses import dataclass

from idp.clock import Clock
from idp.credentials.attempts import AttemptLimits
from idp.credentials.password import PasswordHasher
from idp.members.inform import Inform
from idp.signin.confirm_known import ConfirmKnown
from idp.signin.visitor import Visitor
from idp.storage.database import Database


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
        confirm = ConfirmKnown(self.database, self.clock, self.hasher, self.limits, self.inform)
        return confirm(visitor.session.member_id, visitor.profile.login_id, password, address)
