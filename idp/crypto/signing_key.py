"""One signing key: what is known about it, its private half, its public JWK and, for SAML, its certificate."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, TypeGuard, get_args

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from idp.errors import ConfigurationError
from idp.randomness import Randomness

Use = Literal["oidc", "events", "saml"]
"""Who trusts the key. Apart, so that an event can never pass for an ID token nor either for an assertion."""
Algorithm = Literal["RS256", "PS256", "ES256", "EdDSA"]
PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

USES: tuple[Use, ...] = get_args(Use)
ALGORITHMS: Mapping[Use, tuple[Algorithm, ...]] = {
    "oidc": ("RS256", "PS256", "ES256", "EdDSA"),
    "events": ("RS256", "PS256", "ES256", "EdDSA"),
    # XML Signature knows RSA with PKCS #1 v1.5 and ECDSA everywhere; the other two hardly anywhere.
    "saml": ("RS256", "ES256"),
}
_RSA_BITS = 2048
_CERTIFICATE_LIFETIME = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What may be known about a key by everybody; the content of its metadata file."""

    kid: str
    use: Use
    alg: Algorithm
    created_at: datetime
    signs_from: datetime
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """A key that can sign. Two of them are the same only when they are one object: keys are loaded once."""

    record: KeyRecord
    private: PrivateKey = field(repr=False)
    private_pem: bytes = field(repr=False)
    """PKCS #8, for signers that take PEM (xmlsec)."""
    jwk: Mapping[str, str] = field(repr=False)
    """The public half, with `kid`, `use` and `alg`. RFC 7517 §4."""
    certificate: str | None = field(default=None, repr=False)
    """PEM, self-signed; SAML keys only."""

    @property
    def kid(self) -> str:
        return self.record.kid

    @property
    def use(self) -> Use:
        return self.record.use

    @property
    def alg(self) -> Algorithm:
        return self.record.alg


def generate(alg: Algorithm) -> PrivateKey:
    """A new private key fit for `alg`; OpenSSL draws it from the operating system."""
    if alg == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if alg == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)


def to_pem(private: PrivateKey) -> bytes:
    """PKCS #8 in PEM, not encrypted: the file's mode guards it."""
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def from_parts(record: KeyRecord, private_pem: bytes, certificate: str | None) -> SigningKey:
    """The key that these files describe. Slow for RSA (28 ms): call once per key.

    Raises:
        ConfigurationError: the PEM is no private key, or one that does not fit `alg` and `kid`.
    """
    try:
        private = serialization.load_pem_private_key(private_pem, password=None)
    except (ValueError, TypeError):
        raise ConfigurationError(f"key {record.kid}: the PEM file holds no usable private key") from None
    if not _fits(private, record.alg):
        raise ConfigurationError(f"key {record.kid}: the private key is not one for {record.alg}")
    members = public_members(private)
    if thumbprint(members) != record.kid:
        raise ConfigurationError(f"key {record.kid}: the private key is another one")
    jwk = {**members, "kid": record.kid, "use": "sig", "alg": record.alg}
    return SigningKey(record, private, private_pem, jwk, certificate)


def public_members(private: PrivateKey) -> dict[str, str]:
    """The members that make up the public key and no others. RFC 7638 §3.2, RFC 8037 §2."""
    if isinstance(private, rsa.RSAPrivateKey):
        rsa_numbers = private.public_key().public_numbers()
        return {"kty": "RSA", "n": _unsigned(rsa_numbers.n), "e": _unsigned(rsa_numbers.e)}
    if isinstance(private, ec.EllipticCurvePrivateKey):
        numbers = private.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _unsigned(numbers.x, 32), "y": _unsigned(numbers.y, 32)}
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": _base64url(raw)}


def thumbprint(members: Mapping[str, str]) -> str:
    """The `kid`: it follows from the key, so two keys never share one. RFC 7638 §3."""
    canonical = json.dumps(dict(members), sort_keys=True, separators=(",", ":")).encode()
    return _base64url(hashlib.sha256(canonical).digest())


def self_signed(private: PrivateKey, name: str, at: datetime, randomness: Randomness) -> str:
    """A certificate around a SAML key, in PEM. SAML trusts the key; dates and issuer mean nothing there (IIP-MD12).

    Raises:
        ConfigurationError: `name` cannot be a common name.
    """
    try:
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    except ValueError:
        raise ConfigurationError("the certificate's name must be 1 to 64 characters") from None
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(int.from_bytes(randomness.octets(16), "big") + 1)
        # A day back: some toolkits do look at the dates, by clocks that run late.
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + _CERTIFICATE_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _fits(private: object, alg: Algorithm) -> TypeGuard[PrivateKey]:
    if alg == "ES256":
        return isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1)
    if alg == "EdDSA":
        return isinstance(private, ed25519.Ed25519PrivateKey)
    # RFC 7518 §3.3: at least 2048 bits.
    return isinstance(private, rsa.RSAPrivateKey) and private.key_size >= _RSA_BITS


def _unsigned(number: int, octets: int | None = None) -> str:
    return _base64url(number.to_bytes(octets or (number.bit_length() + 7) // 8, "big"))


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
