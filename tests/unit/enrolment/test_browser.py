"""The six steps in a real browser: accessible at every width, helped by scripts and whole without them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from idp.house import House
from idp.links.accounts import AgencyAccounts
from idp.links.offered_account import OfferedAccount
from idp.verification.simulated.people import people
from tests import browsers
from tests.browsers import WIDTHS, complaints
from tests.unit.enrolment.joining import NUMBER
from tests.unit.enrolment.walk import PASSWORD, Site


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsers.chromium("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1") as browser:
        yield browser


@pytest.fixture
def base(site: Site) -> Iterator[str]:
    """Address of the pages."""
    with browsers.served(site.app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def context(chromium: Browser, base: str) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=base, viewport={"width": 1280, "height": 900}, locale="ko-KR")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, base: str) -> Iterator[Page]:
    """A page; at the end nothing it asked for lay elsewhere, and it complained of nothing."""
    requested: list[str] = []
    complaints: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: requested.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    assert [url for url in requested if not url.startswith(f"{base}/")] == []
    assert complaints == []


def inspect(page: Page) -> None:
    """REQ-90: axe finds nothing at any width, nothing scrolls sideways, and the count is there to be seen."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 700})
        if page.locator(".count").count():
            expect(page.locator(".count")).to_be_visible()
    assert complaints(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})


def press(page: Page, label: str) -> None:
    """Press a button and wait for the page that follows."""
    with page.expect_navigation():
        page.get_by_role("button", name=label, exact=True).first.click()


def next_step(page: Page) -> None:
    with page.expect_navigation():
        page.locator(".step-buttons .primary").click()


def answer(page: Page, holder: str) -> None:
    """Let the simulator vouch."""
    page.locator("#holder").select_option(holder)
    press(page, "결과 보내기")


def to_terms(page: Page, kind: str = "person") -> None:
    page.goto("/join/")
    page.locator(f"label[for=kind-{kind}]").click()
    next_step(page)


def to_details(page: Page, kind: str = "person") -> None:
    to_terms(page, kind)
    page.locator("label[for=agree-all]").click()
    next_step(page)
    if kind == "enterprise":
        page.locator("#business_number").fill(NUMBER)
    with page.expect_navigation():
        page.locator("button.method").first.click()
    answer(page, "gildong" if kind == "enterprise" else "hong_gildong")


def fill_details(page: Page, login_id: str = "gildong.h") -> None:
    page.locator("#login_id").fill(login_id)
    page.get_by_role("button", name="중복확인", exact=True).click()
    expect(page.locator("#login_id-said")).to_contain_text("사용할 수 있는 아이디입니다.")
    page.locator("#password").fill(PASSWORD)
    page.locator("#password_again").fill(PASSWORD)
    page.locator("#email_local").fill("hong")
    page.locator("#email_domain").select_option("naver.com")
    if page.locator("#founded_on").count():
        page.locator("#founded_on").fill("2001-02-03")


@pytest.mark.parametrize("kind", ["person", "enterprise"])
def test_every_step_is_accessible(page: Page, house: House, kind: str) -> None:
    """REQ-90, REQ-91, KWCAG 2.2: each page as it comes, and as it comes back with complaints."""
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    ci = people(house.clock.now().date())["hong_gildong"].ci
    for holder in (("person", ci), ("enterprise", NUMBER)):
        with house.database.transaction() as connection:
            offered = OfferedAccount(f"a-{holder[0]}", "testId1", "마스터")
            accounts.roster.offer(connection, "voucher", holder, offered, house.clock.now())
    page.goto("/join/")
    inspect(page)
    next_step(page)
    inspect(page)
    page.locator(f"label[for=kind-{kind}]").click()
    next_step(page)
    inspect(page)
    next_step(page)
    page.locator("summary").first.click()
    inspect(page)
    page.locator("label[for=agree-all]").click()
    next_step(page)
    inspect(page)
    if kind == "enterprise":
        with page.expect_navigation():
            page.locator("button.method").first.click()
        inspect(page)
        page.locator("#business_number").fill(NUMBER)
    with page.expect_navigation():
        page.locator("button.method").first.click()
    answer(page, "gildong" if kind == "enterprise" else "hong_gildong")
    inspect(page)
    next_step(page)
    inspect(page)
    fill_details(page)
    inspect(page)
    next_step(page)
    page.locator("summary").first.click()
    page.locator(".found label").click()
    inspect(page)
    next_step(page)
    inspect(page)
    page.locator("label[for=all-agencies]").click()
    next_step(page)
    expect(page.locator("main")).to_contain_text("중기 통합회원 가입이 완료되었습니다")
    inspect(page)


def test_the_pages_beside_the_way_are_accessible(page: Page) -> None:
    """REQ-90: the question whether to go on, a draft that is not there, a member who is one already."""
    to_details(page)
    page.goto("/join/")
    inspect(page)
    page.goto("/join/xxxxxxxxxxxxxxxxxxxxxx/4")
    inspect(page)


def test_agree_all_ticks_and_follows(page: Page) -> None:
    """REQ-12."""
    to_terms(page)
    everything = page.locator("#agree-all")
    boxes = page.locator("fieldset.terms ul input[type=checkbox]")
    page.locator("label[for=agree-all]").click()
    assert [box.is_checked() for box in boxes.all()] == [True] * 4
    page.locator("label[for=terms-marketing]").click()
    assert not everything.is_checked()
    assert everything.evaluate("box => box.indeterminate")
    page.locator("label[for=terms-marketing]").click()
    assert everything.is_checked()
    page.locator("label[for=agree-all]").click()
    assert [box.is_checked() for box in boxes.all()] == [False] * 4


