"""Access tokens of relying parties' servers: opaque, kept apart from members' so that neither passes for the other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from idp.crypto.digests import same, secret_digest
from idp.oidc.confirmation import NOBODYS, Confirmation
from idp.oidc.handle import new_handle, taken_apart, with_handle
from idp.randomness import Randomness
from idp.storage.expiring.protocol import ExpiringStore


@dataclass(frozen=True, slots=True)
class MachineToken:
    """What a token was given for; good only while the registration still says the same."""

    relying_party_id: str
    client_id: str
    credential: str
    scopes: tuple[str, ...]
    bound_to: Confirmation = NOBODYS


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
        ]
        self.store.put(_key(token.handle), json.dumps(packed).encode(), self.lifetime)
        return token.value

    def find(self, value: str) -> MachineToken | None:
        """What a presented token was given for, or None: expired, a member's, never ours."""
        token = taken_apart(value)
        octets = self.store.get(_key(token.handle)) if token is not None else None
        if token is None or octets is None:
            return None
        digest, relying_party_id, client_id, credential, scopes, *rest = json.loads(octets)
        if not same(digest, secret_digest(token.secret)):
            return None
        bound_to = Confirmation.kept(*rest[:1] or (None,))
        return MachineToken(relying_party_id, client_id, credential, tuple(scopes), bound_to)


def _key(handle: str) -> str:
    return f"machine:{handle}"
