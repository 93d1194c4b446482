"""내가 아닙니다: a member says that whoever signed in from a new device was not them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials.known_devices import KnownDevices
from idp.members import store as members
from idp.signals.security_events import Ended, TellAgencies, session_revoked
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class DisownDevice:
    """Ends what whoever it was holds: sessions here and at relying parties, grants, spared browsers. The password stays
    the member's to change, and so does the second step: neither goes without them."""

    database: Database
    clock: Clock
    devices: KnownDevices
    tell_agencies: TellAgencies
    end_grants: Callable[[Connection, str, datetime], None]

    def __call__(self, member_id: str, device_id: str, *, address: str) -> None:
        """Nothing happens for a member who has left."""
        now, tell_agencies = self.clock.now(), self.tell_agencies.ready()
        with self.database.transaction() as connection:
            held = members.lock(connection, member_id)
            if held is None or held[1] != members.ACTIVE:
                return
            members.end_sessions(connection, member_id)
            self.devices.ask_everywhere(connection, member_id)
            self.devices.forget(connection, member_id, device_id)
            self.end_grants(connection, member_id, now)
            told = tell_agencies(connection, member_id, (session_revoked(now, Ended.DISOWNED),))
            detail = {"told": told}
            entry = Record(now, Action.DEVICE_DISOWNED, "member", member_id, address=address, detail=detail)
            record(connection, entry)
