"""oidc-client-ts in Chromium: a page that is a client by itself, without a server and without a secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from idp.commands.demo_person import LOGIN_ID, PASSWORD
from tests import browsers
from tests.strangers.provider import RunningProvider
from tests.strangers.spa import served_page


@pytest.fixture(params=["Bearer", "DPoP"])
def kind(request: pytest.FixtureRequest) -> str:
    """Of which kind its tokens are."""
    return str(request.param)


@pytest.fixture
def page(kind: str, spa_address: str, provider: RunningProvider, tmp_path: Path) -> Iterator[Page]:
    """The client's page in a browser that has never been anywhere."""
    told = {"authority": provider.issuer, "client_id": "spa", "scope": "openid profile email offline_access"}
    told |= {"dpop": "yes"} if kind == "DPoP" else {}
    with served_page(spa_address, told, tmp_path), browsers.chromium() as browser:
        context = browser.new_context(locale="ko-KR")
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto(f"{spa_address}/")
        yield page
        context.close()


def test_signs_in_renews_and_signs_out(page: Page, kind: str, spa_address: str, provider: RunningProvider) -> None:
    """RFC 7636, OAuth 2.0 for Browser-Based Applications §6.3, OpenID Connect Core §12, RFC 9449 §10, RFC 7009 §2,
    RP-Initiated Logout §2: with nothing but scripts, across origins."""
    _leave_for(page, "signIn", f"{provider.issuer}/**")
    page.locator("input[name=login_id]").fill(LOGIN_ID)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    # Asked at the first sign-in only.
    expect(page.locator("#consent-title, html[data-told]")).to_be_attached()
    if page.locator("#consent-title").count():
        page.locator("button[value=accept]").click()
    page.wait_for_url(f"{spa_address}/callback?*")
    user = _asked(page, "arrived")
    assert _asked(page, "userinfo")["email"] == "honggildong@example.com"
    assert user["profile"]["iss"] == provider.issuer
    assert user["type"] == kind
    if kind == "DPoP":
        unproven = {"Authorization": f"Bearer {user['access']}"}
        assert page.request.get(f"{provider.issuer}/oidc/userinfo", headers=unproven).status == 401
    renewed = _asked(page, "renew")
    assert renewed["access"] != user["access"]
    if kind == "Bearer":
        assert renewed["refresh"] != user["refresh"], "a public client's refresh token is used once (RFC 9700 §4.14.2)"
    assert renewed["profile"]["sub"] == user["profile"]["sub"]
    _leave_for(page, "signOut", f"{spa_address}/bye*")
    token = {"Authorization": f"{kind} {renewed['access']}"}
    if kind == "Bearer":
        assert page.request.get(f"{provider.issuer}/oidc/userinfo", headers=token).status == 401, "revoked on leaving"
    assert _asked(page, "left")
    assert _asked(page, "user") is None
    assert page.request.get(f"{provider.issuer}/account/", max_redirects=0).status == 303, "the session has ended too"


def test_is_read_by_no_other_page(page: Page, provider: RunningProvider) -> None:
    """RFC 9700 §2.1: the same script from another origin, which nobody registered, gets no token to read."""
    page.goto(page.url.replace("localhost", "127.0.0.1"))
    said = page.evaluate(
        "url => fetch(url, {method: 'POST', body: new URLSearchParams({grant_type: 'refresh_token'})})"
        ".then(() => 'read', error => error.name)",
        f"{provider.issuer}/oidc/token",
    )
    assert said == "TypeError"


def _leave_for(page: Page, act: str, address: str) -> None:
    page.wait_for_function("document.title === 'ready'")
    page.evaluate(f"void window.client.{act}()")
    page.wait_for_url(address)


def _asked(page: Page, act: str) -> Any:
    page.wait_for_function("document.title === 'ready'")
    return page.evaluate(f"window.client.{act}()")
