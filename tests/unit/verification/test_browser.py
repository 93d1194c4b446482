"""The verification pages in a real browser: accessible, self-contained, usable without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests import browsers
from tests.browsers import complaints
from tests.unit.verification.lab import Room, application


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def base(room: Room) -> Iterator[str]:
    """Address of the pages."""
    with browsers.served(application(room, [])) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def context(chromium: Browser, base: str) -> Iterator[BrowserContext]:
    # Bare pages between ours, like the one that collects, have no icon; that is nobody's concern here.
    context = chromium.new_context(base_url=base, viewport={"width": 1280, "height": 800}, locale="ko-KR")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def inspect(page: Page) -> None:
    """REQ-90: axe finds nothing at any width, and nothing scrolls sideways."""
    assert complaints(page) == []
    page.set_viewport_size({"width": 1280, "height": 800})


def send(page: Page, outcome: str = "approve") -> None:
    """Let the simulator answer."""
    page.get_by_label("인증 결과").select_option(outcome)
    page.get_by_role("button", name="결과 보내기").click()


def test_pages_by_redirect_are_accessible_and_keep_to_themselves(page: Page, base: str) -> None:
    """REQ-90, REQ-91."""
    requested: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto("/start/any_id")
    inspect(page)
    send(page, "refuse")
    inspect(page)
    page.get_by_role("link", name="이전 화면으로 돌아가기").click()
    page.wait_for_url("**/back")
    page.goto("/verification/" + "x" * 22)
    inspect(page)
    assert all(url.startswith(f"{base}/") for url in requested)
    assert not [line for line in said if "Content Security Policy" in line]


def test_pages_by_app_are_accessible(page: Page) -> None:
    """REQ-90; what was not yet approved is where the reader looks."""
    page.goto("/start/business_simple_certificate")
    inspect(page)
    page.get_by_role("button", name="인증 완료").click()
    inspect(page)
    assert page.evaluate("document.activeElement.textContent").strip().startswith("아직 승인되지 않았습니다")
    page.get_by_role("link", name="시험용 휴대전화 열기").click()
    inspect(page)
    send(page)
    inspect(page)
    page.get_by_role("link", name="인증 화면으로 돌아가기").click()
    page.get_by_role("button", name="인증 완료").click()
    page.wait_for_url("**/back?verification=*")


def test_pages_by_code_are_accessible(page: Page) -> None:
    """REQ-90; a wrong code has the focus and its sentence."""
    page.goto("/start/phone")
    send(page)
    inspect(page)
    page.get_by_label("인증번호", exact=True).fill("12345")
    page.get_by_role("button", name="확인", exact=True).click()
    inspect(page)
    assert page.evaluate("document.activeElement.id") == "code"
    page.get_by_role("link", name="시험용 휴대전화 열기").click()
    inspect(page)


def test_works_without_scripts(chromium: Browser, base: str) -> None:
    """Architecture §9."""
    context = chromium.new_context(base_url=base, java_script_enabled=False, locale="ko-KR")
    page = context.new_page()
    page.goto("/start/phone")
    send(page)
    page.get_by_role("link", name="시험용 휴대전화 열기").click()
    found = re.search(r"\d{6}", page.locator("dd").inner_text())
    assert found is not None
    page.get_by_role("link", name="인증 화면으로 돌아가기").click()
    page.get_by_label("인증번호", exact=True).fill(found[0])
    page.get_by_role("button", name="확인", exact=True).click()
    page.wait_for_url("**/back?verification=*")
    context.close()
