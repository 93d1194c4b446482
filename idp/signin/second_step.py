"""Whether a member is asked for the second step that they turned on for themselves."""

from __future__ import annotations

from dataclasses import dataclass

from idp.clock import Clock
from idp.credentials.known_devices import KnownDevices
from idp.credentials.one_time_codes import has_app
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class SecondStep:
    """Says whether a password alone begins a session."""

    database: Database
    clock: Clock
    devices: KnownDevices

    def asked_of(self, member_id: str, device: str | None) -> bool:
        """Whether the member has yet to take the second step, at a browser with the cookie `device`."""
        with self.database.reading() as connection:
            if not has_app(connection, member_id):
                return False
            return device is None or not self.devices.is_spared(connection, member_id, device, self.clock.now())
