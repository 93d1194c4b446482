"""Signing out: here, and at every relying party that took part in the session."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.catalogue import Catalogue
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.randomness import Randomness
from idp.sessions import session_index
from idp.sessions.session import Session
from idp.sessions.session_index import Indexed
from idp.sessions.sessions import Sessions
from idp.signals.outbox import tell
from idp.signin.session_logouts import EndingSession, session_logouts
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class SignOut:
    """Ends browser sessions and queues a logout token for each relying party in them."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    sessions: Sessions

    def __call__(self, session_cookie: str | None, *, address: str | None = None) -> Session | None:
        """The session behind the cookie, which has ended, or None where there was none."""
        # One that awaits its second step took the place of a whole one, and its relying parties with it.
        session = self.sessions.unfinished(session_cookie)
        if session is None or session_cookie is None:
            return None
        self.elsewhere(self.sessions.entry(session_cookie, session), address=address)
        return session

    def elsewhere(self, entry: Indexed, *, address: str | None = None) -> None:
        """End a session in whatever browser it is; `address` is where that was asked.

        What must be told is queued before the cookie stops working: should we die in between, the member signs out
        again, and no relying party is forgotten.
        """
        now, snapshot = self.clock.now(), self.catalogue.snapshot()
        ending = EndingSession(entry.session_id, entry.member_id, self.sessions.participants_of(entry.session_id))
        with self.database.transaction() as connection:
            told = tell(connection, self.randomness, session_logouts(connection, self.sessions, snapshot, ending, now))
            session_index.remove(connection, entry)
            detail = {"told": told}
            record(
                connection,
                Record(now, Action.SESSION_ENDED, "member", entry.member_id, address=address, detail=detail),
            )
        self.sessions.close(entry)
