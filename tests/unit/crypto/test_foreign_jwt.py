"""Tokens that somebody else signed."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from hypothesis import given, strategies
from joserfc import jws
from joserfc.jwk import KeySet, OKPKey

from idp.crypto.foreign_jwt import ForeignJwt, NotAToken
from idp.crypto.foreign_keys import read_key_set, signing_keys
from idp.crypto.signatures import fits
from tests.protocol.oidc.assertions import Signer

_SIGNERS = [Signer.rsa("RS256"), Signer.rsa("PS256"), Signer.ec(), Signer.ed()]


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def keys_of(signer: Signer, token: ForeignJwt) -> Any:
    return signing_keys(read_key_set(signer.jwks), token.alg, token.kid)


@pytest.mark.parametrize("signer", _SIGNERS, ids=lambda signer: signer.alg)
def test_knows_whose_word_it_is(signer: Signer) -> None:
    """RFC 7515 §5.2: every algorithm of ours, signed by PyJWT, and no other key or word."""
    token = ForeignJwt.read(signer.sign({"iss": "a", "n": 1}, typ="Application/JWT"))
    assert (token.alg, token.kid, token.typ, token.claims) == (signer.alg, "k1", "jwt", {"iss": "a", "n": 1})
    assert token.signed_by(keys_of(signer, token))
    head, _, tail = signer.sign({"iss": "a"}).split(".")
    assert not ForeignJwt.read(f"{head}.{part({'iss': 'b'})}.{tail}").signed_by(keys_of(signer, token))
    for other in _SIGNERS:
        if other is not signer:
            assert not token.signed_by(key for key in [other.key.public_key()])


def test_takes_no_key_for_another_algorithm() -> None:
    """RFC 8725 §3.1: the key decides what it can have signed."""
    for signer in _SIGNERS:
        public = signer.key.public_key()
        made = signer.sign({})
        signed, _, encoded = made.rpartition(".")
        signature = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        assert fits(public, signer.alg, signed.encode(), signature)
        for alg in ("RS256", "PS256", "ES256", "EdDSA", "HS256", "none", "", "RS1", "ES384"):
            assert fits(public, alg, signed.encode(), signature) == (alg == signer.alg)


def test_takes_signatures_in_the_form_of_jose_alone() -> None:
    """RFC 7518 §3.4, §3.5: r and s side by side, a salt as long as the digest; and never nothing."""
    curve, modulus = ec.generate_private_key(ec.SECP256R1()), _SIGNERS[0].key
    der = curve.sign(b"x", ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(der)
    good = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert fits(curve.public_key(), "ES256", b"x", good)
    for bad in (der, good[:-1], good + b"\0", bytes(64), b"", b"\0" * 63 + b"\1"):
        assert not fits(curve.public_key(), "ES256", b"x", bad)
    for salt in (0, 20, 64):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
        assert not fits(modulus.public_key(), "PS256", b"x", modulus.sign(b"x", pss, hashes.SHA256()))
    assert not fits(modulus.public_key(), "RS256", b"x", modulus.sign(b"x", padding.PKCS1v15(), hashes.SHA512()))
    other = ec.generate_private_key(ec.SECP384R1())
    assert not fits(other.public_key(), "ES256", b"x", other.sign(b"x", ec.ECDSA(hashes.SHA256())))


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"])
def test_reads_no_token_that_wants_more(name: str) -> None:
    """RFC 8725 §3.10; RFC 7515 §4.1.11: what must be understood and is not ends it."""
    with pytest.raises(NotAToken):
        ForeignJwt.read(f"{part({'alg': 'RS256', name: None})}.{part({})}.AA")


def test_reads_each_name_once() -> None:
    """RFC 7515 §4: of two `alg`s each reader would pick its own."""
    doubled = base64.urlsafe_b64encode(b'{"alg":"RS256","alg":"none"}').rstrip(b"=").decode()
    with pytest.raises(NotAToken):
        ForeignJwt.read(f"{doubled}.{part({})}.AA")


def test_tells_times_from_what_looks_like_them() -> None:
    """RFC 7519 §2."""
    token = ForeignJwt.read(f"{part({'alg': 'x'})}.{part({'a': 1, 'b': 1.5, 'c': '1', 'd': True, 'e': None})}.AA")
    assert (token.time("a"), token.time("b"), token.time("z")) == (1.0, 1.5, None)
    for name in ("c", "d", "e"):
        with pytest.raises(NotAToken):
            token.time(name)


@given(strategies.text(max_size=80) | strategies.lists(strategies.binary(max_size=30), min_size=3, max_size=3).map(
    lambda parts: ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts)
))  # fmt: skip
def test_fails_in_one_way(compact: str) -> None:
    """Whatever somebody sends."""
    try:
        ForeignJwt.read(compact)
    except NotAToken:
        return


@given(
    strategies.dictionaries(
        strategies.sampled_from(["alg", "kid", "typ", "cty", "x"]),
        strategies.none() | strategies.integers() | strategies.text(max_size=9) | strategies.lists(strategies.text()),
    ),
    strategies.dictionaries(strategies.text(max_size=5), strategies.none() | strategies.floats(allow_nan=False)),
)
def test_reads_any_token_or_says_no(header: dict[str, Any], said: dict[str, Any]) -> None:
    """Rightly built of anything."""
    try:
        token = ForeignJwt.read(f"{part(header)}.{part(said)}.AA")
    except NotAToken:
        return
    assert isinstance(token.alg, str)
    assert not token.signed_by(signer.key.public_key() for signer in _SIGNERS)
    assert not token.keyed_by("")


def signed_as(key: OKPKey, alg: str) -> ForeignJwt:
    registry = jws.JWSRegistry(algorithms=["Ed25519", "EdDSA"])
    return ForeignJwt.read(jws.serialize_compact({"alg": alg}, b"{}", key, registry=registry))


@pytest.mark.filterwarnings("ignore:.*EdDSA")
@pytest.mark.parametrize("key_alg", ["Ed25519", "EdDSA", None])
@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA"])
def test_knows_eddsa_by_its_newer_name_too(alg: str, key_alg: str | None) -> None:
    """RFC 9864 §2.2: `Ed25519` is EdDSA of that curve; of a token, and of the key that signed it."""
    key = OKPKey.generate_key("Ed25519")
    read = signed_as(key, alg)
    assert read.alg == "EdDSA"
    said = {**key.as_dict(private=False), **({} if key_alg is None else {"alg": key_alg})}
    published = read_key_set({"keys": [said]})
    assert read.signed_by(signing_keys(published, read.alg, None))
    another = read_key_set(KeySet([OKPKey.generate_key("Ed25519")]).as_dict(private=False))
    assert not read.signed_by(signing_keys(another, read.alg, None))
