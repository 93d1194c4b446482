"""Public keys that others publish, as far as they are worth anything. RFC 7517 §5, RFC 8725 §3.5."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from idp.crypto.signatures import ALSO_NAMED, PublicKey
from idp.errors import BadRequest

ForeignKey = RSAKey | ECKey | OKPKey

MOST_KEYS: Final = 20
_SHORTEST_RSA, _LONGEST_RSA = 2048, 8192
_SECRETS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KINDS: Final[Mapping[str, type[ForeignKey]]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_CURVES: Final = frozenset({"P-256", "P-384", "P-521", "Ed25519", "X25519"})
_OF_ALG: Final = {"RS256": ("RSA", None), "PS256": ("RSA", None), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}


class UnusableKeys(BadRequest):
    """Not a set of public keys."""

    code = "unusable_keys"


def read_key_set(jwks: object) -> KeySet:
    """The usable keys of a JWK set, perhaps none: keys of kinds that we do not know, and keys that are too weak, are
    left out.

    Raises:
        UnusableKeys: it is no JWK set, or has something of a private or shared key in it: whoever published that has
            lost it, and a set made by mistake is not to be believed in part.
    """
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list) or len(keys) > MOST_KEYS or not all(isinstance(each, Mapping) for each in keys):
        raise UnusableKeys("not a JWK set, or of too many keys")
    if any(each.get("kty") == "oct" or _SECRETS & each.keys() for each in keys):
        raise UnusableKeys("a private or symmetric key in it")
    return KeySet([key for each in keys if (key := _read(each)) is not None])


def signing_keys(keys: KeySet, alg: str, kid: str | None) -> Iterator[PublicKey]:
    """Those of `keys` that may have signed with `alg` under `kid`; under None, any of them (RFC 7515 §4.1.4)."""
    kind, curve = _OF_ALG.get(alg, ("", None))
    for key in keys:
        if key.key_type != kind or key.get("crv") != curve or (kid is not None and key.kid != kid):
            continue
        # What is made for one use is not believed in another (RFC 7517 §4.2 to §4.4).
        if key.get("use", "sig") != "sig" or _named(key.get("alg", alg)) != alg or not _may_verify(key.get("key_ops")):
            continue
        public = key.public_key
        if isinstance(public, PublicKey):
            yield public


def _named(alg: Any) -> Any:
    return ALSO_NAMED.get(alg, alg) if isinstance(alg, str) else alg


def _may_verify(operations: object) -> bool:
    return operations is None or (isinstance(operations, list) and "verify" in operations)


def _read(jwk: Mapping[str, Any]) -> ForeignKey | None:
    kind = _KINDS.get(str(jwk.get("kty")))
    if kind is None or (kind is not RSAKey and str(jwk.get("crv")) not in _CURVES):
        return None
    if kind is RSAKey and not _SHORTEST_RSA <= _bits(jwk.get("n")) <= _LONGEST_RSA:
        return None
    try:
        key = kind.import_key(dict(jwk))
        public = key.public_key
    except (JoseError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        return None
    # A long exponent makes each look at a signature as dear as signing.
    if isinstance(public, rsa.RSAPublicKey) and public.public_numbers().e.bit_length() > 64:
        return None
    return key


def _bits(modulus: object) -> int:
    """Before anything is computed with it: a modulus of a megabyte is somebody's joke."""
    if not isinstance(modulus, str) or len(modulus) > 2 * _LONGEST_RSA // 8:
        return 0
    try:
        octets = base64.urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4))
    except ValueError:
        return 0
    return int.from_bytes(octets, "big").bit_length()