def test_the_first_thing_that_is_wrong_has_the_focus(page: Page) -> None:
    """KWCAG 2.2 §7.4.2, REQ-20; the list of what is wrong leads to each of them."""
    to_details(page)
    page.locator("#login_id").fill("gildong.h")
    page.get_by_role("button", name="중복확인", exact=True).click()
    expect(page.locator("#login_id-said")).to_contain_text("사용할 수 있는")
    next_step(page)
    assert page.evaluate("document.activeElement.id") == "password"
    assert page.title().startswith("오류: ")
    page.get_by_role("alert").get_by_role("link", name="이메일").click()
    assert page.evaluate("document.activeElement.id") == "email_local"


def test_checking_a_login_id_spares_the_passwords(page: Page) -> None:
    """REQ-22: [중복확인] without leaving the page; another 아이디 typed later is not the one that was checked."""
    to_details(page)
    page.locator("#password").fill(PASSWORD)
    page.locator("#login_id").fill("Wrong")
    page.get_by_role("button", name="중복확인", exact=True).click()
    expect(page.locator("#login_id-error")).to_contain_text("5~20자의 영문 소문자")
    assert page.evaluate("document.activeElement.id") == "login_id"
    page.locator("#login_id").fill("gildong.h")
    expect(page.locator("#login_id-error")).to_have_count(0)
    page.get_by_role("button", name="중복확인", exact=True).click()
    expect(page.locator("#login_id-said")).to_contain_text("사용할 수 있는 아이디입니다.")
    assert page.locator("#password").input_value() == PASSWORD
    page.locator("#login_id").fill("gildong.i")
    next_step(page)
    expect(page.locator("#login_id-error")).to_contain_text("[중복확인]을 눌러")


def test_enter_goes_on_and_checks_nothing(page: Page) -> None:
    """REQ-08: the key means 다음, not the first button that happens to be there."""
    to_details(page)
    fill_details(page)
    with page.expect_navigation():
        page.locator("#email_local").press("Enter")
    assert page.url.endswith("/5")


def test_the_eye_shows_a_password_by_keyboard(page: Page) -> None:
    """REQ-24: and pasting is nobody's business."""
    to_details(page)
    page.locator("#password").focus()
    page.keyboard.insert_text(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#password").get_attribute("type") == "text"
    assert page.locator("#password").input_value() == PASSWORD
    assert page.locator("#password").evaluate("field => field.onpaste === null")
    page.keyboard.press("Enter")
    assert page.locator("#password").get_attribute("type") == "password"


def test_a_chosen_domain_fills_the_field(page: Page) -> None:
    """REQ-28."""
    to_details(page)
    typed = page.locator("#email_domain_typed")
    page.locator("#email_domain").select_option("gmail.com")
    assert (typed.input_value(), typed.is_editable()) == ("gmail.com", False)
    page.locator("#email_domain").select_option("")
    assert (typed.input_value(), typed.is_editable()) == ("", True)


def test_a_double_click_sends_the_last_step_once(page: Page) -> None:
    """Issue 3 (double submission)."""
    to_details(page)
    fill_details(page)
    next_step(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    with page.expect_navigation():
        page.locator(".step-buttons .primary").dblclick()
    expect(page.locator("main")).to_contain_text("가입이 완료되었습니다")
    assert len(sent) == 1
    page.go_back()
    page.reload()
    expect(page.locator("main")).to_contain_text("가입이 완료되었습니다")


@pytest.mark.parametrize("kind", ["person", "enterprise"])
def test_is_whole_without_scripts(chromium: Browser, base: str, kind: str) -> None:
    """Architecture §9: every step, with 직접입력 and [중복확인] as a page."""
    context = chromium.new_context(base_url=base, java_script_enabled=False, locale="ko-KR")
    page = context.new_page()
    page.goto("/join/")
    page.locator(f"label[for=kind-{kind}]").click()
    next_step(page)
    expect(page.locator("#agree-all")).to_be_hidden()
    press(page, "모두 동의하고 다음")
    if kind == "enterprise":
        page.locator("#business_number").fill(NUMBER)
    with page.expect_navigation():
        page.locator("button.method").first.click()
    answer(page, "gildong" if kind == "enterprise" else "hong_gildong")
    page.locator("#login_id").fill("gildong.h")
    page.locator("#email_local").fill("hong")
    page.locator("#email_domain_typed").fill("example.com")
    if kind == "enterprise":
        page.locator("#founded_on").fill("2001-02-03")
    press(page, "중복확인")
    expect(page.locator("#login_id-said")).to_contain_text("사용할 수 있는 아이디입니다.")
    assert page.locator("#email_domain_typed").input_value() == "example.com"
    page.locator("#password").fill(PASSWORD)
    page.locator("#password_again").fill(PASSWORD)
    next_step(page)
    page.locator("label[for=agency-kamp]").click()
    next_step(page)
    expect(page.locator("main")).to_contain_text("가입이 완료되었습니다")
    context.close()


def test_is_done_by_keyboard_alone(page: Page) -> None:
    """REQ-90: type and terms without a mouse; the focus can be seen."""
    page.goto("/join/")
    page.locator("#kind-person").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#kind-enterprise").is_checked()
    page.keyboard.press("ArrowUp")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("#agree-all").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "terms-service"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/3")
    page.locator("button.method").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/simulator")
