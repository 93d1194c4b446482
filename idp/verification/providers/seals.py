"""What is made of a secret that a provider shares with us."""

from __future__ import annotations

import base64
import binascii
import hmac

from pydantic import SecretStr

from idp.errors import ConfigurationError

_KEY = 32


def key_of(secret: SecretStr, setting: str) -> bytes:
    """The 32 octets whose Base64 the secret is.

    Raises:
        ConfigurationError: it is not; `setting` says which secret.
    """
    try:
        octets = base64.b64decode(secret.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    if len(octets) != _KEY:
        raise ConfigurationError(f"verification.providers: {setting} must be Base64 of {_KEY} octets")
    return octets


def seal(key: bytes, octets: bytes) -> str:
    """HMAC-SHA256 in Base64."""
    return base64.b64encode(hmac.digest(key, octets, "sha256")).decode("ascii")
