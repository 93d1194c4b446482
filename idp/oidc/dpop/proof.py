"""What a DPoP proof must be to prove anything. Pure; single use is asked elsewhere. RFC 9449 §4.3."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from idp import strict_json
from idp.crypto.digests import same
from idp.oidc.dpop.address import same_address
from idp.oidc.dpop.key import base64url, octets_of, read_key
from idp.oidc.errors import DPOP_ALGORITHMS, InvalidDpopProof

PAST: Final = timedelta(seconds=60)
AHEAD: Final = timedelta(seconds=15)
"""How far `iat` may lie in the future: FAPI 2.0 §5.3.2.1 wants 10 seconds, and both clocks round."""

_LONGEST = 8192


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds: the RFC 7638 thumbprint of its key, and what is still to be asked of a store or a nonce."""

    jkt: str
    jti: str
    nonce: str | None


def read_proof(
    proof: str, *, method: str, addresses: Sequence[str], now: datetime, access_token: str | None = None
) -> Proof:
    """What `proof` proves of a request of `method` to one of `addresses` with `access_token`.

    Raises:
        InvalidDpopProof: it proves nothing.
    """
    jkt, claims = _signed(proof)
    jti, htm, htu, iat = (claims.get(name) for name in ("jti", "htm", "htu", "iat"))
    if not isinstance(jti, str) or not jti:
        raise InvalidDpopProof("jti is missing")
    if htm != method:
        raise InvalidDpopProof("htm is not the method of this request")
    if not isinstance(htu, str) or not any(same_address(htu, each) for each in addresses):
        raise InvalidDpopProof("htu is not the address of this request")
    _check_time(iat, now)
    if access_token is not None:
        _check_token_hash(claims.get("ath"), access_token)
    nonce = claims.get("nonce")
    return Proof(jkt, jti, nonce if isinstance(nonce, str) else None)


def _check_time(iat: Any, now: datetime) -> None:
    if isinstance(iat, bool) or not isinstance(iat, int | float):
        raise InvalidDpopProof("iat is missing")
    at = now.timestamp()
    if not at - PAST.total_seconds() <= iat <= at + AHEAD.total_seconds():
        raise InvalidDpopProof("iat is not now")


def _check_token_hash(ath: Any, access_token: str) -> None:
    expected = base64url(hashlib.sha256(access_token.encode("ascii", "replace")).digest())
    if not isinstance(ath, str) or not same(ath, expected):
        raise InvalidDpopProof("ath is not the hash of the access token")


def _signed(proof: str) -> tuple[str, dict[str, Any]]:
    """The thumbprint of the key in the header, and the claims that it signed."""
    parts = proof.split(".")
    # A comma says that there were two headers: which of them counts is nothing to guess at (RFC 9449 §4.3 no. 1).
    if len(proof) > _LONGEST or len(parts) != 3 or not proof.isascii() or "," in proof:
        raise InvalidDpopProof("not one signed JWT")
    header = _object(parts[0])
    if header.get("typ") != "dpop+jwt":
        raise InvalidDpopProof("typ is not dpop+jwt")
    alg = header.get("alg")
    if alg not in DPOP_ALGORITHMS:
        raise InvalidDpopProof("alg is not one that we take")
    # No extension is understood here, so one that must be is refused (RFC 7515 §4.1.11).
    if "crit" in header:
        raise InvalidDpopProof("crit names what is not understood")
    key = read_key(alg, header.get("jwk"))
    signed, _, _ = proof.rpartition(".")
    if not key.signed(signed.encode("ascii"), _octets(parts[2])):
        raise InvalidDpopProof("the signature does not fit")
    return key.jkt, _object(parts[1])


def _octets(part: str) -> bytes:
    try:
        return octets_of(part)
    except ValueError:
        raise InvalidDpopProof("not base64url") from None


def _object(part: str) -> dict[str, Any]:
    try:
        value = strict_json.read(_octets(part))
    except ValueError:
        raise InvalidDpopProof("not JSON") from None
    if not isinstance(value, dict):
        raise InvalidDpopProof("not a JSON object")
    return value
