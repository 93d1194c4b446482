"""Becoming a member on an operator's word: the verb behind `idp members create`."""

from __future__ import annotations

from dataclasses import dataclass

from idp.clock import Clock
from idp.credentials.password import PasswordHasher
from idp.members.admit import Admit, AlreadyAMember
from idp.members.directory import Directory
from idp.members.profile import EnterpriseProfile, PersonProfile
from idp.randomness import Randomness
from idp.storage.database import Database

__all__ = ["AlreadyAMember", "Join"]


@dataclass(frozen=True, slots=True)
class Join:
    """Makes the account of a person or an enterprise whose identity somebody else has verified."""

    database: Database
    clock: Clock
    randomness: Randomness
    directory: Directory
    hasher: PasswordHasher

    @property
    def admit(self) -> Admit:
        """What writes the member."""
        return Admit(self.randomness, self.directory)

    def person(self, profile: PersonProfile, password: str, *, actor: str) -> str:
        """The new member's id.

        Raises:
            BadRequest: the 아이디 is not one (REQ-21).
            AlreadyAMember: it is taken.
        """
        hashed = self.hasher.hash(password)
        with self.database.transaction() as connection:
            return self.admit.person(connection, profile, hashed, at=self.clock.now(), actor=actor)

    def enterprise(self, profile: EnterpriseProfile, *, actor: str) -> str:
        """The new member's id.

        Raises:
            BadRequest: the 사업자등록번호 fails its checksum (REQ-17).
            AlreadyAMember: it has an account (REQ-18).
        """
        with self.database.transaction() as connection:
            return self.admit.enterprise(connection, profile, None, at=self.clock.now(), actor=actor)
