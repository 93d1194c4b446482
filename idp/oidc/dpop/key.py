"""The public key that a proof carries in its header: read strictly, since its sender chose it. RFC 7517, RFC 7638."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from idp.crypto.signatures import ALSO_NAMED, PublicKey, fits
from idp.oidc.errors import InvalidDpopProof

_KINDS: Final[Mapping[str, tuple[str, str | None, tuple[str, ...]]]] = {
    "PS256": ("RSA", None, ("e", "n")),
    "ES256": ("EC", "P-256", ("x", "y")),
    "EdDSA": ("OKP", "Ed25519", ("x",)),
    "Ed25519": ("OKP", "Ed25519", ("x",)),
}
"""Of each algorithm: type and curve of its key, and the members of its public half."""
_SECRET: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_RSA_BITS: Final = range(2048, 4097)
"""FAPI 2.0 §5.4.1 wants 2048 at least; longer ones are work for us that a stranger asks for."""
_EXPONENT_BITS: Final = 64
"""As far as OpenSSL goes with long keys; with shorter ones it computes whatever it is given."""
_COORDINATE: Final = 32


@dataclass(frozen=True, slots=True)
class ProofKey:
    """A key of one algorithm, and its thumbprint."""

    alg: str
    public: PublicKey
    jkt: str

    def signed(self, octets: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's of `octets`."""
        return fits(self.public, ALSO_NAMED.get(self.alg, self.alg), octets, signature)


def read_key(alg: str, jwk: Any) -> ProofKey:
    """The key in `jwk`, one of `alg`.

    Raises:
        InvalidDpopProof: there is none, or it is malformed, private, too short or of another kind.
    """
    if not isinstance(jwk, dict):
        raise InvalidDpopProof("jwk is missing")
    if not _SECRET.isdisjoint(jwk):
        raise InvalidDpopProof("jwk holds a private key")
    kind, curve, names = _KINDS[alg]
    if jwk.get("kty") != kind or (curve is not None and jwk.get("crv") != curve):
        raise InvalidDpopProof("jwk is not a key of this alg")
    try:
        public = _public(kind, *(octets_of(jwk.get(name)) for name in names))
    except ValueError:
        raise InvalidDpopProof("jwk is malformed") from None
    # What else stands in it (`use`, `kid`, `x5u`) is neither read nor part of the thumbprint. RFC 7638 §3.2.
    members = {"kty": kind, **({"crv": curve} if curve is not None else {}), **{name: jwk[name] for name in names}}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode("ascii")
    return ProofKey(alg, public, base64url(hashlib.sha256(canonical).digest()))


def octets_of(part: Any) -> bytes:
    """What `part` encodes in base64url, in its one right spelling: a key must not have two thumbprints.

    Raises:
        ValueError: it is none.
    """
    try:
        octets = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) if isinstance(part, str) else None
    except binascii.Error:
        octets = None
    if octets is None or base64url(octets) != part:
        raise ValueError("not base64url")
    return octets


def base64url(octets: bytes) -> str:
    """Without padding. RFC 7515 §2."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def _public(kind: str, *values: bytes) -> PublicKey:
    if kind == "OKP":
        return ed25519.Ed25519PublicKey.from_public_bytes(values[0])
    if kind == "EC":
        if any(len(value) != _COORDINATE for value in values):
            raise ValueError("a coordinate of P-256 has 32 octets")
        x, y = (int.from_bytes(value, "big") for value in values)
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    e, n = (int.from_bytes(value, "big") for value in values)
    if n.bit_length() not in _RSA_BITS or e.bit_length() > _EXPONENT_BITS:
        raise ValueError("the key is too short or too long")
    return rsa.RSAPublicNumbers(e, n).public_key()
