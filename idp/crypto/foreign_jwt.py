"""A compact JWS over JSON that somebody else signed, read with suspicion. RFC 7515 §7.1, RFC 8725 §3."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from idp import strict_json
from idp.crypto.signatures import ALSO_NAMED, PublicKey, fits
from idp.errors import BadRequest

_LATEST: Final = 10**11
"""Seconds since 1970 that any clock may say."""
# Each asks the reader to believe what the sender brings, or to leave out what it does not understand.
_UNWELCOME: Final = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"})


class NotAToken(BadRequest):
    """It cannot be read as one."""

    code = "not_a_token"


@dataclass(frozen=True, slots=True)
class ForeignJwt:
    """What a token says. Nothing of it is true before `signed_by` or `keyed_by` says so."""

    alg: str
    kid: str | None
    typ: str | None
    """In lower case, without `application/`. RFC 7515 §4.1.9."""
    claims: dict[str, Any] = field(repr=False)
    _signed: bytes = field(repr=False)
    _signature: bytes = field(repr=False)

    @classmethod
    def read(cls, compact: str, *, longest: int = 8192) -> ForeignJwt:
        """The token in `compact`, of at most `longest` characters.

        Raises:
            NotAToken: it is none, or its header names keys or extensions.
        """
        if len(compact) > longest or not compact.isascii():
            raise NotAToken("too long, or not ASCII")
        parts = compact.encode("ascii").split(b".")
        if len(parts) != 3:
            raise NotAToken("not three parts")
        header, claims = (_json_object(part) for part in parts[:2])
        if _UNWELCOME & header.keys():
            raise NotAToken("a header parameter that we do not take")
        alg, kid, typ = header.get("alg"), header.get("kid"), header.get("typ")
        if not isinstance(alg, str) or not isinstance(kid, str | None) or not isinstance(typ, str | None):
            raise NotAToken("alg, kid or typ is no string")
        plain = None if typ is None else typ.lower().removeprefix("application/")
        return cls(ALSO_NAMED.get(alg, alg), kid, plain, claims, parts[0] + b"." + parts[1], _octets(parts[2]))

    def signed_by(self, keys: Iterable[PublicKey]) -> bool:
        """Whether one of `keys` made the signature. The caller has checked that `alg` is one it takes."""
        return any(fits(key, self.alg, self._signed, self._signature) for key in keys)

    def keyed_by(self, secret: str) -> bool:
        """Whether the signature is an HS256 made with `secret`. RFC 7518 §3.2."""
        made = hmac.digest(secret.encode(), self._signed, "sha256")
        return self.alg == "HS256" and hmac.compare_digest(made, self._signature)

    def text(self, name: str, longest: int = 255) -> str | None:
        """The claim `name` where it is a string of 1 to `longest` characters."""
        value = self.claims.get(name)
        return value if isinstance(value, str) and 0 < len(value) <= longest else None

    def time(self, name: str) -> float | None:
        """The claim `name` in seconds since 1970; None where it is absent. RFC 7519 §2.

        Raises:
            NotAToken: it is no time.
        """
        value = self.claims.get(name)
        if value is None and name not in self.claims:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST:
            raise NotAToken(f"{name} is no time")
        return float(value)


def _octets(part: bytes) -> bytes:
    """The decoded part, if it is spelt in the one right way."""
    try:
        octets = base64.b64decode(part + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        octets = b""
    if base64.urlsafe_b64encode(octets).rstrip(b"=") != part:
        raise NotAToken("not base64url")
    return octets


def _json_object(part: bytes) -> dict[str, Any]:
    try:
        value = strict_json.read(_octets(part))
    except ValueError:
        raise NotAToken("not JSON") from None
    if not isinstance(value, dict):
        raise NotAToken("not a JSON object")
    return value
