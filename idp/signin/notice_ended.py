"""Telling relying parties of sessions that ended by themselves: unused too long, or at their absolute limit (REQ-65).

Nobody calls when time runs out, so a worker looks: at every session in the moment in which it has ended unless somebody
used it meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.clock import Clock
from idp.sessions import session_index
from idp.sessions.sessions import Sessions
from idp.signals.security_events import Ended
from idp.signin.tell_ended import TellEnded
from idp.storage.database import Database

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NoticeEnded:
    """One look at every session that is due, and the last one at those that ended. Any number of workers may look; one
    of them tells."""

    database: Database
    clock: Clock
    sessions: Sessions
    tell_ended: TellEnded

    def __call__(self) -> int:
        """How many sessions had ended."""
        ended = 0
        while True:
            now = self.clock.now()
            with self.database.reading() as connection:
                entries = session_index.due(connection, now, _AT_ONCE)
            looked_at = self.sessions.alive(entries)
            living = {
                entry.session_id: self.sessions.next_look(entry)
                for entry, session in looked_at
                if session is not None and entry.ended_because is None
            }
            if living:
                with self.database.transaction() as connection:
                    session_index.look_again(connection, living)
            for entry, session in looked_at:
                if session is None or entry.ended_because is not None:
                    told = self.tell_ended(entry, Ended.EXPIRED)
                    ended += told is not None and told.first
            if len(entries) < _AT_ONCE:
                return ended
