"""What a live access token stands for, and how that is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from idp.crypto.digests import same, secret_digest
from idp.oidc.authorization import Authorization
from idp.oidc.confirmation import NOBODYS, Confirmation
from idp.oidc.handle import Handled

REVOKED = b"revoked"
"""What stands in the place of a token that is dead, or must not come to be."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """`grant_id` names the refresh token family it belongs to, if any; the times are in seconds since 1970."""

    authorization: Authorization
    grant_id: str | None
    issued_at: int
    expires_at: int
    bound_to: Confirmation = NOBODYS

    def packed(self, secret: str) -> bytes:
        """As it is kept: of the secret a digest only."""
        return json.dumps(
            [
                secret_digest(secret),
                self.authorization.packed(),
                self.grant_id,
                self.bound_to.claim(),
                self.issued_at,
                self.expires_at,
            ]
        ).encode()

    @classmethod
    def opened(cls, token: Handled | None, kept: bytes | None) -> AccessToken | None:
        """What is `kept` in the token's place; None where that is nothing, revoked, or of another secret."""
        if token is None or kept is None or kept == REVOKED:
            return None
        # What an earlier release kept is shorter; it lives for minutes.
        values: list[Any] = [*json.loads(kept), None, 0, 0]
        digest, authorization, grant_id, bound_to, issued_at, expires_at = values[:6]
        if not same(digest, secret_digest(token.secret)):
            return None
        bound = Confirmation.kept(bound_to)
        return cls(Authorization.unpacked(authorization), grant_id, issued_at, expires_at, bound)
