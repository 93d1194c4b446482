"""One-way values: keyed digests that find personal data, plain digests that stand for strong secrets."""

from __future__ import annotations

import hashlib
import hmac

from idp.errors import ConfigurationError


class Digester:
    """Turns personal data into values that can be looked up and, without the key, not be guessed.

    A plain hash of a phone number or a 사업자등록번호 is no secret: all of them can be tried in seconds.
    """

    def __init__(self, key: bytes) -> None:
        """Take the deployment's digest key.

        Raises:
            ConfigurationError: the key is shorter than 256 bits.
        """
        if len(key) < 32:
            raise ConfigurationError("the digest key must be at least 32 bytes")
        self._key = key

    def __repr__(self) -> str:
        return "Digester()"

    def digest(self, purpose: str, value: str) -> str:
        """HMAC-SHA256 in 64 hex digits. RFC 2104.

        The purpose keeps a phone number's digest from meeting the same digits filed as something else. The caller has
        brought `value` to its one spelling (case, hyphens, Unicode NFC).
        """
        domain = purpose.encode()
        message = len(domain).to_bytes(2, "big") + domain + value.encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, message, "sha256").hex()


def secret_digest(value: str) -> str:
    """SHA-256 in 64 hex digits, for client secrets and tokens of 128 random bits and more.

    Such a secret cannot be guessed, so a slow hash would cost every request 10 ms and protect nothing.
    """
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def same(a: str, b: str) -> bool:
    """Whether two strings are equal, in a time that does not tell where they part."""
    return hmac.compare_digest(a.encode("utf-8", "surrogatepass"), b.encode("utf-8", "surrogatepass"))
