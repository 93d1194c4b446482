"""Asking a member to prove that an e-mail address is theirs."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from idp.clock import Clock
from idp.mail.letters import EmailProof
from idp.members import store as members
from idp.members.directory import Directory
from idp.members.inform import Inform
from idp.members.prove_email import ProveEmail
from idp.recovery.one_time_links import LinkContent, LinkExpired, OneTimeLinks

PATH = "/recovery/email/"


@dataclass(frozen=True, slots=True)
class AskForProof:
    """Queues the letter with the link, inside the transaction of whoever learned the address."""

    clock: Clock
    directory: Directory
    links: OneTimeLinks
    inform: Inform

    def __call__(self, connection: Connection, member_id: str) -> None:
        """Ask, unless the address is proven already."""
        row = members.find(connection, member_id)
        profile = self.directory.profile(row) if row is not None else None
        if row is None or profile is None or profile.email_verified:
            return
        token = self.links.make(LinkContent(row.id, row.session_epoch, self.directory.email_digest(profile.email)))
        self.inform(connection, row, EmailProof(PATH + token, self.clock.now() + self.links.lifetime))


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
