"""An initial access token: an operator's leave to register clients for one agency. RFC 7591 §3.

`<43 characters of base64url>`: 256 random bits. Kept as a digest, shown once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.agencies.self_registration.policy import RegistrationPolicy


@dataclass(frozen=True, slots=True)
class InitialAccessToken:
    """One of them, without what proves it."""

    id: str
    agency_id: str
    policy: RegistrationPolicy
    uses: int
    used: int
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    @property
    def actor(self) -> str:
        """Who acts where it is used, in the audit and in the registrations' history."""
        return f"initial-access-token:{self.id}"

    def is_good(self, now: datetime) -> bool:
        """Whether a client may be registered with it."""
        return self.revoked_at is None and now < self.expires_at and self.used < self.uses
