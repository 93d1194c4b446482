"""Public keys that a client registers by value. RFC 7517."""

from __future__ import annotations

import re
from typing import Any, Final

from idp.crypto.foreign_keys import UnusableKeys, read_key_set

_KEPT: Final = ("kty", "use", "key_ops", "alg", "kid", "x5c", "x5t", "x5t#S256", "crv", "x", "y", "n", "e")
"""`x5u` is not: a key comes from where it is registered, and from nowhere that it names itself."""
_PLAIN: Final = re.compile(r"[\x20-\x7e]{0,8192}")


def public_keys(jwks: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The key set with what we know of its keys.

    Raises:
        ValueError: it holds a private or symmetric key, none that can be used, or what no key holds.
    """
    if len(jwks) != 1:
        raise ValueError("must be a JWK set and nothing else")
    try:
        usable = read_key_set(jwks)
    except UnusableKeys as error:
        raise ValueError(f"must be a JWK set of public keys: {error.detail}") from None
    if not usable:
        raise ValueError("must hold a key that can be used: RSA of 2048 bits and more, EC or OKP")
    kept: list[dict[str, Any]] = [{name: key[name] for name in _KEPT if name in key} for key in jwks["keys"]]
    if not all(_is_plain(value) for key in kept for value in key.values()):
        raise ValueError("holds a key with something else than text in it")
    return {"keys": kept}


def _is_plain(value: Any) -> bool:
    several = value if isinstance(value, list) else [value]
    return all(isinstance(each, str) and _PLAIN.fullmatch(each) is not None for each in several)
