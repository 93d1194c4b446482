"""What a token says, once the issuer's published key has verified it. RFC 7515, RFC 8725."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from relying_parties.published_keys import PublishedKeys

# By key type, and no others: with `none` or HS256 an attacker could sign, the latter using the public key as secret.
_ALGORITHMS = {"RSA": ("RS256", "PS256"), "EC": ("ES256",)}


class NotAToken(Exception):
    """Cannot be read as a signed token of the expected kind."""


class NotVerified(Exception):
    """The signature is not one by the issuer's published keys."""


def read(token: str, keys: PublishedKeys, *, types: Collection[str | None]) -> dict[str, Any]:
    """The claims of `token`, whose header says one of `types` and whose signature verifies.

    Raises:
        NotAToken: it is something else, or a token for another purpose. RFC 8725 §3.11.
        NotVerified: the signature or its algorithm is not acceptable.
        UnknownKey, KeysUnavailable: from looking for the key.
    """
    try:
        signed = jws.extract_compact(token.encode("ascii"))
    except (JoseError, ValueError, TypeError) as error:
        raise NotAToken("not a compact JWS") from error
    header = signed.headers()
    if header.get("typ") not in types:
        raise NotAToken("typ is not that of this kind of token")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise NotVerified("no kid")
    if not any(header.get("alg") in allowed for allowed in _ALGORITHMS.values()):
        raise NotVerified("algorithm not accepted")
    key = keys.find(kid)  # keys named or enclosed in the header (jku, jwk, x5u) are the sender's own claim: never read
    try:
        verified = jws.validate_compact(signed, key, algorithms=_ALGORITHMS[key.key_type])
    except (JoseError, ValueError, TypeError) as error:
        raise NotVerified("signature not valid") from error
    if not verified:
        raise NotVerified("signature not valid")
    try:
        claims = json.loads(signed.payload)
    except ValueError as error:
        raise NotAToken("payload is not JSON") from error
    if not isinstance(claims, dict):
        raise NotAToken("payload is not an object")
    return claims
