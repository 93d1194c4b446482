"""Ending every session of a member, wherever it is."""

from __future__ import annotations

from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.actor import MEMBER, Actor
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import NotFound
from idp.members import store as members
from idp.signals.security_events import Ended, TellAgencies, session_revoked
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class EndEverySession:
    """모든 기기에서 로그아웃, also of sessions that no list knows: the member's epoch moves on (REQ-68). What relying
    parties hold to act without the member goes on (Back-Channel Logout §2.7)."""

    database: Database
    clock: Clock
    tell_agencies: TellAgencies

    def __call__(
        self, member_id: str, *, actor: Actor = MEMBER, address: str | None = None, reason: str | None = None
    ) -> int:
        """How many messages to relying parties were queued. `reason` is a code for the audit alone.

        Raises:
            NotFound: there is no such member any more.
        """
        why = Ended.EVERYWHERE if actor == MEMBER else Ended.BY_OPERATOR
        now, tell_agencies = self.clock.now(), self.tell_agencies.ready()
        with self.database.transaction() as connection:
            held = members.lock(connection, member_id)
            if held is None or held[1] == members.WITHDRAWN:
                raise NotFound("no such member")
            members.end_sessions(connection, member_id)
            told = tell_agencies(connection, member_id, (session_revoked(now, why),))
            detail: dict[str, str | int | bool | None] = {"told": told}
            if reason is not None:
                detail["reason"] = reason
            entry = Record(now, Action.SESSIONS_ENDED, str(actor), member_id, address=address, detail=detail)
            record(connection, entry)
        return told
