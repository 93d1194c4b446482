"""Renewing tokens. RFC 6749 §6, OpenID Connect Core §12, RFC 9700 §4.14."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import unlink
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import BIZINFO, KAMP, VOUCHER, Browser, Client, Provider

LASTING = [KAMP, BIZINFO]
ALGS = {"kamp": "ES256", "bizinfo": "RS256"}


def start(provider: Provider, browser: Browser, client: Client, scope: str = "openid email offline_access") -> Any:
    return provider.redeem(client, browser.code(client, scope=scope)).get_json()


def is_refused(provider: Provider, client: Client, token: str) -> bool:
    answered = provider.refresh(client, token)
    return (answered.status_code, answered.get_json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("client", LASTING)
def test_renews_the_tokens_of_the_same_sign_in(
    provider: Provider, browser: Browser, clock: FrozenClock, client: Client
) -> None:
    """OpenID Connect Core §12.2: iss, sub, aud and auth_time stay, iat is new, and no nonce is needed."""
    first = start(provider, browser, client)
    clock.advance(timedelta(minutes=9))
    answered = provider.refresh(client, first["refresh_token"])
    assert answered.headers["Cache-Control"] == "no-store"
    second = answered.get_json()
    assert second["access_token"] != first["access_token"]
    assert provider.userinfo(second["access_token"]).get_json()["email"] == "hong@example.kr"
    before = provider.claims(first["id_token"], ALGS[client.id])
    after = provider.claims(second["id_token"], ALGS[client.id])
    assert after["iat"] == before["iat"] + 540
    same = ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid", "member_type")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert "nonce" not in after


def test_gives_a_public_client_a_new_refresh_token_each_time(provider: Provider, browser: Browser) -> None:
    """RFC 9700 §4.14.2: rotation, or sender constraint, for public clients."""
    first = start(provider, browser, KAMP)["refresh_token"]
    second = provider.refresh(KAMP, first).get_json()["refresh_token"]
    third = provider.refresh(KAMP, second).get_json()["refresh_token"]
    assert len({first, second, third}) == 3


def test_ends_the_family_of_a_reused_token(provider: Provider, browser: Browser) -> None:
    """RFC 9700 §4.14.2: one of the two is a thief and nobody can tell which; access tokens die with it."""
    first = start(provider, browser, KAMP)
    second = provider.refresh(KAMP, first["refresh_token"]).get_json()
    assert is_refused(provider, KAMP, first["refresh_token"])
    assert is_refused(provider, KAMP, second["refresh_token"])
    for tokens in (first, second):
        assert provider.userinfo(tokens["access_token"]).status_code == 401


def test_lets_a_confidential_client_keep_its_refresh_token(provider: Provider, browser: Browser) -> None:
    """RFC 9700 §4.14.2: authentication binds it; a lost answer then costs nothing."""
    token = start(provider, browser, BIZINFO)["refresh_token"]
    for _ in range(3):
        assert provider.refresh(BIZINFO, token).get_json()["refresh_token"] == token


@pytest.mark.parametrize(("owner", "other"), [(KAMP, BIZINFO), (BIZINFO, KAMP)])
def test_a_refresh_token_is_nothing_to_another_client(
    provider: Provider, browser: Browser, owner: Client, other: Client
) -> None:
    """RFC 6749 §6: bound to the client it was issued to; who steals it cannot end it either."""
    token = start(provider, browser, owner)["refresh_token"]
    assert is_refused(provider, other, token)
    assert provider.refresh(VOUCHER, token).get_json()["error"] == "unauthorized_client"
    assert provider.refresh(owner, token).status_code == 200


@pytest.mark.parametrize("client", LASTING)
def test_narrows_the_scope_and_never_widens_it(provider: Provider, browser: Browser, client: Client) -> None:
    """RFC 6749 §6: not what was not originally granted; the grant itself stays as it was."""
    token = start(provider, browser, client)["refresh_token"]
    narrowed = provider.refresh(client, token, scope="openid").get_json()
    assert narrowed["scope"] == "openid"
    assert "email" not in provider.userinfo(narrowed["access_token"]).get_json()
    for wider in ("openid phone", "openid email offline_access address", " ", "profile"):
        assert provider.refresh(client, narrowed["refresh_token"], scope=wider).get_json()["error"] == "invalid_scope"
    whole = provider.refresh(client, narrowed["refresh_token"]).get_json()
    assert set(whole["scope"].split()) == {"openid", "email", "offline_access"}


@pytest.mark.parametrize("client", LASTING)
def test_dies_when_it_is_not_used(provider: Provider, browser: Browser, clock: FrozenClock, client: Client) -> None:
    """RFC 9700 §4.14.2: refresh tokens expire when the client has been inactive; a use starts that time anew."""
    token = start(provider, browser, client)["refresh_token"]
    clock.advance(timedelta(days=29))
    token = provider.refresh(client, token).get_json()["refresh_token"]
    clock.advance(timedelta(days=29))
    token = provider.refresh(client, token).get_json()["refresh_token"]
    clock.advance(timedelta(days=30))
    assert is_refused(provider, client, token)


@pytest.mark.parametrize("client", LASTING)
def test_dies_in_the_end(provider: Provider, browser: Browser, clock: FrozenClock, client: Client) -> None:
    """Settings, tokens.refresh_absolute: 90 days, however often it is used."""
    token = start(provider, browser, client)["refresh_token"]
    for _ in range(4):
        clock.advance(timedelta(days=20))
        token = provider.refresh(client, token).get_json()["refresh_token"]
    clock.advance(timedelta(days=10))
    assert is_refused(provider, client, token)


@pytest.mark.parametrize("client", LASTING)
def test_dies_with_the_link(provider: Provider, browser: Browser, client: Client) -> None:
    """Architecture §7: from commit on; and a link made anew does not wake it."""
    token = start(provider, browser, client)["refresh_token"]
    with provider.house.database.reading() as connection:
        member = provider.house.directory.member_id(connection, "honggildong")
    assert member is not None
    unlink(provider.house, member, client.id)
    assert is_refused(provider, client, token)
    assert "code" in browser.answer(client)
    assert is_refused(provider, client, token)


def test_refuses_a_missing_token(provider: Provider) -> None:
    """RFC 6749 §5.2: invalid_request."""
    assert provider.token(KAMP, grant_type="refresh_token").get_json()["error"] == "invalid_request"


@pytest.mark.parametrize("token", ["x", "A" * 64, "한글", "+" * 64, "=" * 64])
def test_refuses_a_token_it_never_gave(provider: Provider, token: str) -> None:
    """RFC 6749 §5.2: invalid_grant."""
    assert is_refused(provider, KAMP, token)


@pytest.mark.parametrize("kind", ["access_token", "id_token"])
def test_takes_no_other_token_for_a_refresh_token(provider: Provider, browser: Browser, kind: str) -> None:
    """RFC 8725 §3.12: nor does it harm the family."""
    gained = start(provider, browser, KAMP)
    assert is_refused(provider, KAMP, gained[kind])
