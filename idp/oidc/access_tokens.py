"""Access tokens: found by handle, proven by the digest of their secret; opaque, or signed for others to read.

A signed one (RFC 9068) is kept like an opaque one: its `jti` is the handle, and the whole of it the secret. Found by
those, it dies here when an opaque one would, and nobody need look at its signature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from idp.agencies.oidc_registration import OidcRegistration
from idp.clock import Clock, epoch_seconds
from idp.oidc.access_token import REVOKED, AccessToken
from idp.oidc.authorization import Authorization
from idp.oidc.confirmation import NOBODYS, Confirmation
from idp.oidc.handle import Handled, new_handle, taken_apart, with_handle
from idp.oidc.jwt_access_token import SignAccessTokens, handle_in
from idp.randomness import Randomness
from idp.storage.expiring.protocol import ExpiringStore


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """Makes access tokens, finds them, and lets a handle be revoked before or after its token is made."""

    store: ExpiringStore
    randomness: Randomness
    clock: Clock
    sign: SignAccessTokens
    lifetime: timedelta
    code_lifetime: timedelta
    is_registered: Callable[[str], bool]
    """Whether there is a relying party of that id: what an ended client holds is good no more."""

    def issue(
        self,
        client: OidcRegistration,
        authorization: Authorization,
        grant_id: str | None,
        handle: str | None = None,
        bound_to: Confirmation = NOBODYS,
    ) -> str | None:
        """A new token in the client's format, under `handle` where a code has chosen it; None where that handle was
        revoked already."""
        now = epoch_seconds(self.clock.now())
        until = now + int(self.lifetime.total_seconds())
        content = AccessToken(authorization, grant_id, now, until, bound_to)
        token = with_handle(handle or new_handle(self.randomness), self.randomness)
        value, secret = token.value, token.secret
        if client.access_token_format == "jwt":
            value = secret = self.sign(client, token.handle, content)
        kept = self.store.add_if_absent(key_of(token.handle), content.packed(secret), self.lifetime)
        return value if kept else None

    def find(self, value: str) -> AccessToken | None:
        """What a presented token stands for, or None: expired, revoked, never ours."""
        token = presented(value)
        found = AccessToken.opened(token, self.store.get(key_of(token.handle))) if token is not None else None
        if found is None or not self.is_registered(found.authorization.relying_party_id):
            return None
        return found

    def revoke(self, handle: str) -> None:
        """Make the token of `handle` dead, also one that is being made at this moment.

        The mark stands in the token's own place: whoever comes second finds the other, so a redeemer that overtook
        the replay, or was overtaken by it, never leaves a live token behind (RFC 9700 §4.5).
        """
        self.store.put(key_of(handle), REVOKED, self.code_lifetime)


def presented(value: str) -> Handled | None:
    """Handle and secret of a token in either format, or None where it is none of ours."""
    if "." not in value:
        return taken_apart(value)
    handle = handle_in(value)
    return None if handle is None else Handled(handle, value)


def key_of(handle: str) -> str:
    """Where the token of `handle` is kept."""
    return f"access:{handle}"
