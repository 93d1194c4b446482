"""What each use of a token asks of the stores: here both are one database, so statements are round trips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import BIZINFO, KAMP_MACHINE, Browser, Provider
from tests.protocol.oidc.prover import Prover
from tests.protocol.oidc.test_dpop import redeem
from tests.protocol.oidc.test_token_state import post
from tests.statements import heard

USERINFO = "/oidc/userinfo"


def statements(provider: Provider, act: Callable[[], TestResponse]) -> int:
    """How many it took, once everything is loaded."""
    assert act().status_code == 200
    sent: list[str] = []
    with heard(provider.house.database, lambda statement, _values: sent.append(statement)):
        assert act().status_code == 200
    return sum(each.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE")) for each in sent)


@pytest.fixture
def tokens(provider: Provider, browser: Browser) -> dict[str, Any]:
    """What 비즈인포 holds."""
    scope = "openid email offline_access"
    given: dict[str, Any] = provider.redeem(BIZINFO, browser.code(BIZINFO, scope=scope)).get_json()
    return given


def test_looks_twice_for_a_bearer(provider: Provider, tokens: dict[str, Any]) -> None:
    """Performance: the token and what it stands on; that others may bind theirs costs a bearer nothing."""
    assert statements(provider, lambda: provider.userinfo(tokens["access_token"])) == 2


def test_remembers_a_proof_beside(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RFC 9449 §11.1: one more, which spends the proof."""
    prover = Prover(clock)
    token = redeem(provider, BIZINFO, browser.code(BIZINFO), prover.proof("POST", "/oidc/token")).get_json()
    assert statements(provider, lambda: prover.use(provider.app, "GET", USERINFO, token["access_token"])) == 3


@pytest.mark.parametrize(("kind", "hint", "many"), [("access_token", "", 2), ("refresh_token", "refresh_token", 1)])
def test_looks_as_often_to_tell_of_a_token(
    provider: Provider, tokens: dict[str, Any], kind: str, hint: str, many: int
) -> None:
    """Performance: introspection is one look at the store and one statement; of a refresh token the statement alone."""
    form = {"token": tokens[kind], "token_type_hint": hint}
    assert statements(provider, lambda: post(provider, "/oidc/introspect", BIZINFO, form)) == many


def test_writes_once_for_a_machine(provider: Provider) -> None:
    """Performance: client_credentials."""
    assert statements(provider, lambda: provider.token(KAMP_MACHINE, grant_type="client_credentials")) == 1
