"""What a token stands for, as a statement that can be shown to others. RFC 9701."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.agencies.security_profile import default_signing_alg
from idp.clock import Clock, epoch_seconds
from idp.crypto import jws
from idp.crypto.keyring import Keyring
from idp.oidc.client_authentication import Client
from idp.oidc.tell_client import TellClient

_TYP = "token-introspection+jwt"


@dataclass(frozen=True, slots=True)
class SignIntrospection:
    """Signs, and encrypts where the client registered that."""

    issuer: str
    clock: Clock
    keyring: Keyring
    tell: TellClient

    def __call__(self, client: Client, told: Mapping[str, Any]) -> str:
        """The JWT: its own `iss`, `aud` and `iat`, and everything about the token under one claim, so that it passes
        for no token itself. RFC 9701 §5, §8.1.

        Raises:
            NoKeyOfClient: it is to be encrypted, and the client has no key for that.
        """
        payload = {
            "iss": self.issuer,
            "aud": client.client_id,
            "iat": epoch_seconds(self.clock.now()),
            "token_introspection": dict(told),
        }
        oidc = client.relying_party.oidc
        if oidc is None or oidc.client_id != client.client_id:
            return jws.sign(self.keyring.signing_key("oidc", "RS256"), payload, typ=_TYP)
        alg = oidc.introspection_signed_response_alg or default_signing_alg(oidc.profile)
        return self.tell(oidc, payload, alg=alg, encryption=oidc.introspection_encryption, typ=_TYP)
