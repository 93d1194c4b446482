"""A key is published before it signs and after it stops; nothing restarts (architecture: always true, 9)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.crypto import keyring as module
from idp.crypto.keyring import KEEP, LEAD, KeyRecord, Keyring, LastKey, NoSuchKey, create_key, list_keys, retire_key
from idp.errors import ConfigurationError
from tests.fakes import FixedRandomness, FrozenClock

MOMENT = timedelta(seconds=3)
Create = Callable[..., KeyRecord]


@pytest.fixture
def create(tmp_path: Path, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness) -> Create:
    """Makes an ES256 key of `oidc`, unless told otherwise, each a second after the one before."""

    def made(use="oidc", alg="ES256", **options) -> KeyRecord:
        frozen_clock.advance(timedelta(seconds=1))
        return create_key(tmp_path, use, alg, clock=frozen_clock, randomness=fixed_randomness, **options)

    return made


@pytest.fixture
def retire(tmp_path: Path, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness) -> Callable[[str], KeyRecord]:
    return lambda kid: retire_key(tmp_path, kid, clock=frozen_clock, randomness=fixed_randomness)


def kids(keyring: Keyring, use="oidc") -> list[str]:
    return [jwk["kid"] for jwk in keyring.jwks(use)["keys"]]


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[tuple[Any, ...]]:
    """What the keyring calls that function with, from now on."""
    calls: list[tuple[Any, ...]] = []
    real = getattr(module, name)

    def noted(*arguments: Any) -> Any:
        calls.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(module, name, noted)
    return calls


def test_lets_the_first_key_sign_at_once(tmp_path, frozen_clock, create):
    """Nobody can have cached a key set that was never published."""
    first = create()
    assert Keyring(tmp_path, frozen_clock).signing_key("oidc", "ES256").kid == first.kid


def test_publishes_a_second_key_before_it_signs(tmp_path, frozen_clock, create):
    """Relying parties cache the JWK Set; a signature by a key they do not know yet fails."""
    first = create()
    keyring = Keyring(tmp_path, frozen_clock)
    second = create()
    frozen_clock.advance(MOMENT)
    assert kids(keyring) == [first.kid, second.kid]
    assert keyring.signing_key("oidc", "ES256").kid == first.kid
    frozen_clock.advance(LEAD - MOMENT - timedelta(seconds=1))
    assert keyring.signing_key("oidc", "ES256").kid == first.kid
    frozen_clock.advance(timedelta(seconds=1))
    assert keyring.signing_key("oidc", "ES256").kid == second.kid
    assert kids(keyring) == [first.kid, second.kid]


def test_takes_another_lead(tmp_path, frozen_clock, create):
    """An operator in a hurry decides alone."""
    create()
    urgent = create(lead=timedelta(0))
    assert Keyring(tmp_path, frozen_clock).signing_key("oidc", "ES256").kid == urgent.kid


def test_verifies_for_a_while_after_retirement(tmp_path, frozen_clock, create, retire):
    """What it signed must verify as long as anybody may hold it."""
    first = create()
    second = create(lead=timedelta(0))
    keyring = Keyring(tmp_path, frozen_clock)
    retire(first.kid)
    frozen_clock.advance(KEEP - timedelta(seconds=1))
    assert keyring.find("oidc", first.kid) is not None
    frozen_clock.advance(timedelta(seconds=1))
    assert keyring.find("oidc", first.kid) is None
    assert kids(keyring) == [second.kid]


def test_stops_signing_with_a_newer_key_that_is_retired(tmp_path, frozen_clock, create, retire):
    """A new key that turns out bad is taken back; the older one signs on."""
    first = create()
    second = create(lead=timedelta(0))
    keyring = Keyring(tmp_path, frozen_clock)
    assert keyring.signing_key("oidc", "ES256").kid == second.kid
    retire(second.kid)
    frozen_clock.advance(MOMENT)
    assert keyring.signing_key("oidc", "ES256").kid == first.kid


def test_keeps_uses_and_algorithms_apart(tmp_path, frozen_clock, create):
    """An event must never verify as an ID token (RFC 8725 §3.12)."""
    oidc, events, edwards = create(), create("events"), create(alg="EdDSA")
    keyring = Keyring(tmp_path, frozen_clock)
    assert keyring.signing_key("events", "ES256").kid == events.kid
    assert keyring.signing_key("oidc", "EdDSA").kid == edwards.kid
    assert keyring.find("oidc", events.kid) is None
    assert set(kids(keyring)) == {oidc.kid, edwards.kid}


def test_says_what_to_do_when_nothing_signs(tmp_path, frozen_clock, create):
    """A refusal says what to do next."""
    create()
    with pytest.raises(ConfigurationError, match="idp keys new --use oidc --alg PS256"):
        Keyring(tmp_path, frozen_clock).signing_key("oidc", "PS256")


def test_publishes_public_members_only(tmp_path, frozen_clock, create):
    """RFC 7517 §9.3, and every key names its kid, use and alg."""
    for alg in ("RS256", "ES256", "EdDSA"):
        create(alg=alg)
    for jwk in Keyring(tmp_path, frozen_clock).jwks("oidc")["keys"]:
        assert set(jwk) <= {"kty", "n", "e", "crv", "x", "y", "kid", "use", "alg"}
        assert jwk["use"] == "sig"
        assert jwk["alg"]


def test_gives_away_copies_only(tmp_path, frozen_clock, create):
    """A caller that decorates what it got must not change what the next one gets."""
    create()
    keyring = Keyring(tmp_path, frozen_clock)
    keyring.jwks("oidc")["keys"][0]["kid"] = "changed"
    assert "changed" not in kids(keyring)


def test_parses_a_private_key_once(tmp_path, frozen_clock, create, retire, monkeypatch):
    """Loading RSA from PEM costs 28 ms; neither a new key nor a retirement may cost it again."""
    loads = counted(monkeypatch, "load_key")
    first = create()
    keyring = Keyring(tmp_path, frozen_clock)
    private = keyring.signing_key("oidc", "ES256").private
    second = create(lead=timedelta(0))
    frozen_clock.advance(MOMENT)
    kids(keyring)
    retire(first.kid)
    frozen_clock.advance(MOMENT)
    kids(keyring)
    found = keyring.find("oidc", first.kid)
    assert found is not None
    assert found.private is private
    assert [record.kid for _, record in loads] == [first.kid, second.kid]


def test_looks_at_the_directory_now_and_then_only(tmp_path, frozen_clock, create, monkeypatch):
    """A signature must not cost a look at the disk."""
    create()
    keyring = Keyring(tmp_path, frozen_clock)
    looks = counted(monkeypatch, "fingerprint")
    for _ in range(100):
        keyring.signing_key("oidc", "ES256")
    assert not looks
    frozen_clock.advance(MOMENT)
    for _ in range(100):
        keyring.signing_key("oidc", "ES256")
    assert len(looks) == 1


def test_looks_again_after_the_clock_was_set_back(tmp_path, frozen_clock, create):
    """A correction by an hour must not blind us for an hour."""
    create()
    keyring = Keyring(tmp_path, frozen_clock)
    frozen_clock.advance(-timedelta(hours=1))
    second = create(lead=timedelta(0))
    assert second.kid in kids(keyring)


def test_drops_a_key_whose_files_are_deleted(tmp_path, frozen_clock, create):
    """What an operator does with a key that leaked."""
    leaked, sound = create(), create(lead=timedelta(0))
    keyring = Keyring(tmp_path, frozen_clock)
    for path in tmp_path.glob(f"*{leaked.kid}*"):
        path.unlink()
    frozen_clock.advance(MOMENT)
    assert kids(keyring) == [sound.kid]


def test_goes_on_with_good_keys_when_the_directory_goes_bad(tmp_path, frozen_clock, create):
    """A slip of the operator's must not stop sign-in for everybody."""
    first = create()
    keyring = Keyring(tmp_path, frozen_clock)
    broken = tmp_path / "oidc-broken.json"
    broken.write_text("{")
    frozen_clock.advance(MOMENT)
    assert keyring.signing_key("oidc", "ES256").kid == first.kid
    broken.unlink()
    second = create(lead=timedelta(0))
    frozen_clock.advance(MOMENT)
    assert keyring.signing_key("oidc", "ES256").kid == second.kid


