"""Compact signatures over JSON: ours to make, and our own to recognise again. RFC 7515 §7.1, RFC 7518 §3.

Tokens that other parties sign are not read here.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from idp import strict_json
from idp.crypto.keyring import Keyring
from idp.crypto.signatures import fits
from idp.crypto.signing_key import SigningKey, Use
from idp.errors import BadRequest

LONGEST = 8192
"""Characters of a token that `verify` will look at; ours are shorter."""

_SHA256 = hashes.SHA256()
_ECDSA = ec.ECDSA(_SHA256)
_PKCS1 = padding.PKCS1v15()
_PSS = padding.PSS(mgf=padding.MGF1(_SHA256), salt_length=_SHA256.digest_size)
_COORDINATE = 32
_encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class BadSignature(BadRequest):
    """Not a token of ours, or no longer as we made it."""

    code = "bad_signature"


def sign(key: SigningKey, payload: Mapping[str, Any], *, typ: str | None = None) -> str:
    """A compact JWS of `payload` with `alg`, `kid` and, if given, `typ` in its header."""
    signed = _header(key.kid, key.alg, typ) + b"." + _base64url(_encode_json(payload).encode())
    return (signed + b"." + _base64url(_signature(key, signed))).decode("ascii")


def verify(token: str, keyring: Keyring, use: Use, *, typ: str | None = None, longest: int = LONGEST) -> dict[str, Any]:
    """The payload of a token that we signed under `use` and `typ` and still publish the key of.

    Says nothing of `exp`, `aud` or `iss`: an expired ID token is a good hint (OpenID Connect RP-Initiated Logout §4).
    `typ` must be the one it was signed with, so that one kind of token never passes for another (RFC 8725 §3.11).

    Raises:
        BadSignature: it is not.
    """
    if len(token) > longest or not token.isascii():
        raise BadSignature("too long, or not ASCII")
    parts = token.encode("ascii").split(b".")
    if len(parts) != 3:
        raise BadSignature("not three parts")
    header = _json_object(parts[0])
    kid = header.get("kid")
    key = keyring.find(use, kid) if isinstance(kid, str) else None
    if key is None:
        raise BadSignature("no key of ours")
    # The key decides the algorithm; what the header says must only agree (RFC 8725 §3.1).
    if header != _expected_header(key, typ):
        raise BadSignature("alg, typ or another header parameter is not as we write it")
    _check(key, parts[0] + b"." + parts[1], _octets(parts[2]))
    return _json_object(parts[1])


def _expected_header(key: SigningKey, typ: str | None) -> dict[str, str]:
    header = {"alg": key.alg, "kid": key.kid}
    return header if typ is None else {**header, "typ": typ}


@lru_cache(maxsize=128)
def _header(kid: str, alg: str, typ: str | None) -> bytes:
    header = {"alg": alg, "kid": kid} if typ is None else {"alg": alg, "kid": kid, "typ": typ}
    return _base64url(_encode_json(header).encode())


def _signature(key: SigningKey, signed: bytes) -> bytes:
    private = key.private
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(signed, _PSS if key.alg == "PS256" else _PKCS1, _SHA256)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        # OpenSSL answers in DER; JOSE wants r and s side by side (RFC 7518 §3.4).
        r, s = utils.decode_dss_signature(private.sign(signed, _ECDSA))
        return r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")
    return private.sign(signed)


def _check(key: SigningKey, signed: bytes, signature: bytes) -> None:
    if not fits(key.private.public_key(), key.alg, signed, signature):
        raise BadSignature("the signature does not fit")


def _base64url(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def _octets(part: bytes) -> bytes:
    """The decoded part, if it is spelt in the one right way: a token must not have a second spelling."""
    try:
        octets = base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except binascii.Error:
        octets = b""
    if _base64url(octets) != part:
        raise BadSignature("not base64url")
    return octets


def _json_object(part: bytes) -> dict[str, Any]:
    try:
        value = strict_json.read(_octets(part))
    except ValueError:
        raise BadSignature("not JSON") from None
    if not isinstance(value, dict):
        raise BadSignature("not a JSON object")
    return value
