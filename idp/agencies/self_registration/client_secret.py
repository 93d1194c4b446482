"""The secrets of a client that registered itself: which are good after a change, and what is kept of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.agencies.client_metadata import ClientMetadata, needs_secret
from idp.agencies.registration_secrets import CLIENT_SECRET
from idp.agencies.self_registration.refusals import ManagementRefused
from idp.crypto.digests import same, secret_digest
from idp.crypto.fields import FieldCipher
from idp.randomness import Randomness, url_token


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is good from now on."""

    digests: tuple[str, ...] = ()
    sealed: bytes | None = None
    told: str | None = field(default=None, repr=False)
    """The newest, where the client must be told of it."""


@dataclass(frozen=True, slots=True)
class ClientSecretAfterChange:
    """Decides which secrets are good.

    A client that sends its secret back keeps it, and ends the one before by that. A client that leaves it out is given
    a new one, and the one it had stays good until then: nobody is locked out while its servers change over.
    """

    cipher: FieldCipher
    randomness: Randomness

    def __call__(self, metadata: ClientMetadata, kept: Mapping[str, Any] | None, presented: str | None) -> Secrets:
        """The secrets for `metadata`, of a client whose row is `kept`, that sent `presented` along.

        Raises:
            ManagementRefused: it is not the secret of that client (RFC 7592 §2.2).
        """
        before = tuple(kept["registration"]["secret_digests"]) if kept is not None else ()
        if presented is not None and not any(same(secret_digest(presented), each) for each in before):
            raise ManagementRefused("client_secret is not that of this client")
        method = metadata.token_endpoint_auth_method
        if not needs_secret(method):
            return Secrets()
        if presented is not None:
            newest = same(secret_digest(presented), before[0])
            if method != "client_secret_jwt":
                return Secrets(before[:1] if newest else before, told=presented)
            return self._sealed((presented,) if newest else self._opened(kept) or (presented,), presented)
        new = url_token(self.randomness)
        if method != "client_secret_jwt":
            return Secrets((secret_digest(new), *before[:1]), told=new)
        # What it had can be kept beside the new one only where we can read it.
        return self._sealed((new, *self._opened(kept)[:1]), new)

    def _sealed(self, secrets: tuple[str, ...], told: str) -> Secrets:
        sealed = self.cipher.seal_secret(CLIENT_SECRET, "\n".join(secrets).encode())
        return Secrets(tuple(secret_digest(each) for each in secrets), sealed, told)

    def _opened(self, kept: Mapping[str, Any] | None) -> tuple[str, ...]:
        sealed = kept["client_secret"] if kept is not None else None
        return tuple(self.cipher.open_secret(CLIENT_SECRET, sealed).decode().split("\n")) if sealed else ()
