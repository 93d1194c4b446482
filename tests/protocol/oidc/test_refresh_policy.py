"""Which refresh tokens are spent by their use, and what becomes of an answer that was lost. RFC 9700 §4.14."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.builders import agency, party, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import BIZINFO, KAMP, Browser, Client, Provider
from tests.protocol.oidc.prover import Prover
from tests.protocol.oidc.test_dpop import bound, renew

SCOPE = "openid email offline_access"


@pytest.fixture
def prover(clock: FrozenClock) -> Prover:
    """A relying party with a key."""
    return Prover(clock)


def bizinfo(provider: Provider, **fields: Any) -> None:
    """비즈인포, registered anew."""
    given = {"client_secret": BIZINFO.secret, "redirect_uris": [BIZINFO.redirect_uri], "scope": SCOPE}
    grants = ["authorization_code", "refresh_token"]
    register(provider.house, agency("bizinfo", party("bizinfo", **given, grant_types=grants, **fields)))


def start(provider: Provider, browser: Browser, client: Client) -> str:
    given = provider.redeem(client, browser.code(client, scope=SCOPE)).get_json()
    return str(given["refresh_token"])


def next_of(answered: TestResponse) -> str:
    assert answered.status_code == 200, answered.text
    return str(answered.get_json()["refresh_token"])


def is_refused(answered: TestResponse) -> bool:
    return (answered.status_code, answered.get_json()["error"]) == (400, "invalid_grant")


def test_rotates_where_a_confidential_client_registered_it(provider: Provider, browser: Browser) -> None:
    """Registration: `rotate_refresh_tokens`; without it a confidential client keeps its token."""
    bizinfo(provider)
    kept = start(provider, browser, BIZINFO)
    assert next_of(provider.refresh(BIZINFO, kept)) == kept
    bizinfo(provider, rotate_refresh_tokens=True)
    second = next_of(provider.refresh(BIZINFO, kept))
    third = next_of(provider.refresh(BIZINFO, second))
    assert len({kept, second, third}) == 3


def test_gives_the_same_again_to_who_lost_the_answer(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """FAPI 2.0 §5.3.2.1: for a minute; where the client proves itself, only it can have asked."""
    bizinfo(provider, rotate_refresh_tokens=True)
    first = start(provider, browser, BIZINFO)
    second = next_of(provider.refresh(BIZINFO, first))
    for seconds in (0, 30, 29):
        clock.advance(timedelta(seconds=seconds))
        assert next_of(provider.refresh(BIZINFO, first)) == second
    clock.advance(timedelta(seconds=1))
    assert is_refused(provider.refresh(BIZINFO, first))
    assert is_refused(provider.refresh(BIZINFO, second))


def test_forgives_the_last_one_only(provider: Provider, browser: Browser) -> None:
    """RFC 9700 §4.14.2: a token of two renewals ago is no lost answer: its successor was used."""
    bizinfo(provider, rotate_refresh_tokens=True)
    first = start(provider, browser, BIZINFO)
    second = next_of(provider.refresh(BIZINFO, first))
    third = next_of(provider.refresh(BIZINFO, second))
    assert next_of(provider.refresh(BIZINFO, second)) == third
    assert is_refused(provider.refresh(BIZINFO, first))
    assert is_refused(provider.refresh(BIZINFO, third))


def test_forgives_a_public_client_that_proves_its_key(
    provider: Provider, browser: Browser, prover: Prover, clock: FrozenClock
) -> None:
    """RFC 9449 §5: a thief has no key, so the same question twice is its owner's; without it nothing happens."""
    first = bound(provider, browser, prover, KAMP, SCOPE)["refresh_token"]
    second = next_of(renew(provider, KAMP, first, prover.proof("POST", "/oidc/token")))
    assert second != first
    assert is_refused(renew(provider, KAMP, first, Prover(clock).proof("POST", "/oidc/token")))
    assert is_refused(renew(provider, KAMP, first, None))
    assert next_of(renew(provider, KAMP, first, prover.proof("POST", "/oidc/token"))) == second
    assert next_of(renew(provider, KAMP, second, prover.proof("POST", "/oidc/token"))) not in {first, second}


def test_forgives_no_bearer(provider: Provider, browser: Browser) -> None:
    """RFC 9700 §4.14.2: what anybody may present is presented twice by a thief, at once as well as later."""
    first = start(provider, browser, KAMP)
    second = next_of(provider.refresh(KAMP, first))
    assert is_refused(provider.refresh(KAMP, first))
    assert is_refused(provider.refresh(KAMP, second))


def test_lets_a_bound_public_client_keep_its_token(provider: Provider, browser: Browser, prover: Prover) -> None:
    """RFC 9700 §2.2.2: sender-constrained or rotated; where a key binds it, it may be kept if it is registered so."""
    grants = ["authorization_code", "refresh_token"]
    kamp = party("kamp", scope=SCOPE, grant_types=grants, dpop_bound_access_tokens=True, rotate_refresh_tokens=False)
    register(provider.house, agency("kamp", kamp))
    first = bound(provider, browser, prover, KAMP, SCOPE)["refresh_token"]
    for _ in range(2):
        assert next_of(renew(provider, KAMP, first, prover.proof("POST", "/oidc/token"))) == first


def test_is_nothing_that_can_be_told_in_advance(provider: Provider, browser: Browser) -> None:
    """RFC 6749 §10.10: the next token follows from the present one only for who has our key."""
    bizinfo(provider, rotate_refresh_tokens=True)
    first, other = start(provider, browser, BIZINFO), start(provider, browser, BIZINFO)
    nexts = [next_of(provider.refresh(BIZINFO, each)) for each in (first, other)]
    assert len({first, other, *nexts}) == 4
    assert nexts[0][:21] == first[:21]
    assert nexts[0][22:] != first[22:]
