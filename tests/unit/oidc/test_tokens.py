"""Handles, codes, PKCE and the tokens' own state, without HTTP."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from idp.agencies.oidc_registration import OidcRegistration
from idp.crypto.keyring import Keyring
from idp.oidc import pkce
from idp.oidc.access_tokens import AccessTokens
from idp.oidc.authorization import Authorization
from idp.oidc.code_grant import why_not
from idp.oidc.codes import CodeContent, Codes, handle_given
from idp.oidc.handle import Handled, new_handle, taken_apart, with_handle
from idp.oidc.jwt_access_token import SignAccessTokens
from idp.randomness import SystemRandomness
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore, ExpiringStore
from tests.fakes import FixedRandomness, FrozenClock
from tests.races import race
from tests.unit.oidc.test_profile import registered

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
AUTHORIZATION = Authorization(
    "voucher", "subject", "link", 3, ("email", "openid"), 1_700_000_000, "acr", ("pwd",), "sid", "enterprise", "uuid"
)
CONTENT = CodeContent(AUTHORIZATION, "https://a.example/", CHALLENGE, "nonce", NOW.timestamp() + 60, "session", 0)
MINUTE = timedelta(minutes=1)

octets = st.binary(min_size=48, max_size=48)


@given(octets)
def test_takes_apart_what_it_put_together(whole: bytes) -> None:
    """Handle and secret come back; the secret never shows in a repr."""
    made = Handled(whole[:16].hex(), whole[16:].hex())
    assert taken_apart(made.value) == made
    assert len(made.value) == 64
    assert made.secret not in repr(made)


@given(st.one_of(st.text(max_size=80), octets.map(lambda whole: base64.b64encode(whole).decode())))
def test_a_token_has_one_spelling(value: str) -> None:
    """What can be taken apart is what would be put together again, letter for letter."""
    found = taken_apart(value)
    assert found is None or found.value == value


def test_new_tokens_differ_in_every_part() -> None:
    """OpenID checklist §0: at least 128 bits each; here 128 to find and 256 to prove."""
    randomness = SystemRandomness()
    made = [with_handle(new_handle(randomness), randomness) for _ in range(50)]
    assert len({each.handle for each in made}) == len({each.secret for each in made}) == 50


def test_a_code_names_what_it_gives_to_its_client_only() -> None:
    """RFC 9700 §4.5: from the code alone, and for another relying party another handle."""
    handle = handle_given("voucher", "code")
    assert handle == handle_given("voucher", "code")
    assert len(handle) == 32
    assert (
        len({handle, handle_given("kamp", "code"), handle_given("voucher", "Code"), handle_given("v", "oucher:code")})
        == 4
    )


def test_authorizations_and_codes_come_back_as_they_were(database: Database, frozen_clock: FrozenClock) -> None:
    """Packing loses nothing, types included."""
    assert Authorization.unpacked(AUTHORIZATION.packed()) == AUTHORIZATION
    codes = Codes(DatabaseExpiringStore(database, frozen_clock), FixedRandomness(), MINUTE)
    code = codes.issue(CONTENT)
    assert codes.spend("kamp", code) is None
    assert codes.spend("voucher", code) == CONTENT
    assert codes.spend("voucher", code) is None


def test_tells_whose_sign_in_it_was() -> None:
    """REQ-92: enterprise_uuid is there for an enterprise and absent for a person."""
    assert AUTHORIZATION.id_token_claims()["enterprise_uuid"] == "uuid"
    person = replace(AUTHORIZATION, enterprise_uuid=None)
    assert "enterprise_uuid" not in person.id_token_claims()
    # What an earlier release packed is one value shorter.
    assert person.verified is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"redirect_uri": "https://a.example"}, "redirect_uri"),
        ({"redirect_uri": None}, "redirect_uri"),
        ({"code_verifier": None}, "missing"),
        ({"code_verifier": VERIFIER[::-1]}, "does not match"),
    ],
)
def test_says_why_a_code_is_not_redeemed(changed: dict[str, str | None], reason: str | None) -> None:
    """RFC 6749 §4.1.3, RFC 7636 §4.6."""
    whole = {"redirect_uri": "https://a.example/", "code_verifier": VERIFIER, **changed}
    said = why_not(CONTENT, {name: value for name, value in whole.items() if value is not None}, NOW)
    assert said is None if reason is None else reason in (said or "")


def test_a_code_expires_to_the_second() -> None:
    """RFC 6749 §4.1.2; by our own clock, whatever the store's says."""
    whole = {"redirect_uri": "https://a.example/", "code_verifier": VERIFIER}
    assert why_not(CONTENT, whole, NOW + timedelta(seconds=59.999)) is None
    assert why_not(CONTENT, whole, NOW + timedelta(seconds=60)) == "code has expired"


@given(st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~", min_size=43, max_size=128))
def test_a_verifier_proves_its_own_challenge(verifier: str) -> None:
    """RFC 7636 §4.2, §4.6."""
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert pkce.is_challenge(challenge)
    assert pkce.proves(verifier, challenge)
    assert not pkce.proves(verifier, CHALLENGE) or verifier == VERIFIER


@given(st.text(max_size=140))
def test_no_other_text_is_a_verifier(text: str) -> None:
    """RFC 7636 §4.1: 43 to 128 unreserved characters; anything else is refused without failing."""
    assert not pkce.proves(text, CHALLENGE) or text == VERIFIER


Made = Callable[[ExpiringStore], AccessTokens]
OPAQUE, SIGNED = registered(), registered(access_token_format="jwt", id_token_signed_response_alg="ES256")


@pytest.fixture
def tokens(keys_dir: Path) -> Made:
    """Access tokens in a store."""
    clock = FrozenClock()
    sign = SignAccessTokens("https://id.example", Keyring(keys_dir, clock))
    there = lambda _party_id: True  # noqa: E731
    return lambda store: AccessTokens(store, SystemRandomness(), clock, sign, 10 * MINUTE, MINUTE, there)


@pytest.mark.parametrize("client", [OPAQUE, SIGNED])
def test_finds_a_token_and_its_family(
    tokens: Made, any_expiring_store: ExpiringStore, client: OidcRegistration
) -> None:
    """On each store, in each format; a changed secret finds nothing."""
    made = tokens(any_expiring_store)
    token = made.issue(client, AUTHORIZATION, "family")
    assert token is not None
    found = made.find(token)
    assert found is not None
    assert (found.authorization, found.grant_id) == (AUTHORIZATION, "family")
    assert made.find(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert made.find("x") is None


@pytest.mark.parametrize("client", [OPAQUE, SIGNED])
def test_a_revoked_handle_stays_dead_whoever_comes_first(
    tokens: Made, any_expiring_store: ExpiringStore, client: OidcRegistration
) -> None:
    """RFC 9700 §4.5: revoked before it was made, or after, or at that very moment: nothing is left alive."""
    made = tokens(any_expiring_store)
    before, after, during = (new_handle(SystemRandomness()) for _ in range(3))
    made.revoke(before)
    assert made.issue(client, AUTHORIZATION, None, before) is None
    token = made.issue(client, AUTHORIZATION, None, after)
    assert token is not None
    made.revoke(after)
    assert made.find(token) is None

    def act(racer: int) -> str | None:
        if racer == 0:
            return made.issue(client, AUTHORIZATION, None, during)
        made.revoke(during)
        return None

    assert all(made.find(token) is None for token in race(act) if token is not None)
