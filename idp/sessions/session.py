"""One browser, one signed-in member."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in. `id` is ours alone; relying parties see an id of their own derived from it."""

    id: str
    member_id: str
    member_epoch: int
    authenticated_at: datetime
    acr: str
    amr: tuple[str, ...]
    ends_at: datetime

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
            ]
        ).encode()

    @classmethod
    def unpacked(cls, octets: bytes) -> Session:
        """From octets we packed."""
        session_id, member_id, epoch, authenticated_at, acr, amr, ends_at = json.loads(octets)
        return cls(
            session_id,
            member_id,
            epoch,
            datetime.fromtimestamp(authenticated_at, UTC),
            acr,
            tuple(amr),
            datetime.fromtimestamp(ends_at, UTC),
        )
