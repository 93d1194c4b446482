"""Which keys and signatures are good enough, and whether one signature fits."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

_SHORTEST_RSA, _LONGEST_RSA = 2048, 8192
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_SCHEMES = {
    "1.2.840.113549.1.1.11": ("rsa", "sha256"),
    "1.2.840.113549.1.1.12": ("rsa", "sha384"),
    "1.2.840.113549.1.1.13": ("rsa", "sha512"),
    "1.2.840.10045.4.3.2": ("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
}
"""SHA-1 and everything older is not among them (korean-identity rules §1.6 step 3)."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a signature was made."""

    key: str
    """`rsa` with PKCS #1 v1.5, or `ecdsa`."""
    digest: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature and what it covers."""

    scheme: Scheme
    covered: bytes = field(repr=False)
    value: bytes = field(repr=False)

    def fits(self, key: CertificatePublicKeyTypes) -> bool:
        """Whether `key`, which is strong enough, made it."""
        digest = HASHES[self.scheme.digest]()
        try:
            if self.scheme.key == "rsa" and isinstance(key, rsa.RSAPublicKey):
                key.verify(self.value, self.covered, padding.PKCS1v15(), digest)
                return True
            if self.scheme.key == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(self.value, self.covered, ec.ECDSA(digest))
                return True
        except (InvalidSignature, UnsupportedAlgorithm, ValueError):
            return False
        return False


def scheme_of(oid: str) -> Scheme | None:
    """The scheme of a signature algorithm; None when it is weak or of no kind we know."""
    found = _SCHEMES.get(oid)
    return None if found is None else Scheme(*found)


def strong(key: CertificatePublicKeyTypes) -> bool:
    """RSA of at least 2048 bits, or P-256; not so long either that checking it would keep us busy."""
    if isinstance(key, rsa.RSAPublicKey):
        return _SHORTEST_RSA <= key.key_size <= _LONGEST_RSA
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def native_scheme(key: CertificatePublicKeyTypes) -> Scheme | None:
    """What a page signs with by a key of this kind when nothing else is said."""
    if isinstance(key, rsa.RSAPublicKey):
        return Scheme("rsa", "sha256")
    return Scheme("ecdsa", "sha256") if isinstance(key, ec.EllipticCurvePublicKey) else None
