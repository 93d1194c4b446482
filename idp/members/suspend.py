"""Suspending a member, and letting them back in: nothing of theirs is lost, and nobody gets in meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from idp.audit.actions import Action
from idp.audit.actor import Actor
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import Conflict, NotFound
from idp.mail.letters import StandingChanged
from idp.members import store
from idp.members.inform import Inform
from idp.signals.security_events import Ended, TellAgencies, account_disabled, account_enabled, session_revoked
from idp.storage.database import Database

_TO_SAY_THAT_THEY_STAY = timedelta(days=1)


class NotToBeSuspended(Conflict):
    """The member is suspended already, or not suspended where they are to be restored."""

    code = "member_status_conflict"


@dataclass(frozen=True, slots=True)
class Suspend:
    """Ends sessions and tokens at once; links, credentials and profile stay. The member is told. RISC 1.0 §2.3."""

    database: Database
    clock: Clock
    end_grants: Callable[[Connection, str, datetime], None]
    """Ends what relying parties hold of a member's to act without them; supplied from above."""
    tell_agencies: TellAgencies
    inform: Inform

    def __call__(self, member_id: str, *, actor: Actor, reason: str) -> int:
        """How many messages to relying parties were queued. `reason` is a code for the audit alone.

        Raises:
            NotFound: there is no such member any more.
            NotToBeSuspended: they are suspended already.
        """
        now, tell_agencies = self.clock.now(), self.tell_agencies.ready()
        with self.database.transaction() as connection:
            _move(connection, member_id, store.ACTIVE, store.SUSPENDED)
            store.end_sessions(connection, member_id)
            self.end_grants(connection, member_id, now)
            told = tell_agencies(connection, member_id, (account_disabled(now), session_revoked(now, Ended.SUSPENDED)))
            self.inform(connection, store.find(connection, member_id), StandingChanged(now, suspended=True))
            detail: dict[str, str | int | bool | None] = {"reason": reason, "told": told}
            record(connection, Record(now, Action.MEMBER_SUSPENDED, str(actor), member_id, detail=detail))
        return told


@dataclass(frozen=True, slots=True)
class Restore:
    """Lets a suspended member sign in again; what was ended stays ended. Whoever was leaving has a day at least to say
    that they stay. RISC 1.0 §2.4."""

    database: Database
    clock: Clock
    tell_agencies: TellAgencies
    inform: Inform

    def __call__(self, member_id: str, *, actor: Actor, reason: str) -> int:
        """How many messages to relying parties were queued. `reason` is a code for the audit alone.

        Raises:
            NotFound: there is no such member any more.
            NotToBeSuspended: they are not suspended.
        """
        now, tell_agencies = self.clock.now(), self.tell_agencies.ready()
        with self.database.transaction() as connection:
            _move(connection, member_id, store.SUSPENDED, store.ACTIVE)
            store.leave_no_sooner(connection, member_id, now + _TO_SAY_THAT_THEY_STAY)
            told = tell_agencies(connection, member_id, (account_enabled(now),))
            self.inform(connection, store.find(connection, member_id), StandingChanged(now, suspended=False))
            detail: dict[str, str | int | bool | None] = {"reason": reason, "told": told}
            record(connection, Record(now, Action.MEMBER_RESTORED, str(actor), member_id, detail=detail))
        return told


def _move(connection: Connection, member_id: str, former: str, present: str) -> None:
    held = store.lock(connection, member_id)
    if held is None or held[1] == store.WITHDRAWN:
        raise NotFound("no such member")
    if held[1] != former:
        raise NotToBeSuspended(f"the member is {held[1]}")
    store.put_status(connection, member_id, present)
