"""What journeys through the steps do again and again: press, verify, fill in, and look a page over."""

from __future__ import annotations

from playwright.sync_api import Page, ViewportSize, expect

from tests.browsers import complaints

WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=375, height=800)
PASSWORD = "Onepass!2026"


def press(page: Page, name: str) -> None:
    """Press the button and wait for the page that follows."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).first.click()


def follow(page: Page, name: str) -> None:
    """Follow the link and wait for the page that follows."""
    with page.expect_navigation():
        page.get_by_role("link", name=name).first.click()


def looked_over(page: Page) -> None:
    """The page before us at desktop and phone width: no violation, nothing cut off (REQ-90)."""
    assert complaints(page, [WIDE["width"], NARROW["width"]]) == []
    page.set_viewport_size(WIDE)


def verify(page: Page, method: str, holder: str) -> None:
    """Choose a method on the page, and let the simulator answer as `holder`."""
    press(page, method)
    page.locator("select[name=holder]").select_option(holder)
    press(page, "결과 보내기")


def choose_type(page: Page, kind: str) -> None:
    """Step 1."""
    page.locator(f"label[for=kind-{kind}]").click()
    press(page, "다음")


def agree_to_terms(page: Page) -> None:
    """Step 2."""
    for box in page.locator("input[type=checkbox][name]").all():
        box.set_checked(True, force=True)
    press(page, "다음")


def give_details(page: Page, login_id: str, **more: str) -> None:
    """Step 4."""
    for name, value in more.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#login_id").fill(login_id)
    page.locator("button[value=check_login_id]").click()
    expect(page.get_by_text("사용할 수 있는 아이디입니다.")).to_be_visible()
    page.locator("#password").fill(PASSWORD)
    page.locator("#password_again").fill(PASSWORD)
    page.locator("#email_local").fill(login_id)
    page.locator("#email_domain_typed").fill("hong.example")
    press(page, "다음")
