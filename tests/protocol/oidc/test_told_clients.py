"""What clients are told as JWTs: signed by the algorithm they registered, encrypted to a key of theirs; read here by
libraries that others wrote. OpenID Connect Core §3.1.3.6, §5.3.2, §16.14; RFC 7518; RFC 8037."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.app import create_app
from idp.crypto.keyring import KEEP, Algorithm, create_key, retire_key
from idp.house import House
from idp.storage.database import Database
from tests.builders import a_house, a_person, agency, party, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import Browser, Client, Provider, carried

# RFC 9864 renames EdDSA; OpenID Connect and FAPI 2 still name it so.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated:joserfc.errors.SecurityWarning")

ALGS: list[Algorithm] = ["RS256", "PS256", "ES256", "EdDSA"]
ENCS = ["A128CBC-HS256", "A128GCM", "A256GCM"]
TOLD = Client("told", "told", "https://told.example/callback", "T" * 43)
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "enc"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "enc"})
X = OKPKey.generate_key("X25519", {"kid": "x", "use": "enc"})
SIGNS = RSAKey.generate_key(2048, {"kid": "signs", "use": "sig"})


@pytest.fixture
def own_keys(database: Database, tmp_path: Path, frozen_clock: FrozenClock) -> Iterator[House]:
    """A house whose keys may change."""
    url = database.engine.url.render_as_string(hide_password=False)
    house = a_house(url, tmp_path / "keys", frozen_clock)
    yield house
    house.close()


def registered(provider: Provider, **fields: Any) -> Client:
    more = {"scope": "openid profile", "client_secret": TOLD.secret}
    register(provider.house, agency("told", party("told", **{**more, **fields})))
    return TOLD


def keys_of_client(*keys: RSAKey | ECKey | OKPKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def tokens(provider: Provider, browser: Browser, **parameters: str | None) -> dict[str, Any]:
    code = carried(browser.pages(browser.authorize(TOLD, scope="openid profile", **parameters)), TOLD)[1]["code"]
    answered: dict[str, Any] = provider.redeem(TOLD, code).get_json()
    return answered


def jwks(provider: Provider) -> dict[str, Any]:
    found: dict[str, Any] = provider.app.test_client().get("/oidc/jwks").get_json()
    return found


def by_pyjwt(provider: Provider, token: str, alg: str) -> dict[str, Any]:
    key = jwt.PyJWKSet.from_dict(jwks(provider))[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=[alg], audience="told", options={"verify_exp": False})
    return claims


@pytest.mark.parametrize("alg", ALGS)
def test_signs_id_tokens_as_registered(provider: Provider, browser: Browser, alg: str) -> None:
    """oidcc-idtoken-rs256, oidcc-idtoken-signature; Dynamic Registration §2: joserfc and PyJWT read it by our keys."""
    registered(provider, id_token_signed_response_alg=alg)
    gained = tokens(provider, browser)
    ours = provider.claims(gained["id_token"], alg)
    assert by_pyjwt(provider, gained["id_token"], alg) == ours
    assert jwt.get_unverified_header(gained["id_token"]).keys() == {"alg", "kid"}


@pytest.mark.parametrize("alg", ALGS)
def test_hashes_with_what_the_algorithm_uses(provider: Provider, browser: Browser, alg: str) -> None:
    """Core §3.1.3.6, §3.3.2.11: the left half of SHA-256 and, for Ed25519 (RFC 8032 §5.1), of SHA-512."""
    client = registered(
        provider,
        id_token_signed_response_alg=alg,
        response_types=["code id_token token"],
        grant_types=["authorization_code", "implicit"],
    )
    _way, said = carried(browser.pages(browser.authorize(client, response_type="code id_token token")), client)
    claims = provider.claims(said["id_token"], alg)
    for name, value in (("at_hash", said["access_token"]), ("c_hash", said["code"])):
        made = (hashlib.sha512 if alg == "EdDSA" else hashlib.sha256)(value.encode()).digest()
        half = base64.urlsafe_b64encode(made[: len(made) // 2]).rstrip(b"=").decode()
        assert claims[name] == half


@pytest.mark.parametrize("enc", ENCS)
@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("RSA-OAEP-256", RSA),
        ("ECDH-ES", EC),
        ("ECDH-ES+A128KW", EC),
        ("ECDH-ES+A256KW", EC),
        ("ECDH-ES+A256KW", X),
    ],
)
def test_encrypts_id_tokens_as_registered(
    provider: Provider, browser: Browser, alg: str, enc: str, key: RSAKey | ECKey | OKPKey
) -> None:
    """Core §16.14, RFC 7519 §11.2, RFC 7516 §4.1.12: signed first, cty JWT; to the key that is for encrypting."""
    registered(
        provider,
        id_token_encrypted_response_alg=alg,
        id_token_encrypted_response_enc=enc,
        jwks=keys_of_client(SIGNS, key),
    )
    token = tokens(provider, browser)["id_token"]
    assert token.count(".") == 4
    opened = jwe.decrypt_compact(token, key, algorithms=[alg, enc])
    assert (opened.headers()["cty"], opened.headers()["kid"]) == ("JWT", key.kid)
    assert opened.plaintext is not None
    assert provider.claims(opened.plaintext.decode(), "RS256")["aud"] == "told"


def test_encrypts_with_the_usual_content_encryption(provider: Provider, browser: Browser) -> None:
    """Dynamic Registration §2: enc is A128CBC-HS256 where only alg is registered."""
    registered(provider, id_token_encrypted_response_alg="RSA-OAEP-256", jwks=keys_of_client(RSA))
    header = tokens(provider, browser)["id_token"].split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(header + "=="))["enc"] == "A128CBC-HS256"


@pytest.mark.parametrize(
    "key", [SIGNS, EC, RSAKey.generate_key(2048, {"alg": "RS256"}), OKPKey.generate_key("Ed25519", {"use": "enc"})]
)
def test_gives_nothing_readable_to_a_client_without_a_key(
    provider: Provider, browser: Browser, key: RSAKey | ECKey | OKPKey
) -> None:
    """Core §16.14: what was to be encrypted never goes in the clear; a key for signing is none for this."""
    wanted = "ECDH-ES" if isinstance(key, OKPKey) else "RSA-OAEP-256"
    registered(provider, id_token_encrypted_response_alg=wanted, jwks=keys_of_client(key))
    answered = provider.redeem(TOLD, browser.code(TOLD))
    assert (answered.status_code, answered.get_json()["error"]) == (400, "invalid_request")


def test_takes_the_signed_token_within_as_a_hint(provider: Provider, browser: Browser) -> None:
    """Core §3.1.2.1, RP-Initiated Logout §2: the relying party opens an encrypted ID token before it shows it again; a
    JWE of ours is no hint, since it was made for another's key."""
    registered(provider, id_token_encrypted_response_alg="RSA-OAEP-256", jwks=keys_of_client(RSA))
    token = tokens(provider, browser)["id_token"]
    inside = jwe.decrypt_compact(token, RSA, algorithms=["RSA-OAEP-256", "A128CBC-HS256"]).plaintext
    assert inside is not None
    assert "code" in browser.answer(TOLD, scope="openid", prompt="none", id_token_hint=inside.decode())
    assert browser.answer(TOLD, prompt="none", id_token_hint=token)["error"] == "invalid_request"


