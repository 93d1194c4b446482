"""Results that a provider has signed: JWS Compact under its one public key. RFC 7515, RFC 8725 §3.1."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from idp.errors import ConfigurationError
from idp.verification.failures import Forged
from idp.verification.providers.reading import Said, json_object

_SHORTEST_RSA = 2048
_LONGEST = 64 * 1024


class ResultKey:
    """A provider's public key. The algorithm comes from the key, never from what is to be verified."""

    def __init__(self, pem: str) -> None:
        """Read the key.

        Raises:
            ConfigurationError: it is no public key of EC P-256 or of RSA with 2048 bits or more.
        """
        self._key: ECKey | RSAKey
        try:
            key = load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
            self._key, self._algorithm = ECKey.import_key(pem), "ES256"
        elif isinstance(key, RSAPublicKey) and key.key_size >= _SHORTEST_RSA:
            self._key, self._algorithm = RSAKey.import_key(pem), "RS256"
        else:
            raise ConfigurationError("verification.providers: result_key must be a public key, EC P-256 or RSA ≥ 2048")

    def __repr__(self) -> str:
        return "ResultKey()"

    def opened(self, compact: str) -> Said:
        """The signed object.

        Raises:
            Forged: this key has not signed it.
        """
        if len(compact) > _LONGEST:
            raise Forged("too long")
        try:
            payload = jws.deserialize_compact(compact, self._key, algorithms=[self._algorithm]).payload
        except (JoseError, ValueError, TypeError) as error:
            raise Forged("signature does not fit") from error
        return json_object(payload)
