"""Ending every session of a member, wherever it is."""

from __future__ import annotations

from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.members import store as members
from idp.signals.security_events import Ended, TellAgencies, session_revoked
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class EndEverySession:
    """모든 기기에서 로그아웃, also of sessions that no list knows: the member's epoch moves on (REQ-68)."""

    database: Database
    clock: Clock
    tell_agencies: TellAgencies

    def __call__(self, member_id: str, *, address: str) -> int:
        """How many messages to relying parties were queued."""
        now, tell_agencies = self.clock.now(), self.tell_agencies.ready()
        with self.database.transaction() as connection:
            members.lock(connection, member_id)
            members.end_sessions(connection, member_id)
            told = tell_agencies(connection, member_id, (session_revoked(now, Ended.EVERYWHERE),))
            detail = {"told": told}
            record(connection, Record(now, Action.SESSIONS_ENDED, "member", member_id, address=address, detail=detail))
        return told
