"""Tokens of others, by whichever of two names they call their algorithm."""

from __future__ import annotations

import pytest
from joserfc import jws
from joserfc.jwk import KeySet, OKPKey

from idp.crypto.foreign_jwt import ForeignJwt
from idp.crypto.foreign_keys import read_key_set, signing_keys


def token(key: OKPKey, alg: str) -> ForeignJwt:
    registry = jws.JWSRegistry(algorithms=["Ed25519", "EdDSA"])
    return ForeignJwt.read(jws.serialize_compact({"alg": alg}, b"{}", key, registry=registry))


@pytest.mark.filterwarnings("ignore:.*EdDSA")
@pytest.mark.parametrize("key_alg", ["Ed25519", "EdDSA", None])
@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA"])
def test_knows_eddsa_by_its_newer_name_too(alg: str, key_alg: str | None) -> None:
    """RFC 9864 §2.2: `Ed25519` is EdDSA of that curve; of a token, and of the key that signed it."""
    key = OKPKey.generate_key("Ed25519")
    read = token(key, alg)
    assert read.alg == "EdDSA"
    said = {**key.as_dict(private=False), **({} if key_alg is None else {"alg": key_alg})}
    published = read_key_set({"keys": [said]})
    assert read.signed_by(signing_keys(published, read.alg, None))
    another = read_key_set(KeySet([OKPKey.generate_key("Ed25519")]).as_dict(private=False))
    assert not read.signed_by(signing_keys(another, read.alg, None))
