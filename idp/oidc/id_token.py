"""ID tokens."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.agencies.oidc_registration import Alg, OidcRegistration
from idp.clock import Clock, epoch_seconds
from idp.oidc.authorization import Authorization
from idp.oidc.member_claims import MemberClaims
from idp.oidc.tell_client import TellClient


@dataclass(frozen=True, slots=True)
class IdTokens:
    """Composes ID tokens."""

    issuer: str
    clock: Clock
    tell: TellClient
    member_claims: MemberClaims
    lifetime: timedelta

    def issue(
        self,
        client: OidcRegistration,
        authorization: Authorization,
        *,
        nonce: str | None,
        access_token: str | None,
        code: str | None = None,
    ) -> str:
        """An ID token, signed and perhaps encrypted, tied to what goes with it: `code` from the authorization endpoint,
        where neither comes to an ID token that must say everything itself. OpenID Connect Core §2, §3.1.3.6, §3.3.2.11.

        Raises:
            NoKeyOfClient: it is to be encrypted, and the client has no key for that.
        """
        now, alg = epoch_seconds(self.clock.now()), client.id_token_signed_response_alg
        alone = access_token is None and code is None
        payload: dict[str, Any] = {
            **self.member_claims(authorization, in_place_of_userinfo=alone),
            "iss": self.issuer,
            "aud": client.client_id,
            "iat": now,
            "exp": now + int(self.lifetime.total_seconds()),
            **authorization.id_token_claims(),
        }
        if access_token is not None:
            payload["at_hash"] = half_hash(access_token, alg)
        if code is not None:
            payload["c_hash"] = half_hash(code, alg)
        if nonce is not None:
            payload["nonce"] = nonce
        return self.tell(client, payload, alg=alg, encryption=client.id_token_encryption)


def half_hash(value: str, alg: Alg) -> str:
    """The left half of a hash, for `at_hash` and `c_hash`: of the one that `alg` uses, which for Ed25519 is SHA-512
    (RFC 8032 §5.1). OpenID Connect Core §3.1.3.6."""
    made = (hashlib.sha512 if alg == "EdDSA" else hashlib.sha256)(value.encode("ascii")).digest()
    return base64.urlsafe_b64encode(made[: len(made) // 2]).rstrip(b"=").decode("ascii")
