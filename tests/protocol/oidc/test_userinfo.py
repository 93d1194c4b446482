"""UserInfo. OpenID Connect Core §5.3, RFC 6750."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.builders import unlink, withdrawing
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import KAMP, VOUCHER, Browser, Provider

ALL = "openid profile email phone enterprise"


@pytest.fixture
def gained(provider: Provider, browser: Browser) -> Any:
    return provider.redeem(VOUCHER, browser.code(VOUCHER, scope=ALL)).get_json()


def call(provider: Provider, method: str = "GET", **options: Any) -> TestResponse:
    return provider.app.test_client(use_cookies=False).open("/oidc/userinfo", method=method, **options)


def member(provider: Provider) -> str:
    with provider.house.database.reading() as connection:
        found = provider.house.directory.member_id(connection, "honggildong")
    assert found is not None
    return found


@pytest.mark.parametrize("way", ["get", "post header", "post body"])
def test_releases_what_was_agreed(provider: Provider, gained: Any, way: str) -> None:
    """OpenID Connect Core §5.3.1, §5.3.2: by GET and POST, header or body; never cached; types are right."""
    token = gained["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    answered = {
        "get": lambda: call(provider, headers=header),
        "post header": lambda: call(provider, "POST", headers=header),
        "post body": lambda: call(provider, "POST", data={"access_token": token}),
    }[way]()
    assert answered.status_code == 200
    assert answered.mimetype == "application/json"
    assert answered.headers["Cache-Control"] == "no-store"
    subject = provider.claims(gained["id_token"], "RS256")["sub"]
    assert answered.get_json() == {
        "sub": subject,
        "member_type": "person",
        "name": "홍길동",
        "email": "hong@example.kr",
        "email_verified": False,
        "phone_number": "+821012345678",
        "phone_number_verified": False,
    }


def test_releases_nothing_that_was_not_asked_for(provider: Provider, browser: Browser) -> None:
    """OpenID Connect Core §5.4: claims come by scope; an earlier, wider consent releases nothing by itself."""
    browser.code(VOUCHER, scope=ALL)
    token = provider.redeem(VOUCHER, browser.code(VOUCHER)).get_json()["access_token"]
    assert provider.userinfo(token).get_json().keys() == {"sub", "member_type"}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"headers": {"Authorization": "Bearer"}},
        {"headers": {"Authorization": "Bearer "}},
        {"headers": {"Authorization": "Basic YTpi"}},
        {"method": "POST"},
        {"method": "POST", "data": {"access_token": ""}},
        {"query_string": "access_token=abc"},
    ],
)
def test_tells_who_brings_no_token_the_scheme_and_nothing_else(provider: Provider, options: dict[str, Any]) -> None:
    """RFC 6750 §3.1: no error code without authentication information; RFC 9700 §4.3.2: none from the query."""
    answered = call(provider, **options)
    assert answered.status_code == 401
    assert answered.headers["WWW-Authenticate"] == 'Bearer realm="userinfo"'


@pytest.mark.parametrize("token", ["x", "A" * 64, "=" * 64, "한글".encode().decode("latin-1"), "a" * 5000])
def test_refuses_a_token_it_never_gave(provider: Provider, token: str) -> None:
    """RFC 6750 §3.1: invalid_token, 401."""
    answered = call(provider, headers={"Authorization": f"Bearer {token}"})
    assert answered.status_code == 401
    assert answered.headers["WWW-Authenticate"] == 'Bearer realm="userinfo", error="invalid_token"'
    assert answered.get_json()["error"] == "invalid_token"


def test_refuses_a_token_sent_in_two_ways(provider: Provider, gained: Any) -> None:
    """RFC 6750 §2: MUST NOT use more than one method in each request."""
    token = gained["access_token"]
    answered = call(provider, "POST", data={"access_token": token}, headers={"Authorization": f"Bearer {token}"})
    assert (answered.status_code, answered.get_json()["error"]) == (400, "invalid_request")


def test_refuses_an_expired_token(provider: Provider, gained: Any, clock: FrozenClock) -> None:
    """RFC 6750 §3.1; expires_in of the token response was the truth."""
    clock.advance(timedelta(seconds=gained["expires_in"] - 1))
    assert provider.userinfo(gained["access_token"]).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert provider.userinfo(gained["access_token"]).status_code == 401


def test_refuses_a_half_right_token(provider: Provider, gained: Any) -> None:
    """The handle finds, the secret proves: a token with another secret is nothing."""
    token = gained["access_token"]
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert provider.userinfo(other).status_code == 401


@pytest.mark.parametrize("kind", ["refresh_token", "id_token"])
def test_takes_no_other_token_for_an_access_token(provider: Provider, browser: Browser, kind: str) -> None:
    """RFC 8725 §3.12."""
    tokens = provider.redeem(KAMP, browser.code(KAMP, scope="openid offline_access")).get_json()
    assert provider.userinfo(tokens[kind]).status_code == 401


def test_refuses_a_token_without_openid(provider: Provider, browser: Browser) -> None:
    """RFC 6750 §3.1: insufficient_scope, 403."""
    tokens = provider.redeem(KAMP, browser.code(KAMP, scope="openid email offline_access")).get_json()
    narrowed = provider.refresh(KAMP, tokens["refresh_token"], scope="email").get_json()
    answered = provider.userinfo(narrowed["access_token"])
    assert (answered.status_code, answered.get_json()["error"]) == (403, "insufficient_scope")
    assert "insufficient_scope" in answered.headers["WWW-Authenticate"]


def test_releases_nothing_once_the_link_has_ended(provider: Provider, gained: Any, browser: Browser) -> None:
    """Architecture §7: from commit on; a link made anew does not wake an old token."""
    unlink(provider.house, member(provider), "voucher")
    assert provider.userinfo(gained["access_token"]).status_code == 401
    browser.code(VOUCHER)
    assert provider.userinfo(gained["access_token"]).status_code == 401


def test_releases_nothing_once_the_member_has_left(provider: Provider, gained: Any) -> None:
    """REQ-76: with the member everything that names them is gone."""
    withdrawing(provider.house)(member(provider))
    assert provider.userinfo(gained["access_token"]).status_code == 401


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_refuses_other_methods_in_json(provider: Provider, method: str) -> None:
    """OpenID Connect Core §5.3.1: GET and POST."""
    answered = call(provider, method)
    assert answered.status_code == 405
    assert answered.get_json()["error"] == "invalid_request"
