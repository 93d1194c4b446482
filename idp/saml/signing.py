"""The keyring's SAML key, made ready for XML once and again when the keyring turns to the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import rsa

from idp.crypto.signing_key import Algorithm, SigningKey, Use
from idp.errors import ConfigurationError
from idp.saml.signature_writer import Signer


class Keys(Protocol):
    """What we need of the keyring."""

    def signing_key(self, use: Use, alg: Algorithm) -> SigningKey: ...
    def published(self, use: Use) -> Sequence[SigningKey]: ...


@dataclass(slots=True)
class Signing:
    """Hands out the signer of the moment, and the certificates that verifiers should know by now."""

    keys: Keys
    _ready: tuple[SigningKey, Signer] | None = field(default=None, init=False)

    def signer(self) -> Signer:
        """Signs with the key whose turn it is.

        Raises:
            ConfigurationError: no SAML key signs.
        """
        key = self.keys.signing_key("saml", "RS256")
        ready = self._ready
        if ready is None or ready[0].kid != key.kid:
            # Two threads may both make it; either is as good.
            self._ready = ready = (key, Signer(_rsa(key), _certificate(key)))
        return ready[1]

    def certificates(self) -> tuple[str, ...]:
        """In PEM: the signing key's first, then those that wait their turn or have had it."""
        current = self.keys.signing_key("saml", "RS256").kid
        published = sorted(self.keys.published("saml"), key=lambda key: key.kid != current)
        return tuple(_certificate(key) for key in published)


def _rsa(key: SigningKey) -> rsa.RSAPrivateKey:
    if not isinstance(key.private, rsa.RSAPrivateKey):
        raise ConfigurationError(f"key {key.kid}: not an RSA key")
    return key.private


def _certificate(key: SigningKey) -> str:
    if key.certificate is None:
        raise ConfigurationError(f"key {key.kid}: a SAML key without certificate")
    return key.certificate
