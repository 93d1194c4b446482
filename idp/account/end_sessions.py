"""Ending every session of a member, wherever it is."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.catalogue import Catalogue
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.links.logouts import logouts
from idp.members import store as members
from idp.randomness import Randomness
from idp.signals.outbox import tell
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class EndEverySession:
    """모든 기기에서 로그아웃, also of sessions that no list knows: the member's epoch moves on (REQ-68)."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue

    def __call__(self, member_id: str, *, address: str) -> int:
        """How many relying parties will be told."""
        now, snapshot = self.clock.now(), self.catalogue.snapshot()
        with self.database.transaction() as connection:
            members.lock(connection, member_id)
            members.end_sessions(connection, member_id)
            told = tell(connection, self.randomness, logouts(connection, snapshot, member_id, now))
            detail = {"told": told}
            record(connection, Record(now, Action.SESSIONS_ENDED, "member", member_id, address=address, detail=detail))
        return told
