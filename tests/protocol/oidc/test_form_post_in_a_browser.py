"""Form posts by a real browser, to a client on this machine. OAuth 2.0 Form Post Response Mode §2, §5; CSP3 §6.4.1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest
from flask import Flask, request
from playwright.sync_api import Browser, Page

from tests import browsers
from tests.builders import PASSWORD, agency, party, register
from tests.protocol.oidc.lab import CHALLENGE, Provider

STATE = "".join(chr(number) for number in range(32, 127)) + "한글\u2028\U0001f600\t<!--&amp;"


@dataclass
class Heard:
    """A client's address, and what was posted there."""

    address: str = ""
    posts: list[dict[str, str]] = field(default_factory=list)
    queries: list[bytes] = field(default_factory=list)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def client(provider: Provider) -> Iterator[Heard]:
    """A public client that takes form posts."""
    heard, app = Heard(), Flask("client")

    @app.post("/callback")
    def callback() -> str:
        heard.posts.append(request.form.to_dict())
        heard.queries.append(request.query_string)
        # Without an icon the browser would look for one, and complain, or be gone by then.
        return '<!doctype html><title>arrived</title><link rel="icon" href="data:,">'

    with browsers.served(app) as port:
        heard.address = f"http://127.0.0.1:{port}/callback"
        register(provider.house, agency("local", party("local", redirect_uris=[heard.address])))
        yield heard


@pytest.fixture
def base(provider: Provider) -> Iterator[str]:
    with browsers.served(provider.app) as port:
        yield f"http://127.0.0.1:{port}"


def asked(base: str, client: Heard, **more: str) -> str:
    sent = {
        "response_type": "code",
        "response_mode": "form_post",
        "client_id": "local",
        "redirect_uri": client.address,
        "scope": "openid",
        "state": STATE,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **more,
    }
    return f"{base}/oidc/authorize?{urlencode(sent)}"


def signed_in(page: Page) -> None:
    page.fill('input[name="login_id"]', "honggildong")
    page.fill('input[name="password"]', PASSWORD)
    page.press('input[name="password"]', "Enter")
    page.click('button[name="decision"][value="accept"]')


@pytest.mark.parametrize("scripts", [True, False])
def test_posts_the_answer_after_the_pages(chromium: Browser, base: str, client: Heard, scripts: bool) -> None:
    """oidcc-formpost-basic: by our own script, or by the button where scripts are off; every character as it came."""
    page = chromium.new_context(java_script_enabled=scripts, locale="ko-KR").new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(asked(base, client))
    signed_in(page)
    if not scripts:
        page.click("form[data-auto-post] button")
    page.wait_for_url(client.address)
    (posted,) = client.posts
    assert posted.keys() == {"code", "state", "iss"}
    assert posted["state"] == STATE
    assert client.queries == [b""]
    assert complaints == []


@pytest.mark.parametrize("mode", ["form_post", "form_post.jwt"])
def test_posts_a_refusal_without_a_page_to_fill_in(chromium: Browser, base: str, client: Heard, mode: str) -> None:
    """oidcc-prompt-none-not-logged-in with oidcc-formpost-basic: nobody has to do anything."""
    page = chromium.new_context(locale="ko-KR").new_page()
    page.goto(asked(base, client, prompt="none", response_mode=mode))
    page.wait_for_url(client.address)
    (posted,) = client.posts
    assert posted.get("error") == ("login_required" if mode == "form_post" else None)
    assert ("response" in posted) is (mode == "form_post.jwt")
