"""Telling relying parties of sessions that ended by themselves: unused too long, or at their absolute limit (REQ-65).

Nobody calls when time runs out, so a worker looks: at every session once in a tenth of its idle time.
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.catalogue import Catalogue
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.members import store as members
from idp.randomness import Randomness
from idp.sessions import session_index
from idp.sessions.session_index import Indexed
from idp.sessions.sessions import Sessions
from idp.signals.outbox import tell
from idp.signals.security_events import Ended
from idp.signin.session_logouts import EndingSession, SessionLogouts
from idp.storage.database import Database

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NoticeEnded:
    """One look at every session that is due. Any number of workers may look; one of them tells."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    sessions: Sessions
    issuer: str

    def __call__(self) -> int:
        """How many sessions had ended."""
        ended = 0
        while True:
            now = self.clock.now()
            with self.database.reading() as connection:
                entries = session_index.due(connection, now, _AT_ONCE)
            looked_at = self.sessions.alive(entries)
            living = [entry.session_id for entry, session in looked_at if session is not None]
            if living:
                with self.database.transaction() as connection:
                    session_index.look_again(connection, living, now + self.sessions.between_looks)
            ended += sum(self._tell(entry) for entry, session in looked_at if session is None)
            if len(entries) < _AT_ONCE:
                return ended

    def _tell(self, entry: Indexed) -> bool:
        now, snapshot = self.clock.now(), self.catalogue.snapshot()
        participants = self.sessions.participants_of(entry.session_id)
        ending = EndingSession(entry.session_id, entry.member_id, participants, Ended.EXPIRED)
        logouts = SessionLogouts(self.issuer, self.sessions)
        with self.database.transaction() as connection:
            held = members.lock(connection, entry.member_id)
            if not session_index.remove(connection, entry):
                return False
            row = members.find(connection, entry.member_id) if held is not None else None
            # Whoever ended all of the member's sessions at once has told everybody already.
            if row is not None and row.status == members.ACTIVE and row.session_epoch == entry.member_epoch:
                told = tell(connection, self.randomness, logouts(connection, snapshot, ending, now))
                detail = {"told": told}
                record(connection, Record(now, Action.SESSION_EXPIRED, "system", entry.member_id, detail=detail))
        self.sessions.close(entry)
        return True
