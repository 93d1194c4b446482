"""How a relying party's server acts for itself, without any member: a client with scopes of its own kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from idp.crypto.digests import secret_digest

MACHINE_SCOPES: Final = (
    "ssf.manage",
    "ssf.read",
    "links.read",
    "links.manage",
    "roster.manage",
    "provisioning.manage",
)
"""What a machine client may be allowed. Never granted to a member's sign-in, as theirs are never granted here."""
CLIENT_CREDENTIALS: Final = "client_credentials"


@dataclass(frozen=True, slots=True)
class MachineClient:
    """A client that may use `client_credentials` (RFC 6749 §4.4)."""

    client_id: str
    secret_digests: tuple[str, ...] = field(repr=False)
    scopes: frozenset[str]

    @property
    def credential(self) -> str:
        """Changes whenever the secret does, and does not tell it: tokens name the credential they were given for."""
        return secret_digest(":".join(self.secret_digests))
