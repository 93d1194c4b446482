"""Which key of a client is encrypted to, and that what is encrypted can be read by its holder alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from idp.agencies.oidc_registration import ClientKeys, Encryption, OidcRegistration
from idp.house import House
from idp.oidc.tell_client import ENCRYPTION_ALGS, ENCRYPTION_ENCS, NoKeyOfClient, TellClient, key_for
from tests.builders import agency, party, register

RSA = RSAKey.generate_key(2048).as_dict(private=False)
EC = ECKey.generate_key("P-256").as_dict(private=False)


@pytest.fixture
def client(house: House) -> OidcRegistration:
    register(house, agency("told", party("told")))
    found = house.catalogue.relying_party("told")
    assert found is not None
    assert found.oidc is not None
    return found.oidc


def keys(*members: dict[str, Any]) -> KeySet:
    return KeySet.import_key_set({"keys": list(members)})


@pytest.mark.parametrize(
    ("alg", "members", "chosen"),
    [
        ("RSA-OAEP-256", [{**RSA, "kid": "a"}], "a"),
        ("RSA-OAEP-256", [{**RSA, "kid": "a"}, {**RSA, "kid": "b", "use": "enc"}], "b"),
        ("RSA-OAEP-256", [{**RSA, "kid": "a", "use": "sig"}, {**RSA, "kid": "b"}], "b"),
        ("RSA-OAEP-256", [{**RSA, "kid": "a", "alg": "RSA-OAEP"}, {**RSA, "kid": "b", "alg": "RSA-OAEP-256"}], "b"),
        ("RSA-OAEP-256", [{**RSA, "kid": "a", "key_ops": ["verify"]}], None),
        ("RSA-OAEP-256", [{**RSA, "kid": "a", "key_ops": ["encrypt"]}], "a"),
        ("RSA-OAEP-256", [{**EC, "kid": "a"}], None),
        ("ECDH-ES", [{**RSA, "kid": "a"}, {**EC, "kid": "b"}], "b"),
        ("ECDH-ES+A128KW", [{**EC, "kid": "a", "alg": "ES256"}], None),
        ("ECDH-ES", [{**OKPKey.generate_key("Ed25519").as_dict(private=False), "kid": "a"}], None),
        ("ECDH-ES", [{**OKPKey.generate_key("X25519").as_dict(private=False), "kid": "a"}], "a"),
        ("ECDH-ES", [], None),
    ],
)
def test_takes_a_key_that_is_meant_for_it(alg: str, members: list[dict[str, Any]], chosen: str | None) -> None:
    """RFC 7517 §4.2 to §4.4: use, key_ops and alg; one that says `enc` before one that says nothing."""
    found = key_for(keys(*members) if members else KeySet([]), alg)
    assert (found.kid if found is not None else None) == chosen


@pytest.mark.parametrize("enc", ENCRYPTION_ENCS)
@pytest.mark.parametrize("alg", ENCRYPTION_ALGS)
def test_encrypts_by_everything_that_may_be_registered(
    house: House, client: OidcRegistration, alg: str, enc: str
) -> None:
    """RFC 7518 §4, §5: its holder reads it; the holder of another key does not."""
    made = RSAKey.generate_key(2048) if alg.startswith("RSA") else ECKey.generate_key("P-256")
    other = RSAKey.generate_key(2048) if alg.startswith("RSA") else ECKey.generate_key("P-256")
    tell = TellClient(house.keyring, lambda _: KeySet([made]))
    told = tell(client, {"name": "홍길동"}, alg=None, encryption=Encryption(alg, enc))
    opened = jwe.decrypt_compact(told, made, algorithms=[alg, enc])
    assert opened.plaintext == '{"name": "홍길동"}'.encode()
    assert "cty" not in opened.headers()
    with pytest.raises((JoseError, ValueError)):
        jwe.decrypt_compact(told, other, algorithms=[alg, enc])


def test_sends_nothing_where_there_is_no_key(house: House, client: OidcRegistration) -> None:
    """What was to be encrypted never goes in the clear: also while the address of the keys does not answer."""
    tell = TellClient(house.keyring, lambda _: KeySet([]))
    hosted = replace(client, keys=ClientKeys())
    with pytest.raises(NoKeyOfClient):
        tell(hosted, {"a": 1}, alg="ES256", encryption=Encryption("RSA-OAEP-256", "A256GCM"))
