"""Who is signed in at this browser, for pages that need to know and nothing more."""

from __future__ import annotations

from dataclasses import dataclass

from idp.members import store as members
from idp.members.directory import Directory
from idp.members.profile import Profile
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in member at a browser."""

    session: Session
    kind: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class Visitors:
    """Finds the member behind a session cookie."""

    database: Database
    sessions: Sessions
    directory: Directory

    def find(self, session_cookie: str | None) -> Visitor | None:
        """The visitor, or None: not signed in, signed out everywhere, or no longer a member."""
        session = self.sessions.find(session_cookie)
        if session is None:
            return None
        with self.database.reading() as connection:
            row = members.find(connection, session.member_id)
        if row is None or row.status != members.ACTIVE or row.session_epoch != session.member_epoch:
            return None
        if row.leaves_at is not None:
            # Nothing is open to them but the page on which they say that they stay.
            return None
        profile = self.directory.profile(row)
        return None if profile is None else Visitor(session, row.kind, profile)
