"""Access tokens that others can read: signed, and named by their handle. RFC 9068."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp import strict_json
from idp.agencies.oidc_registration import OidcRegistration
from idp.crypto import jws
from idp.crypto.keyring import Keyring
from idp.oidc.access_token import AccessToken

TYP = "at+jwt"
_LONGEST = 8192
_HANDLE = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class SignAccessTokens:
    """Composes and signs them.

    `aud` is our own issuer, whose userinfo it opens: no relying party has resources registered here, and the client's
    own identifier there would make it look like an ID token (RFC 9068 §3, §5).
    """

    issuer: str
    keyring: Keyring

    def __call__(self, client: OidcRegistration, handle: str, content: AccessToken) -> str:
        """The signed form of the token `handle`. RFC 9068 §2.1, §2.2.

        Raises:
            ConfigurationError: no key signs the algorithm the client registered.
        """
        authorization = content.authorization
        payload: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.issuer,
            "sub": authorization.subject,
            "client_id": client.client_id,
            "scope": " ".join(authorization.scopes),
            "iat": content.issued_at,
            "exp": content.expires_at,
            "jti": handle,
            "auth_time": authorization.auth_time,
            "acr": authorization.acr,
            "amr": list(authorization.amr),
        }
        if content.bound_to:
            payload["cnf"] = content.bound_to.claim()
        return jws.sign(self.keyring.signing_key("oidc", client.id_token_signed_response_alg), payload, typ=TYP)


def handle_in(value: str) -> str | None:
    """The handle that a token names, or None where it cannot be one of these. Proves nothing of it."""
    parts = value.split(".")
    if len(value) > _LONGEST or len(parts) != 3:
        return None
    try:
        payload = strict_json.read(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    handle = payload.get("jti") if isinstance(payload, Mapping) else None
    return handle if isinstance(handle, str) and _HANDLE.fullmatch(handle) else None
