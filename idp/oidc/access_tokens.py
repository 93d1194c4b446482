"""Opaque access tokens: found by handle, proven by the digest of their secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from idp.crypto.digests import same, secret_digest
from idp.oidc.authorization import Authorization
from idp.oidc.confirmation import NOBODYS, Confirmation
from idp.oidc.handle import new_handle, taken_apart, with_handle
from idp.randomness import Randomness
from idp.storage.expiring.protocol import ExpiringStore

_REVOKED = b"revoked"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a live access token stands for; `grant_id` names the refresh token family it belongs to, if any."""

    authorization: Authorization
    grant_id: str | None
    bound_to: Confirmation = NOBODYS


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """Makes access tokens, finds them, and lets a handle be revoked before or after its token is made."""

    store: ExpiringStore
    randomness: Randomness
    lifetime: timedelta
    code_lifetime: timedelta
    is_registered: Callable[[str], bool]
    """Whether there is a relying party of that id: what an ended client holds is good no more."""

    def issue(
        self,
        authorization: Authorization,
        grant_id: str | None,
        handle: str | None = None,
        bound_to: Confirmation = NOBODYS,
    ) -> str | None:
        """A new token, under `handle` where a code has chosen it; None where that handle was revoked already."""
        token = with_handle(handle or new_handle(self.randomness), self.randomness)
        packed = json.dumps([secret_digest(token.secret), authorization.packed(), grant_id, bound_to.claim()]).encode()
        return token.value if self.store.add_if_absent(_key(token.handle), packed, self.lifetime) else None

    def find(self, value: str) -> AccessToken | None:
        """What a presented token stands for, or None: expired, revoked, never ours."""
        token = taken_apart(value)
        octets = self.store.get(_key(token.handle)) if token is not None else None
        if token is None or octets is None or octets == _REVOKED:
            return None
        digest, authorization, grant_id, *rest = json.loads(octets)
        if not same(digest, secret_digest(token.secret)):
            return None
        confirmed = Confirmation.kept(*rest[:1] or (None,))
        found = AccessToken(Authorization.unpacked(authorization), grant_id, confirmed)
        return found if self.is_registered(found.authorization.relying_party_id) else None

    def revoke(self, handle: str) -> None:
        """Make the token of `handle` dead, also one that is being made at this moment.

        The mark stands in the token's own place: whoever comes second finds the other, so a redeemer that overtook
        the replay, or was overtaken by it, never leaves a live token behind (RFC 9700 §4.5).
        """
        self.store.put(_key(handle), _REVOKED, self.code_lifetime)


def _key(handle: str) -> str:
    return f"access:{handle}"