@pytest.mark.parametrize(
    "change",
    [
        {"kid": "another"},
        {"use": "saml"},
        {"alg": "HS256"},
        {"alg": []},
        {"signs_from": "2026-03-02T09:00:00"},
        {"signs_from": None},
        {"created_at": "soon"},
    ],
)
def test_refuses_to_start_on_metadata_that_does_not_fit(tmp_path, frozen_clock, create, change):
    """At start there is nothing to go on with; the operator is told which file."""
    record = create()
    path = tmp_path / f"oidc-{record.kid}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ConfigurationError, match=record.kid):
        Keyring(tmp_path, frozen_clock)


def test_refuses_to_start_without_the_private_half(tmp_path, frozen_clock, create):
    """A restored backup may lack it."""
    record = create()
    (tmp_path / f"oidc-{record.kid}.pem").unlink()
    with pytest.raises(ConfigurationError, match=record.kid):
        Keyring(tmp_path, frozen_clock)


def test_ignores_half_a_key(tmp_path, frozen_clock, create):
    """A crash between the private half and the metadata leaves no key."""
    record = create()
    (tmp_path / f"oidc-{record.kid}.json").unlink()
    assert kids(Keyring(tmp_path, frozen_clock)) == []


def test_gives_saml_keys_a_certificate(tmp_path, frozen_clock, create):
    """SAML metadata carries certificates, not JWKs."""
    create("saml", "RS256", name="idp.example.kr")
    key = Keyring(tmp_path, frozen_clock).signing_key("saml", "RS256")
    assert key.certificate is not None
    assert key.certificate.startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize(("use", "alg"), [("saml", "EdDSA"), ("saml", "PS256"), ("oidc", "none"), ("other", "ES256")])
