"""Knowing a browser again, and telling the member when one signs them in that they were never seen with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from idp.clock import Clock
from idp.credentials.known_devices import SEEN_RESOLUTION, KnownDevices
from idp.mail.letters import NewSignIn
from idp.members import store as members
from idp.members.inform import Inform
from idp.randomness import Randomness, url_token
from idp.sessions.device import Device
from idp.storage.database import Database
from idp.web.masking import mask_address

_HANDLE_LENGTH = 43
_UNKNOWN_AGENT = "-"

MakeLink = Callable[[str, str], str]
"""The path under which a member says that a device is not theirs; supplied from above, where the page is."""


@dataclass(frozen=True, slots=True)
class GreetDevice:
    """Keeps the browsers a member signed in with. The first one ever, which is where they joined or the first we could
    have seen, is no news to anybody."""

    database: Database
    clock: Clock
    randomness: Randomness
    devices: KnownDevices
    inform: Inform
    make_link: MakeLink
    writes: bool = True
    """Whether a new one is worth a letter."""

    def __call__(self, member_id: str, presented: str | None, device: Device) -> str:
        """The handle that the browser keeps from now on; `presented` is what it showed."""
        handle = presented if presented is not None and len(presented) == _HANDLE_LENGTH else url_token(self.randomness)
        now = self.clock.now()
        with self.database.reading() as connection:
            seen = self.devices.last_seen(connection, member_id, handle)
            first = seen is None and not self.devices.any_known(connection, member_id)
        if seen is None:
            self._learn(member_id, handle, device, now, tell=self.writes and not first)
        elif now - seen >= SEEN_RESOLUTION:
            with self.database.transaction() as connection:
                self.devices.seen(connection, member_id, handle, now)
        return handle

    def _learn(self, member_id: str, handle: str, device: Device, now: datetime, *, tell: bool) -> None:
        device_id, letter = self.devices.new_id(), None
        if tell:
            # Before the transaction: the link may lie in another store, and one that nobody is told of opens nothing.
            path = self.make_link(member_id, device_id)
            letter = NewSignIn(now, device.agent or _UNKNOWN_AGENT, path, mask_address(device.address))
        with self.database.transaction() as connection:
            news = self.devices.learn(connection, device_id, member_id, handle, device.agent, now)
            if news and letter is not None:
                self.inform(connection, members.find(connection, member_id), letter)
