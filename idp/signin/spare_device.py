"""이 기기에서는 다시 묻지 않기: sparing a browser the second step, and asking it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials.known_devices import KnownDevices, SparedDevice
from idp.randomness import Randomness, url_token
from idp.sessions.session import Session
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class SpareDevice:
    """What it spares is the member's own question; a relying party that asks for a second factor gets one."""

    database: Database
    clock: Clock
    randomness: Randomness
    devices: KnownDevices
    lifetime: timedelta

    def __call__(self, session: Session, *, address: str) -> str:
        """The handle that the browser must keep: a new one, so that none that somebody planted opens anything."""
        handle, now = url_token(self.randomness), self.clock.now()
        with self.database.transaction() as connection:
            self.devices.learn(connection, self.devices.new_id(), session.member_id, handle, session.device.agent, now)
            self.devices.spare(connection, session.member_id, handle, now + self.lifetime)
            entry = Record(now, Action.DEVICE_SPARED, "member", session.member_id, address=address)
            record(connection, entry)
        return handle

    def listed(self, member_id: str) -> list[SparedDevice]:
        """The browsers that are spared."""
        with self.database.reading() as connection:
            return self.devices.spared(connection, member_id, self.clock.now())

    def ask_again(self, member_id: str, device_id: str, *, address: str) -> None:
        """Spare it no more.

        Raises:
            NotFound: the member has none of this id.
        """
        with self.database.transaction() as connection:
            self.devices.ask_again(connection, member_id, device_id)
            entry = Record(self.clock.now(), Action.DEVICE_ASKED_AGAIN, "member", member_id, address=address)
            record(connection, entry)
