"""Access tokens of relying parties' servers: opaque, kept apart from members' so that neither passes for the other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.crypto.digests import same, secret_digest
from idp.oidc.confirmation import NOBODYS, Confirmation
from idp.oidc.handle import Handled, new_handle, taken_apart, with_handle
from idp.randomness import Randomness
from idp.storage.expiring.protocol import ExpiringStore


@dataclass(frozen=True, slots=True)
class MachineToken:
    """What a token was given for; good only while the registration still says the same.

    The times are in seconds since 1970.
    """

    relying_party_id: str
    client_id: str
    credential: str
    scopes: tuple[str, ...]
    issued_at: int
    expires_at: int
    bound_to: Confirmation = NOBODYS

    @classmethod
    def opened(cls, token: Handled | None, kept: bytes | None) -> MachineToken | None:
        """What is `kept` in the token's place; None where that is nothing, or of another secret."""
        if token is None or kept is None:
            return None
        # What an earlier release kept is shorter; it lives for less than an hour.
        values: list[Any] = [*json.loads(kept), None, 0, 0]
        digest, party, client_id, credential, scopes, bound_to, issued_at, expires_at = values[:8]
        if not same(digest, secret_digest(token.secret)):
            return None
        bound = Confirmation.kept(bound_to)
        return cls(party, client_id, credential, tuple(scopes), issued_at, expires_at, bound)


@dataclass(frozen=True, slots=True)
class MachineTokens:
    """Makes them and finds them, each in one round trip; the store holds a digest of the secret."""

    store: ExpiringStore
    randomness: Randomness
    lifetime: timedelta

    def issue(self, content: MachineToken) -> str:
        """A new token."""
        token = with_handle(new_handle(self.randomness), self.randomness)
        packed = [
            secret_digest(token.secret),
            content.relying_party_id,
            content.client_id,
            content.credential,
            content.scopes,
            content.bound_to.claim(),
            content.issued_at,
            content.expires_at,
        ]
        self.store.put(key_of(token.handle), json.dumps(packed).encode(), self.lifetime)
        return token.value

    def find(self, value: str) -> MachineToken | None:
        """What a presented token was given for, or None: expired, a member's, never ours."""
        token = taken_apart(value)
        return MachineToken.opened(token, self.store.get(key_of(token.handle))) if token is not None else None

    def revoke(self, handle: str) -> None:
        """Make the token of `handle` dead."""
        self.store.delete(key_of(handle))


def key_of(handle: str) -> str:
    """Where the token of `handle` is kept."""
    return f"machine:{handle}"
