"""The pages in a real browser: accessible, self-contained, usable without scripts and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, redirect
from flask.typing import ResponseReturnValue
from playwright.sync_api import Browser, Page, Route

from idp.web import allow_form_targets
from tests import browsers
from tests.browsers import complaints
from tests.unit.web.preview import PAGES, preview


@pytest.fixture(scope="module")
def app() -> Flask:
    app = preview()
    app.add_url_rule("/chain/allowed", "allowed", lambda: _chain(app, allowed=True))
    app.add_url_rule("/chain/forgotten", "forgotten", lambda: _chain(app, allowed=False))
    app.add_url_rule("/chain/go", "go", lambda: redirect(_elsewhere(app), 303))
    return app


@pytest.fixture(scope="module")
def base(app: Flask) -> Iterator[str]:
    """Address of the pages; `localhost` is the same server by another origin."""
    with browsers.served(app) as port:
        app.config["PORT"] = port
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="ko-KR")
    yield page
    page.close()


def _elsewhere(app: Flask) -> str:
    return f"http://localhost:{app.config['PORT']}/preview/signed-out"


def _chain(app: Flask, *, allowed: bool) -> ResponseReturnValue:
    if allowed:
        allow_form_targets(_elsewhere(app))
    return '<!doctype html><form method="get" action="/chain/go"><button>go</button></form>'


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_and_keeps_to_itself(page: Page, base: str, name: str) -> None:
    """REQ-90 (axe, 320 px), REQ-91 (no request leaves the host), CSP3 (no violation)."""
    requested: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(f"uncaught {error}"))
    # The posting page would leave for its target at once; it is what stays that is looked at.
    page.route("**/post-*.js", lambda route: route.abort())
    page.goto(f"{base}/preview/{name}")
    assert complaints(page) == []
    assert all(url.startswith(f"{base}/") for url in requested)
    assert not [line for line in said if "Content Security Policy" in line or line.startswith("uncaught")]


def test_posting_page_goes_on_by_itself(page: Page, base: str) -> None:
    """SAML V2.0 Bindings §3.5.3."""
    posted: list[str | None] = []

    def receive(route: Route) -> None:
        posted.append(route.request.post_data)
        route.fulfill(body="received")

    page.route("http://127.0.0.1:8900/**", receive)
    page.goto(f"{base}/preview/post")
    page.wait_for_url("http://127.0.0.1:8900/**")
    assert posted == ["SAMLResponse=PHNhbWw%2B&RelayState=r1"]


def test_posting_page_has_a_button_for_browsers_without_scripts(browser: Browser, base: str) -> None:
    """Architecture §9: every page works without JavaScript."""
    context = browser.new_context(java_script_enabled=False, locale="ko-KR")
    page = context.new_page()
    page.route("http://127.0.0.1:8900/**", lambda route: route.fulfill(body="ok"))
    page.goto(f"{base}/preview/post")
    page.get_by_role("button", name="계속하기").click()
    page.wait_for_url("http://127.0.0.1:8900/**")
    context.close()


def test_form_reaches_another_origin_only_where_its_page_named_it(page: Page, base: str) -> None:
    """CSP3 §6.4.1: Chrome follows form-action through redirects, so a forgotten target strands the reader."""
    page.goto(f"{base}/chain/allowed")
    page.get_by_role("button").click()
    page.wait_for_url("http://localhost:*/preview/signed-out")
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(f"{base}/chain/forgotten")
    page.get_by_role("button").click()
    page.wait_for_timeout(300)
    assert page.url == f"{base}/chain/forgotten"
    assert any("form-action" in line for line in refused)


def test_first_thing_that_went_wrong_has_the_focus(page: Page, base: str) -> None:
    """KWCAG 2.2 §7.4.2: error correction begins where the error is."""
    page.goto(f"{base}/preview/login-empty")
    assert page.evaluate("document.activeElement.id") == "login_id"
    page.goto(f"{base}/preview/login-failed")
    assert page.evaluate("document.activeElement.id") == "password"
    page.goto(f"{base}/preview/login")
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_password_can_be_shown_by_keyboard(page: Page, base: str) -> None:
    """REQ-24."""
    page.goto(f"{base}/preview/login")
    page.locator("#password").fill("Onepass!2026")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#password").get_attribute("type") == "text"
    assert page.get_by_role("button", name="입력한 비밀번호 보기", pressed=True).count() == 1
    page.keyboard.press("Space")
    assert page.locator("#password").get_attribute("type") == "password"


def test_sign_in_form_works_without_scripts(browser: Browser, base: str) -> None:
    """Architecture §9; and no button is shown that would do nothing."""
    context = browser.new_context(java_script_enabled=False, locale="ko-KR")
    page = context.new_page()
    page.goto(f"{base}/preview/login")
    assert not page.locator(".password-eye").is_visible()
    page.get_by_label("아이디", exact=True).fill("honggildong")
    with page.expect_request(lambda request: request.method == "POST") as posted:
        page.get_by_role("button", name="로그인").click()
    assert "login_id=honggildong" in (posted.value.post_data or "")
    context.close()


def test_skip_link_comes_first_and_leads_to_the_content(page: Page, base: str) -> None:
    """KWCAG 2.2 §6.4.1."""
    page.goto(f"{base}/preview/agencies")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "본문 바로가기"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_form_is_sent_once_however_often_the_button_is_pressed(page: Page, base: str) -> None:
    """A second press on a slow line must not decide twice."""
    posts: list[str] = []

    def never_answer(route: Route) -> None:
        if route.request.method == "POST":
            posts.append(route.request.post_data or "")
        else:
            route.continue_()

    page.route("**/preview/consent", never_answer)
    page.goto(f"{base}/preview/consent")
    page.evaluate(
        "const button = document.querySelector('[value=accept]');"
        "setTimeout(() => button.click(), 0); setTimeout(() => button.click(), 150)"
    )
    page.wait_for_timeout(500)
    assert len(posts) == 1
    assert "decision=accept" in posts[0]


def test_fonts_are_ours_and_loaded(page: Page, base: str) -> None:
    """REQ-91; KRDS's typeface, from this host."""
    page.goto(f"{base}/preview/login")
    page.evaluate("document.fonts.ready.then(() => true)")
    assert page.evaluate("document.fonts.check('700 16px \"Pretendard GOV\"', '홍길동')")
    loaded = page.evaluate(
        "[...document.fonts].filter(face => face.status === 'loaded').map(face => face.family).join()"
    )
    assert "Pretendard GOV" in loaded
