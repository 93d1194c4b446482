"""Asking a member to prove that an e-mail address is theirs."""

from __future__ import annotations

from dataclasses import dataclass

from idp.clock import Clock
from idp.mail.letters import EmailProof
from idp.members import store as members
from idp.members.directory import Directory
from idp.members.inform import Inform
from idp.members.prove_email import ProveEmail
from idp.recovery.one_time_links import LinkContent, LinkExpired, OneTimeLinks
from idp.storage.database import Database

PATH = "/recovery/email/"


@dataclass(frozen=True, slots=True)
class AskForProof:
    """Sends the letter with the link. Not inside the transaction that learned the address: the link is kept in the
    expiring store, which may be the same database. Should we die in between, the member asks again."""

    database: Database
    clock: Clock
    directory: Directory
    links: OneTimeLinks
    inform: Inform

    def __call__(self, member_id: str) -> bool:
        """Whether there was anything to ask: not where the address is proven, or the member is gone."""
        with self.database.reading() as connection:
            row = members.find(connection, member_id)
        profile = self.directory.profile(row) if row is not None else None
        if row is None or profile is None or profile.email_verified:
            return False
        token = self.links.make(LinkContent(row.id, row.session_epoch, self.directory.email_digest(profile.email)))
        with self.database.transaction() as connection:
            self.inform(connection, row, EmailProof(PATH + token, self.clock.now() + self.links.lifetime))
        return True


@dataclass(frozen=True, slots=True)
class TakeProof:
    """Takes the link's word that whoever has it reads the address."""

    links: OneTimeLinks
    prove: ProveEmail

    def __call__(self, token: str, address: str) -> None:
        """Mark the address as proven.

        Raises:
            LinkExpired: the link is good no more, or the member has given another address since.
        """
        content = self.links.spend(token)
        if not self.prove(content.member_id, content.email_digest, address=address):
            raise LinkExpired
