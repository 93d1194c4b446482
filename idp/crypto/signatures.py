"""Whether a signature fits, by the public key of whoever made it. RFC 7518 §3, RFC 8037 §3.1."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
ALGS: Final = frozenset({"RS256", "PS256", "ES256", "EdDSA"})
"""Those that are made with a private key: the only ones by which somebody else's word is believed."""
ALSO_NAMED: Final = {"Ed25519": "EdDSA"}
"""By the name in `ALGS`, which FAPI 2.0 and client metadata have; libraries have begun to write the other. RFC 9864
§2.2: EdDSA with that curve, which is the only one here."""

_SHA256 = hashes.SHA256()
_ECDSA = ec.ECDSA(_SHA256)
_RSA: Final[dict[str, padding.AsymmetricPadding]] = {
    "RS256": padding.PKCS1v15(),
    "PS256": padding.PSS(mgf=padding.MGF1(_SHA256), salt_length=_SHA256.digest_size),
}
_COORDINATE = 32


def fits(key: PublicKey, alg: str, signed: bytes, signature: bytes) -> bool:
    """Whether `signature` over `signed` is by `key` and `alg`; not where the two do not go together (RFC 8725 §3.1)."""
    try:
        if isinstance(key, rsa.RSAPublicKey) and alg in _RSA:
            key.verify(signature, signed, _RSA[alg], _SHA256)
        elif isinstance(key, ec.EllipticCurvePublicKey) and alg == "ES256" and isinstance(key.curve, ec.SECP256R1):
            if len(signature) != 2 * _COORDINATE:
                return False
            r, s = (int.from_bytes(half, "big") for half in (signature[:_COORDINATE], signature[_COORDINATE:]))
            key.verify(utils.encode_dss_signature(r, s), signed, _ECDSA)
        elif isinstance(key, ed25519.Ed25519PublicKey) and alg == "EdDSA":
            key.verify(signature, signed)
        else:
            return False
    except InvalidSignature:
        return False
    return True
