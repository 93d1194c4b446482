"""Signing out: here, and at every relying party that took part in the session."""

from __future__ import annotations

from dataclasses import dataclass

from idp.sessions.session_index import Indexed
from idp.sessions.sessions import Sessions
from idp.signals.security_events import Ended
from idp.signin.hearer import Hearer
from idp.signin.tell_ended import TellEnded


@dataclass(frozen=True, slots=True)
class SignOut:
    """Ends browser sessions and queues a logout token for each relying party in them."""

    sessions: Sessions
    tell_ended: TellEnded

    def __call__(
        self, session_cookie: str | None, *, address: str | None = None, asked_by: str | None = None
    ) -> tuple[Hearer, ...]:
        """The relying parties of the session behind the cookie, which has ended; nobody where there was none.
        `asked_by` is the relying party that sent the browser here to sign out, where one did."""
        # One that awaits its second step took the place of a whole one, and its relying parties with it.
        session = self.sessions.unfinished(session_cookie)
        if session is None or session_cookie is None:
            return ()
        return self.elsewhere(self.sessions.entry(session_cookie, session), address=address, asked_by=asked_by)

    def elsewhere(
        self, entry: Indexed, *, address: str | None = None, asked_by: str | None = None
    ) -> tuple[Hearer, ...]:
        """End a session in whatever browser it is; `address` is where that was asked. Of two who do so at once one
        hears of its relying parties."""
        told = self.tell_ended(entry, Ended.SIGNED_OUT, address=address, asked_by=asked_by)
        if told is None:
            self.sessions.close(entry)
            return ()
        return told.hearers
