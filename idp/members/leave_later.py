"""Leaving with time to think it over: no link ends and nobody is told until then; signing in shows the way back.

(a member) ── leave later ──▶ leaves_at is set ── stay ──▶ (a member)
                                     └── the time has come ──▶ withdrawn
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from idp.audit.actions import Action
from idp.audit.actor import MEMBER
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import Conflict, IdpError, NotFound, StoreUnavailable
from idp.mail.letters import LeavingSoon
from idp.members import store
from idp.members.inform import Inform
from idp.members.models import members
from idp.members.withdraw import Withdraw
from idp.storage.database import Database

_log = structlog.get_logger(__name__)
LEFT_AT_ONCE = 100


class NotLeaving(Conflict):
    """The member is leaving already, or is not where they want to stay."""

    code = "not_leaving"


@dataclass(frozen=True, slots=True)
class LeaveLater:
    """Begins the days: every session ends now, and agencies hear nothing yet. The caller has re-authenticated the
    member (REQ-81)."""

    database: Database
    clock: Clock
    inform: Inform
    cooling_off: timedelta

    def __call__(self, member_id: str, *, address: str | None = None, keep_subjects: bool = False) -> datetime:
        """When the membership ends.

        Raises:
            NotFound: there is no such member any more.
            NotLeaving: they are leaving already.
        """
        now = self.clock.now()
        until = now + self.cooling_off
        with self.database.transaction() as connection:
            held = store.lock(connection, member_id)
            if held is None or held[1] != store.ACTIVE:
                raise NotFound("no such member")
            if store.leaves_at(connection, member_id) is not None:
                raise NotLeaving("leaving already")
            store.leave_at(connection, member_id, until, keep_subjects=keep_subjects)
            store.end_sessions(connection, member_id)
            self.inform(connection, store.find(connection, member_id), LeavingSoon(now, until, "/account/"))
            said = {"until": until.isoformat()}
            record(connection, Record(now, Action.MEMBER_LEAVING, str(MEMBER), member_id, address=address, detail=said))
        return until


@dataclass(frozen=True, slots=True)
class Stay:
    """Calls the leaving off, by a member who has just signed in."""

    database: Database
    clock: Clock

    def __call__(self, member_id: str, *, address: str | None = None) -> None:
        """Forget that they wanted to leave.

        Raises:
            NotFound: the time has come meanwhile.
            NotLeaving: they are not leaving.
        """
        now = self.clock.now()
        with self.database.transaction() as connection:
            held = store.lock(connection, member_id)
            if held is None or held[1] == store.WITHDRAWN:
                raise NotFound("no such member")
            if store.leaves_at(connection, member_id) is None:
                raise NotLeaving("not leaving")
            store.leave_at(connection, member_id, None, keep_subjects=False)
            record(connection, Record(now, Action.MEMBER_STAYED, str(MEMBER), member_id, address=address))


@dataclass(frozen=True, slots=True)
class FinishLeaving:
    """Withdraws those whose days are over. Whoever is suspended meanwhile stays as they are: they could not have said
    that they stay, and what an operator looks into must not go by itself."""

    database: Database
    clock: Clock
    withdraw: Withdraw

    def __call__(self) -> int:
        """How many left; a hundred at most.

        Raises:
            StoreUnavailable: the database did not answer; who left has left.
        """
        now = self.clock.now()
        due = select(members.c.id, members.c.keeps_subjects).where(
            members.c.leaves_at <= now, members.c.status == store.ACTIVE
        )
        with self.database.reading() as connection:
            rows = connection.execute(due.order_by(members.c.leaves_at).limit(LEFT_AT_ONCE)).all()
        left = 0
        for row in rows:
            try:
                self.withdraw(row.id, keep_subjects=bool(row.keeps_subjects), due_by=now)
            except NotFound:
                # Who stayed after all, or was seen to by another worker, has not left by our hand.
                continue
            except StoreUnavailable:
                raise
            except IdpError as error:
                # One whose data do not open must not keep the others from leaving, nor the worker from its work.
                _log.error("leaving.failed", code=error.code)
                continue
            left += 1
        return left
