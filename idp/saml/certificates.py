"""A service provider's signing key, as its metadata carries it.

Only the key matters: dates, issuer and name of the certificate are not looked at (Kantara implementation profile
IIP-MD12), since trust comes from the registration.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from idp.errors import ConfigurationError
from idp.saml import names

_WEAKEST_RSA = 2048

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    names.RSA_SHA256: hashes.SHA256(),
    names.RSA_SHA384: hashes.SHA384(),
    names.RSA_SHA512: hashes.SHA512(),
    names.ECDSA_SHA256: hashes.SHA256(),
    names.ECDSA_SHA384: hashes.SHA384(),
    names.ECDSA_SHA512: hashes.SHA512(),
}
_RSA_METHODS: Final = (names.RSA_SHA256, names.RSA_SHA384, names.RSA_SHA512)


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """One registered key. `pem` is for XML signatures, `verifies` for signed query strings."""

    pem: str
    _key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey = field(repr=False, compare=False)

    def fits(self, algorithm: str) -> bool:
        """Whether `algorithm` is one we allow and belongs to this kind of key."""
        return algorithm in _HASHES and (algorithm in _RSA_METHODS) == isinstance(self._key, rsa.RSAPublicKey)

    def verifies(self, signed: bytes, signature: bytes, algorithm: str) -> bool:
        """Whether this key made `signature` over exactly these octets (xmldsig-core §6.4)."""
        if not self.fits(algorithm):
            return False
        try:
            if isinstance(self._key, rsa.RSAPublicKey):
                self._key.verify(signature, signed, padding.PKCS1v15(), _HASHES[algorithm])
            else:
                # XML signatures carry r and s side by side, not as ASN.1 (RFC 4050 §3.3).
                half = (self._key.key_size + 7) // 8
                if len(signature) != 2 * half:
                    return False
                r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
                self._key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(_HASHES[algorithm]))
        except InvalidSignature:
            return False
        return True


def signing_certificate(text: str) -> SigningCertificate:
    """The certificate in the text of an `X509Certificate` element, white space and all.

    Raises:
        ConfigurationError: it is not a certificate, or its key is neither RSA of 2048 bits or more nor ECDSA.
    """
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode("".join(text.split()), validate=True))
        key = certificate.public_key()
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise ConfigurationError("metadata: an X509Certificate cannot be read") from error
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < _WEAKEST_RSA:
            raise ConfigurationError(
                f"metadata: an RSA signing key of {key.key_size} bits; at least {_WEAKEST_RSA} are needed"
            )
    elif not isinstance(key, ec.EllipticCurvePublicKey):
        raise ConfigurationError("metadata: a signing key is neither RSA nor ECDSA")
    return SigningCertificate(pem=certificate.public_bytes(Encoding.PEM).decode("ascii"), _key=key)