def test_refuses_an_algorithm_that_does_not_serve_the_use(tmp_path, create, use, alg):
    """XML Signature has no EdDSA that service providers know."""
    with pytest.raises(ConfigurationError):
        create(use, alg)
    assert list_keys(tmp_path) == ()


def test_refuses_to_retire_the_only_key_that_signs(create, retire, frozen_clock):
    """Sign-in would stop for everybody; a successor that still waits is not enough."""
    first = create()
    with pytest.raises(LastKey, match="make its successor"):
        retire(first.kid)
    create()
    with pytest.raises(LastKey, match="its successor signs from 2026-03-03"):
        retire(first.kid)
    frozen_clock.advance(LEAD)
    assert retire(first.kid).retired_at == frozen_clock.now()


def test_retires_once(create, retire, frozen_clock):
    """A second call must not prolong the key's life in the JWK Set."""
    first, _ = create(), create(lead=timedelta(0))
    at = retire(first.kid).retired_at
    frozen_clock.advance(timedelta(days=1))
    assert retire(first.kid).retired_at == at


def test_takes_back_a_key_that_never_signed(create, retire):
    """Nothing depends on it yet."""
    create()
    waiting = create()
    assert retire(waiting.kid).retired_at is not None


def test_knows_no_key_of_another_name(create, retire):
    """A mistyped kid changes nothing."""
    create()
    with pytest.raises(NoSuchKey):
        retire("nobody")


def test_guards_private_files(tmp_path, create):
    """Only the account that runs the server may read a private key."""
    create()
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("*.pem")} == {0o600}
    assert not list(tmp_path.glob(".*.new"))
