"""`id_token_hint`: an ID token of ours that a relying party shows us again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.crypto import jws
from idp.crypto.jws import BadSignature
from idp.crypto.keyring import Keyring


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
        return claims if claims.get("iss") == self.issuer else None
