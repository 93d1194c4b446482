"""Sending a reset link to the proven e-mail address of whoever signs in under an 아이디."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.mail.letters import PasswordReset
from idp.members import store as members
from idp.members.directory import Directory
from idp.members.inform import Inform
from idp.members.store import MemberRow
from idp.recovery.limits import AskLimits
from idp.recovery.one_time_links import LinkContent, OneTimeLinks
from idp.storage.database import Database

PATH = "/recovery/reset/"


@dataclass(frozen=True, slots=True)
class AskResetLink:
    """Does the same work whoever is asked about, and says nothing of what came of it (REQ-43)."""

    database: Database
    clock: Clock
    directory: Directory
    links: OneTimeLinks
    limits: AskLimits
    inform: Inform

    def __call__(self, login_id: str, address: str) -> None:
        """Queue the letter, if there is a member to get it whose address is proven. An address that somebody else may
        read gets none: whoever typed it wrong, or on purpose, would hand the account over.

        Raises:
            TooManyRecoveries: this 아이디 was asked about too often.
        """
        self.limits.mail(login_id)
        with self.database.reading() as connection:
            row, content = self._reachable(connection, login_id)
        token = self.links.make(content)
        now = self.clock.now()
        with self.database.transaction() as connection:
            member_id = row.id if row is not None else None
            record(connection, Record(now, Action.RESET_LINK_ASKED, "visitor", member_id, address=address))
            self.inform(connection, row, PasswordReset(PATH + token, now + self.links.lifetime))

    def _reachable(self, connection: Connection, login_id: str) -> tuple[MemberRow | None, LinkContent | None]:
        # An id that no member has finds no row, by the same query.
        row = members.find(connection, self.directory.member_id(connection, login_id) or "")
        profile = self.directory.profile(row) if row is not None else None
        if row is None or profile is None or row.status != members.ACTIVE or not profile.email_verified:
            return None, None
        return row, LinkContent(row.id, row.session_epoch, self.directory.email_digest(profile.email))
