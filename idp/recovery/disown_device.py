"""내가 아닙니다: a member says that whoever signed in from a new device was not them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from idp.agencies.catalogue import Catalogue
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials.known_devices import KnownDevices
from idp.links.logouts import logouts
from idp.members import store as members
from idp.randomness import Randomness
from idp.signals.outbox import tell
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class DisownDevice:
    """Ends what whoever it was holds: sessions here and at relying parties, grants, spared browsers. The password stays
    the member's to change, and so does the second step: neither goes without them."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    devices: KnownDevices
    end_grants: Callable[[Connection, str, datetime], None]

    def __call__(self, member_id: str, device_id: str, *, address: str) -> None:
        """Nothing happens for a member who has left."""
        now, snapshot = self.clock.now(), self.catalogue.snapshot()
        with self.database.transaction() as connection:
            held = members.lock(connection, member_id)
            if held is None or held[1] != members.ACTIVE:
                return
            members.end_sessions(connection, member_id)
            self.devices.ask_everywhere(connection, member_id)
            self.devices.forget(connection, member_id, device_id)
            self.end_grants(connection, member_id, now)
            told = tell(connection, self.randomness, logouts(connection, snapshot, member_id, now))
            detail = {"told": told}
            entry = Record(now, Action.DEVICE_DISOWNED, "member", member_id, address=address, detail=detail)
            record(connection, entry)
