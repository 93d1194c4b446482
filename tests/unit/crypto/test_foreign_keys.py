"""Public keys that others publish."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, strategies
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.crypto.foreign_keys import MOST_KEYS, UnusableKeys, read_key_set, signing_keys
from tests.protocol.oidc.assertions import Signer

_RSA, _EC, _ED = Signer.rsa(kid="r"), Signer.ec("e"), Signer.ed("d")


def found(jwks: Any, alg: str, kid: str | None = None) -> int:
    return len(list(signing_keys(read_key_set(jwks), alg, kid)))


def test_finds_keys_by_kind_and_name() -> None:
    """RFC 7515 §4.1.4; RFC 7517 §4.5: without `kid` any key of the kind; two may share a name."""
    jwks = {"keys": [_RSA.jwk, _EC.jwk, _ED.jwk, {**_EC.jwk, "kid": "r"}, {**_RSA.jwk, "kid": "other"}]}
    assert [found(jwks, alg) for alg in ("RS256", "PS256", "ES256", "EdDSA", "HS256", "none")] == [2, 2, 2, 1, 0, 0]
    assert [found(jwks, alg, "r") for alg in ("RS256", "ES256", "EdDSA")] == [1, 1, 0]
    assert found(jwks, "RS256", "nobody") == 0


@pytest.mark.parametrize("curve", ["P-384", "P-521"])
def test_keeps_keys_that_only_encrypt(curve: str) -> None:
    """RFC 7518 §4.6: they sign nothing of ours, and answers can be encrypted to them."""
    other, montgomery = ECKey.generate_key(curve), OKPKey.generate_key("X25519")
    jwks = {"keys": [other.as_dict(private=False), montgomery.as_dict(private=False)]}
    assert len(read_key_set(jwks).keys) == 2
    assert found(jwks, "ES256") == found(jwks, "EdDSA") == 0


@pytest.mark.parametrize("make", [lambda: RSAKey.generate_key(2048), lambda: ECKey.generate_key("P-256")])
def test_refuses_a_private_key_and_all_beside_it(make: Any) -> None:
    """Whoever publishes it has lost it."""
    with pytest.raises(UnusableKeys):
        read_key_set({"keys": [_EC.jwk, make().as_dict(private=True)]})


@pytest.mark.parametrize("bits", [512, 1024, 2040, 2047])
def test_leaves_out_weak_keys(bits: int) -> None:
    """RFC 7518 §3.3: 2048 bits or more."""
    octets = (1 << (bits - 1) | 1).to_bytes((bits + 7) // 8, "big")
    weak = {"kty": "RSA", "n": base64.urlsafe_b64encode(octets).rstrip(b"=").decode(), "e": "AQAB"}
    assert read_key_set({"keys": [weak]}).keys == []


def test_reads_no_more_keys_than_one_has() -> None:
    """Each of them may cost a look at a signature."""
    assert len(read_key_set({"keys": [_EC.jwk] * MOST_KEYS}).keys) == MOST_KEYS
    with pytest.raises(UnusableKeys):
        read_key_set({"keys": [_EC.jwk] * (MOST_KEYS + 1)})


_ANYTHING = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.text(max_size=8),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(max_size=4), inner),
    max_leaves=8,
)
_MEMBERS = ("kty", "n", "e", "crv", "x", "y", "kid", "use", "alg", "key_ops", "x5c", "x5t", "x5u")


@given(strategies.sampled_from([_RSA.jwk, _EC.jwk, _ED.jwk, {}]), strategies.sampled_from(_MEMBERS), _ANYTHING)
def test_survives_whatever_stands_in_a_key(jwk: dict[str, Any], name: str, value: Any) -> None:
    """One bad member costs that key and nothing else."""
    jwks = {"keys": [{**jwk, name: value}, {**_EC.jwk, "kid": "good"}]}
    if value == "oct" and name == "kty":
        return
    assert found(jwks, "ES256", "good") == 1
    for alg in ("RS256", "ES256", "EdDSA"):
        found(jwks, alg)


@given(_ANYTHING)
def test_fails_in_one_way(jwks: Any) -> None:
    """Whatever is hosted."""
    for each in (jwks, {"keys": jwks}, {"keys": [jwks]}):
        try:
            read_key_set(each)
        except UnusableKeys:
            continue
