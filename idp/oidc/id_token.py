"""ID tokens."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.agencies.oidc_registration import OidcRegistration
from idp.clock import Clock, epoch_seconds
from idp.crypto import jws
from idp.crypto.keyring import Keyring
from idp.oidc.authorization import Authorization


@dataclass(frozen=True, slots=True)
class IdTokens:
    """Composes and signs ID tokens."""

    issuer: str
    clock: Clock
    keyring: Keyring
    lifetime: timedelta

    def issue(
        self, client: OidcRegistration, authorization: Authorization, *, nonce: str | None, access_token: str
    ) -> str:
        """A signed ID token. OpenID Connect Core §2, §3.1.3.6.

        Raises:
            ConfigurationError: no key signs the algorithm the relying party registered.
        """
        now = epoch_seconds(self.clock.now())
        payload: dict[str, Any] = {
            "iss": self.issuer,
            "aud": client.client_id,
            "iat": now,
            "exp": now + int(self.lifetime.total_seconds()),
            **authorization.id_token_claims(),
            "at_hash": half_hash(access_token),
        }
        if nonce is not None:
            payload["nonce"] = nonce
        return jws.sign(self.keyring.signing_key("oidc", client.id_token_signed_response_alg), payload)


def half_hash(value: str) -> str:
    """The left half of SHA-256, for `at_hash`; every algorithm we offer pairs with it. OpenID Connect Core §3.1.3.6."""
    return base64.urlsafe_b64encode(hashlib.sha256(value.encode("ascii")).digest()[:16]).rstrip(b"=").decode("ascii")