def userinfo(provider: Provider, browser: Browser) -> tuple[str | None, str]:
    answered = provider.userinfo(tokens(provider, browser)["access_token"])
    assert answered.status_code == 200
    assert answered.headers["Cache-Control"] == "no-store"
    return answered.mimetype, answered.text


@pytest.mark.parametrize("alg", ALGS)
def test_signs_userinfo_as_registered(provider: Provider, browser: Browser, alg: str) -> None:
    """oidcc-userinfo-rs256; Core §5.3.2: application/jwt with iss and aud."""
    registered(provider, userinfo_signed_response_alg=alg)
    mimetype, body = userinfo(provider, browser)
    assert mimetype == "application/jwt"
    claims = by_pyjwt(provider, body, alg)
    assert (claims["iss"], claims["aud"], claims["name"]) == ("http://127.0.0.1:8000", "told", "홍길동")


@pytest.mark.parametrize("alg", [None, "ES256"])
def test_encrypts_userinfo_as_registered(provider: Provider, browser: Browser, alg: str | None) -> None:
    """Core §5.3.2: signed and then encrypted; or, where that alone is registered, the claims encrypted."""
    more = {} if alg is None else {"userinfo_signed_response_alg": alg}
    registered(provider, userinfo_encrypted_response_alg="ECDH-ES", jwks=keys_of_client(EC), **more)
    mimetype, body = userinfo(provider, browser)
    assert mimetype == "application/jwt"
    opened = jwe.decrypt_compact(body, EC, algorithms=["ECDH-ES", "A128CBC-HS256"])
    assert opened.plaintext is not None
    assert opened.headers().get("cty") == (None if alg is None else "JWT")
    inside = opened.plaintext.decode()
    claims = json.loads(inside) if alg is None else by_pyjwt(provider, inside, alg)
    assert (claims["name"], claims["aud"]) == ("홍길동", "told")


def test_answers_userinfo_in_json_by_default(provider: Provider, browser: Browser) -> None:
    """Core §5.3.2: application/json, without iss and aud, where nothing else is registered."""
    registered(provider)
    mimetype, body = userinfo(provider, browser)
    assert mimetype == "application/json"
    assert not {"iss", "aud"} & json.loads(body).keys()


@pytest.mark.parametrize("alg", ALGS)
def test_changes_keys_without_a_restart(own_keys: House, alg: Algorithm) -> None:
    """oidcc-server-rotate-keys; architecture: always true, 9. The next key is published at once and signs after its
    lead; the former goes on verifying after it is retired, and is gone after that."""
    house, clock = own_keys, own_keys.clock
    assert isinstance(clock, FrozenClock)
    provider = Provider(house, create_app(house.settings, instead=house))
    registered(provider, id_token_signed_response_alg=alg)
    a_person(house)

    def signed() -> tuple[str, str]:
        token = tokens(provider, provider.browser())["id_token"]
        return token, jwt.get_unverified_header(token)["kid"]

    first_token, first = signed()
    directory = house.settings.keys_dir
    record = create_key(directory, "oidc", alg, clock=clock, randomness=house.randomness, lead=house.settings.key_lead)
    clock.advance(timedelta(seconds=3))
    assert record.kid in {key["kid"] for key in jwks(provider)["keys"]}
    assert signed()[1] == first
    clock.advance(house.settings.key_lead)
    assert signed()[1] == record.kid
    retire_key(directory, first, clock=clock, randomness=house.randomness)
    clock.advance(timedelta(seconds=3))
    assert by_pyjwt(provider, first_token, alg)["aud"] == "told"
    clock.advance(KEEP)
    assert first not in {key["kid"] for key in jwks(provider)["keys"]}
    assert signed()[1] == record.kid
