"""`id_token_hint`: an ID token of ours that a relying party shows us again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.crypto import jws
from idp.crypto.jws import BadSignature
from idp.crypto.keyring import Keyring

_OF_AN_ID_TOKEN = frozenset({"sub", "aud", "iat", "exp", "auth_time"})
"""What other JWTs that we sign with the same keys do not all have: the answers of JARM and of userinfo."""


@dataclass(frozen=True, slots=True)
class ReadHint:
    """Tells our own ID tokens from everything else."""

    issuer: str
    keyring: Keyring

    def __call__(self, token: str) -> Mapping[str, Any] | None:
        """The claims of a genuine ID token of ours, however old (RP-Initiated Logout §2); None for anything else."""
        try:
            claims = jws.verify(token, self.keyring, "oidc")
        except BadSignature:
            return None
        ours = claims.get("iss") == self.issuer and claims.keys() >= _OF_AN_ID_TOKEN
        return claims if ours else None
