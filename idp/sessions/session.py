"""One browser, one signed-in member."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from idp.sessions.device import Device

_NOWHERE = Device()


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in. `id` is ours alone; relying parties see an id of their own derived from it.

    `begun_at` is when this browser's session began, `authenticated_at` when its member last proved who they are.
    """

    id: str
    member_id: str
    member_epoch: int
    authenticated_at: datetime
    acr: str
    amr: tuple[str, ...]
    ends_at: datetime
    begun_at: datetime | None = None
    device: Device = _NOWHERE

    def packed(self) -> bytes:
        """As octets for the expiring store."""
        return json.dumps(
            [
                self.id,
                self.member_id,
                self.member_epoch,
                self.authenticated_at.timestamp(),
                self.acr,
                self.amr,
                self.ends_at.timestamp(),
                self.begun_at.timestamp() if self.begun_at is not None else None,
                self.device.address,
                self.device.agent,
            ]
        ).encode()

    @classmethod
    def unpacked(cls, octets: bytes) -> Session:
        """From octets we packed, or the release before ours, which kept no more than seven values."""
        session_id, member_id, epoch, authenticated_at, acr, amr, ends_at, *rest = json.loads(octets)
        begun_at, address, agent = rest or (None, None, None)
        return cls(
            session_id,
            member_id,
            epoch,
            datetime.fromtimestamp(authenticated_at, UTC),
            acr,
            tuple(amr),
            datetime.fromtimestamp(ends_at, UTC),
            datetime.fromtimestamp(begun_at, UTC) if begun_at is not None else None,
            Device(address, agent),
        )
