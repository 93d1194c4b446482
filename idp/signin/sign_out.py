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
from idp.signals.security_events import Ended
from idp.signin.session_logouts import EndingSession, SessionLogouts
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class SignOut:
    """Ends browser sessions and queues a logout token for each relying party in them."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    sessions: Sessions
    issuer: str

    def __call__(
        self, session_cookie: str | None, *, address: str | None = None, asked_by: str | None = None
    ) -> Session | None:
        """The session behind the cookie, which has ended, or None where there was none. `asked_by` is the relying party
        that sent the browser here to sign out, where one did."""
        # One that awaits its second step took the place of a whole one, and its relying parties with it.
        session = self.sessions.unfinished(session_cookie)
        if session is None or session_cookie is None:
            return None
        self.elsewhere(self.sessions.entry(session_cookie, session), address=address, asked_by=asked_by)
        return session

    def elsewhere(self, entry: Indexed, *, address: str | None = None, asked_by: str | None = None) -> None:
        """End a session in whatever browser it is; `address` is where that was asked.

        What must be told is queued before the cookie stops working: should we die in between, the member signs out
        again, and no relying party is forgotten.
        """
        now, snapshot = self.clock.now(), self.catalogue.snapshot()
        participants = self.sessions.participants_of(entry.session_id)
        ending = EndingSession(entry.session_id, entry.member_id, participants, Ended.SIGNED_OUT, asked_by)
        logouts = SessionLogouts(self.issuer, self.sessions)
        with self.database.transaction() as connection:
            told = tell(connection, self.randomness, logouts(connection, snapshot, ending, now))
            at_last = session_index.end(connection, entry.session_id)
            detail = {"told": told}
            record(
                connection,
                Record(now, Action.SESSION_ENDED, "member", entry.member_id, address=address, detail=detail),
            )
        self.sessions.close(entry)
        if at_last is not None and at_last.place != entry.place:
            # Its member proved more of who they are meanwhile; that does not outlive this.
            self.sessions.close(at_last)
