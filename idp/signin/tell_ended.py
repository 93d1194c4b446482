"""The end of one session, whoever brings it about or notices it: every relying party in it is told, and none twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

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
from idp.signin.hearer import Hearer
from idp.signin.session_logouts import EndingSession, SessionLogouts
from idp.storage.database import Database

_LONGEST_REQUEST = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Told:
    """`first`: nobody had noticed the end before. `hearers` took part and had not been told before."""

    first: bool
    hearers: tuple[Hearer, ...]


@dataclass(frozen=True, slots=True)
class TellEnded:
    """Writes down that a session is over and queues what its relying parties hear of it.

    A relying party may join while we look: its browser is on the way back with a code. So the end is looked at once
    more when no request that found the session can still be running and no code of it can be redeemed, and whoever
    joined hears then. `codes_last` is how long codes are good.
    """

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    sessions: Sessions
    issuer: str
    codes_last: timedelta

    def __call__(
        self, entry: Indexed, why: Ended, *, address: str | None = None, asked_by: str | None = None
    ) -> Told | None:
        """Who has now been told; None where the session is long over, or goes on elsewhere because its member proved
        again who they are.

        `address` is where somebody asked for the end, `asked_by` the relying party that did.
        """
        now, snapshot = self.clock.now(), self.catalogue.snapshot()
        participants = self.sessions.participants_of(entry.session_id)
        with self.database.transaction() as connection:
            members.lock(connection, entry.member_id)
            held = session_index.held(connection, entry.session_id)
            if held is None:
                return None
            over, seen_over = held.ended_because is not None, entry.ended_because is not None
            noticed = why is Ended.EXPIRED
            if noticed and not over and (seen_over or held.place != entry.place):
                return None
            is_last_look = over and seen_over
            because = Ended(held.ended_because) if held.ended_because is not None else why
            ending = EndingSession(held.session_id, held.member_id, participants - held.told, because, asked_by)
            # Whoever ended all of the member's sessions at once has told everybody already.
            in_force = _in_force(connection, held)
            logouts = SessionLogouts(self.issuer, self.randomness)
            notices, hearers = logouts(connection, snapshot, ending, now) if in_force else ([], [])
            told = tell(connection, self.randomness, notices)
            if is_last_look:
                session_index.forget(connection, held.session_id)
            else:
                last_look = now + self.codes_last + _LONGEST_REQUEST
                session_index.end(connection, held.session_id, because, held.told | participants, last_look)
            if told or (not over and (in_force or not noticed)):
                record(connection, _entry(now, held, because, told, address))
        # What was told is queued before the cookie stops working: should we die here, the last look closes it.
        self.sessions.shut(entry.place, held.place)
        if is_last_look:
            self.sessions.close(held)
        return Told(not over, tuple(hearers))


def _in_force(connection: Connection, held: Indexed) -> bool:
    row = members.find(connection, held.member_id)
    return row is not None and row.status == members.ACTIVE and row.session_epoch == held.member_epoch


def _entry(now: datetime, held: Indexed, because: Ended, told: int, address: str | None) -> Record:
    by_itself = because is Ended.EXPIRED
    action, actor = (Action.SESSION_EXPIRED, "system") if by_itself else (Action.SESSION_ENDED, "member")
    return Record(now, action, actor, held.member_id, address=address, detail={"told": told})
