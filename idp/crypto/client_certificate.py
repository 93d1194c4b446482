"""The certificate that a caller showed in TLS, as whoever ended its TLS hands it on. RFC 8705, RFC 9440."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_LONGEST = 16_384


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """Who shows it holds its private key: TLS proved that. `chained` says whether the proxy found an authority behind
    it that it was told to trust; else anybody may have written its names."""

    x509: x509.Certificate
    chained: bool

    @property
    def thumbprint(self) -> str:
        """`x5t#S256`. RFC 8705 §3.1."""
        return thumbprint(self.der)

    @property
    def der(self) -> bytes:
        """Its octets."""
        return self.x509.public_bytes(Encoding.DER)

    def valid_at(self, now: datetime) -> bool:
        """Whether it is, by its own word."""
        return self.x509.not_valid_before_utc <= now <= self.x509.not_valid_after_utc

    def has_key(self, key: object) -> bool:
        """Whether its public key is `key`."""
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
            return False
        info = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        return self.x509.public_key().public_bytes(*info) == key.public_bytes(*info)


def thumbprint(der: bytes) -> str:
    """SHA-256 of a certificate in base64url."""
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def of_structured_field(value: str) -> x509.Certificate:
    """The certificate in the header `Client-Cert`: a byte sequence between colons. RFC 9440 §2.1, RFC 9651 §3.3.5.

    Raises:
        ValueError: there is none.
    """
    if len(value) > _LONGEST or len(value) < 3 or not (value[0] == value[-1] == ":"):
        raise ValueError("not a byte sequence")
    return x509.load_der_x509_certificate(base64.b64decode(value[1:-1], validate=True))


def of_escaped_pem(value: str) -> x509.Certificate:
    """The certificate in what nginx calls `$ssl_client_escaped_cert`: PEM, percent-encoded.

    Raises:
        ValueError: there is none.
    """
    if len(value) > _LONGEST:
        raise ValueError("too long")
    found = x509.load_pem_x509_certificates(unquote_to_bytes(value))
    if len(found) != 1:  # whose of the two would it be?
        raise ValueError("not one certificate")
    return found[0]


READERS: Final[Mapping[str, Any]] = {"rfc9440": of_structured_field, "escaped_pem": of_escaped_pem}
"""By the setting `client_certificates.form`."""
