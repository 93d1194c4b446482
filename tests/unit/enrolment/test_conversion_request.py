"""A relying party's conversion request: whose it is, for whom, for how long, and once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from idp.clock import SystemClock
from idp.enrolment.conversion_request import ConversionRefused, ReadConversionRequest
from idp.enrolment.draft import Conversion, Kind
from idp.enrolment.role_table import read as read_roles
from idp.errors import ConfigurationError
from idp.house import House
from idp.storage.expiring import ExpiringStore
from tests.architecture.tree import ROOT
from tests.builders import agency, party, register
from tests.fakes import FrozenClock
from tests.races import race

SECRET = "voucher's secret of more than 32 characters"
EC, RSA = ECKey.generate_key("P-256", {"kid": "ec"}), RSAKey.generate_key(2048, {"kid": "rsa"})
ISSUER = "http://127.0.0.1:8000"


@pytest.fixture
def read(house: House) -> ReadConversionRequest:
    """Voucher signs by its secret, keyed by keys of its own and strict; kamp is registered for nothing of the kind."""
    keys = {"keys": [EC.as_dict(private=False), RSA.as_dict(private=False)]}
    register(
        house,
        agency("voucher", party("voucher", client_secret=SECRET, conversion={})),
        agency("keyed", party("keyed", client_secret=SECRET, conversion={"jwks": keys, "refuse_other_kind": True})),
        agency("kamp", party("kamp", client_secret=SECRET)),
    )
    roles = read_roles(ROOT / "config/conversion.toml")
    return ReadConversionRequest(ISSUER, house.catalogue, house.store, house.clock, roles)


def claims(read: ReadConversionRequest, **other: Any) -> dict[str, Any]:
    """What voucher says of testId1; `other` replaces, None removes."""
    now = int(read.clock.now().timestamp())
    said = {
        "iss": "voucher",
        "aud": ISSUER,
        "iat": now,
        "exp": now + 600,
        "jti": "a jti of some length",
        "account": "testId1",
        "account_name": "홍길동 (testId1)",
        "roles": ["기관 마스터"],
        **other,
    }
    return {name: value for name, value in said.items() if value is not None}


def signed(said: dict[str, Any], key: Any = None, **header: Any) -> str:
    key = key or OctKey.import_key(hashlib.sha256(SECRET.encode()).hexdigest().encode())
    protected = {"alg": "HS256", "typ": "onepass-conversion+jwt", **header}
    return jws.serialize_compact(protected, json.dumps(said).encode(), key, algorithms=[protected["alg"]])


def test_takes_what_the_relying_party_says(read: ReadConversionRequest) -> None:
    """REQ-06: relying party, account, role, and the type that the role makes."""
    taken = read(signed(claims(read)))
    assert taken == Conversion("voucher", "testId1", "홍길동 (testId1)", "기관 마스터", Kind.ENTERPRISE, strict=False)


@pytest.mark.parametrize(("key", "alg"), [(EC, "ES256"), (RSA, "RS256"), (RSA, "PS256")])
def test_takes_what_a_registered_key_signed(read: ReadConversionRequest, key: Any, alg: str) -> None:
    """REQ-07: and whether the relying party refuses another type than it named."""
    taken = read(signed(claims(read, iss="keyed"), key, alg=alg, kid=key.kid))
    assert (taken.relying_party_id, taken.strict) == ("keyed", True)


def test_takes_both_live_secrets(read: ReadConversionRequest, house: House) -> None:
    """While a relying party changes its secret, its conversions go on by either."""
    fields = {"client_secret": "the secret that comes after the first", "previous_client_secret": SECRET}
    register(house, agency("voucher", party("voucher", **fields, conversion={})))
    newer = OctKey.import_key(hashlib.sha256(fields["client_secret"].encode()).hexdigest().encode())
    assert read(signed(claims(read))).relying_party_id == "voucher"
    assert read(signed(claims(read, jti="another jti of some length"), newer)).relying_party_id == "voucher"
    stranger = OctKey.import_key(hashlib.sha256(b"nobody's").hexdigest().encode())
    with pytest.raises(ConversionRefused):
        read(signed(claims(read, jti="a third jti of some length"), stranger))


def test_spends_a_request(read: ReadConversionRequest, frozen_clock: FrozenClock) -> None:
    """REQ-06: replayed, also at the last moment of its life, it is refused."""
    token = signed(claims(read))
    read(token)
    for _time in range(2):
        with pytest.raises(ConversionRefused, match="used before"):
            read(token)
        frozen_clock.advance(timedelta(minutes=10, seconds=20))


def test_gives_one_of_sixteen_the_conversion(read: ReadConversionRequest, any_expiring_store: ExpiringStore) -> None:
    """Architecture §11.1."""
    read = replace(read, store=any_expiring_store, clock=SystemClock())
    token = signed(claims(read))

    def act(_racer: int) -> bool:
        try:
            read(token)
        except ConversionRefused:
            return False
        return True

    assert sum(race(act)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"aud": "http://127.0.0.1:8101"},
        {"aud": [ISSUER, "http://other.example"]},
        {"aud": None},
        {"iss": "kamp"},
        {"iss": "nobody"},
        {"iss": None},
        {"iss": ["voucher"]},
        {"iat": -1000},
        {"iat": 700},
        {"exp": 601},
        {"exp": -31},
        {"exp": None},
        {"iat": None},
        {"iat": "now"},
        {"iat": 10**400, "exp": 10**400},
        {"jti": None},
        {"jti": "short"},
        {"jti": 7},
        {"jti": "x" * 201},
        {"account": None},
        {"account": ""},
        {"account": "x" * 201},
        {"account": "a\0"},
        {"account": "\ud800"},
        {"account_name": "\ud800"},
        {"roles": ["기관 마스터", "\ud800"]},
        {"account_name": None},
        {"account_name": ["x"]},
        {"roles": "기관 마스터"},
        {"roles": [7]},
        {"roles": []},
        {"roles": ["손님"]},
    ],
    ids=str,
)
def test_refuses_what_is_not_for_us_or_says_too_little(read: ReadConversionRequest, other: dict[str, Any]) -> None:
    """REQ-06, RFC 7519 §4.1: another audience or issuer, too old, too early, too long, of no type."""
    said = claims(read)
    moved = {
        name: said[name if name == "iat" else "iat"] + value for name, value in other.items() if _moves(name, value)
    }
    with pytest.raises(ConversionRefused):
        read(signed(claims(read, **{**other, **moved})))
    assert read(signed(said)).account == "testId1"


def _moves(name: str, value: object) -> bool:
    return name in ("iat", "exp") and isinstance(value, int)


def _unsecured(said: dict[str, Any]) -> str:
    header = {"alg": "none", "typ": "onepass-conversion+jwt"}
    return ".".join(_part(json.dumps(each).encode()) for each in (header, said)) + "."


def _by_public_key(said: dict[str, Any]) -> str:
    """HS256 with the registered public key as its secret."""
    header = _part(json.dumps({"alg": "HS256", "typ": "onepass-conversion+jwt", "kid": "rsa"}).encode())
    signing = f"{header}.{_part(json.dumps(said).encode())}"
    return f"{signing}.{_part(hmac.digest(RSA.as_pem(private=False), signing.encode(), 'sha256'))}"


def _part(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "octets",
    [
        (b'{"alg":"HS256"}', b"[" * 4000),
        (b'{"alg":"HS256","x":' + b"[" * 4000, b"{}"),
        (b"[]", b"{}"),
        (b"7", b"7"),
        (b"\xff", b"\xff"),
    ],
    ids=("deep claims", "deep header", "list", "number", "no UTF-8"),
)
def test_refuses_whatever_anybody_sends(read: ReadConversionRequest, octets: tuple[bytes, bytes]) -> None:
    """Bad input: parsed before any signature is checked, so it must not fail."""
    with pytest.raises(ConversionRefused):
        read(".".join(_part(each) for each in (*octets, b"x" * 32)))


@pytest.mark.parametrize(
    "forge",
    [
        lambda said: signed(said, OctKey.import_key("x" * 64)),
        lambda said: signed(said, OctKey.import_key(SECRET)),
        lambda said: signed(said, alg="HS512"),
        lambda said: signed(said, typ="JWT"),
        lambda said: signed(said, typ="logout+jwt"),
        lambda said: signed(said)[:-2] + "AA",
        lambda said: signed(said, EC, alg="ES256"),
        _unsecured,
        lambda said: signed({**said, "iss": "keyed"}),
        lambda said: _by_public_key({**said, "iss": "keyed"}),
        lambda said: signed(
            {**said, "iss": "keyed"}, ECKey.generate_key("P-256", {"kid": "ec"}), alg="ES256", kid="ec"
        ),
    ],
    ids=range(11),
)
def test_refuses_a_forged_request(read: ReadConversionRequest, forge: Any) -> None:
    """REQ-06, RFC 8725 §3.1, §3.11: other keys, other algorithms, none, tokens made for another use."""
    with pytest.raises(ConversionRefused):
        read(forge(claims(read)))


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "x" * 9000, "한글.한글.한글", "e30.e30.e30", "\x00.\x00.\x00", "W10.W10."]
)
def test_refuses_what_is_no_token(read: ReadConversionRequest, token: str) -> None:
    """Issue 3, bad input: never a 500."""
    with pytest.raises(ConversionRefused):
        read(token)


@pytest.mark.parametrize("text", ["", "roles = 1", '[roles]\nperson = ["a", "a"]', '[roles]\nghost = ["a"]', "[roles"])
def test_refuses_a_role_table_that_says_nothing_clear(tmp_path: Any, text: str) -> None:
    """Requirements §1-2: data, checked when the program starts."""
    path = tmp_path / "conversion.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError):
        read_roles(path)
