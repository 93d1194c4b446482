"""Converting voucher's old accounts, from its notice to arriving there signed in, for both types of member."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from idp.commands.agencies import agencies
from idp.commands.demo import catalogue_for
from tests.journeys.conftest import OpenBrowser
from tests.journeys.pages import PASSWORD, agree_to_terms, choose_type, follow, give_details, looked_over, press, verify
from tests.journeys.patience import eventually
from tests.journeys.stage import Stage, raised
from tests.journeys.tab import Sight, Tab

VOUCHER = "중소기업혁신플랫폼(혁신바우처)"
ENTERPRISE, PERSON = "testId1", "testId2"
LEGACY = "Voucher!2026"
COMPANY = {"company_name": "길동상사", "representative_name": "홍길동", "founded_on": "2001-02-03"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage of this module's own: voucher has two old accounts only."""
    with raised(tmp_path_factory.mktemp("conversion-stage"), {}) as stage:
        yield stage


def popup(page: Page) -> Any:
    """Voucher's notice."""
    return page.get_by_role("dialog", name="통합로그인 전환 안내")


def to_the_provider(tab: Tab, login_id: str) -> None:
    """Sign in the old way, and press the notice's button."""
    assert tab.sign_in_legacy(login_id, LEGACY) is Sight.SIGNED_IN
    expect(popup(tab.page)).to_be_visible()
    with tab.page.expect_navigation():
        popup(tab.page).get_by_role("link", name="중기원패스 전환 바로가기").click()
    expect(tab.page.get_by_role("heading", name="중기원패스 회원 전환")).to_be_visible()


def convert_enterprise(tab: Tab, login_id: str, company: tuple[str, str]) -> None:
    """Steps 1 to 5."""
    page, (holder, number) = tab.page, company
    choose_type(page, "enterprise")
    agree_to_terms(page)
    page.get_by_label("사업자등록번호").fill(number)
    verify(page, "기업인증서", holder)
    give_details(page, login_id, **COMPANY)
    expect(page.get_by_text("전환하는 계정: 홍길동 (testId1)")).to_be_visible()
    looked_over(page)
    press(page, "다음")


def convert_person(tab: Tab, login_id: str, holder: str) -> None:
    page = tab.page
    choose_type(page, "person")
    agree_to_terms(page)
    verify(page, "공동인증서", holder)
    give_details(page, login_id)
    press(page, "다음")


def arrive(tab: Tab, account: str) -> None:
    """[유관기관 서비스로 이동하기 >], and who one is there."""
    follow(tab.page, "유관기관 서비스로 이동하기")
    assert (tab.sight, tab.at, tab.protocol) == (Sight.SIGNED_IN, tab.stage.party("voucher"), "OpenID Connect")
    expect(tab.page.locator(f"[data-account={account}]")).to_be_visible()
    expect(tab.page.locator("[data-account]")).to_have_count(1)


def leave_voucher(tab: Tab) -> None:
    """로그아웃 at voucher, wherever that leads."""
    tab.visit("voucher")
    tab.press_sign_out()


@contextmanager
def strict(stage: Stage) -> Iterator[None]:
    """While it lasts, voucher has members of another type than it named refused."""
    catalogue = catalogue_for(stage.told)
    # Never the project's own file: on a stage every address has moved, so there is a copy.
    assert stage.told.directory in catalogue.parents
    text = catalogue.read_text("utf-8")
    try:
        apply(stage, catalogue, text.replace("refuse_other_kind = false", "refuse_other_kind = true"))
        yield
    finally:
        apply(stage, catalogue, text)


def apply(stage: Stage, catalogue: Path, text: str) -> None:
    """Register what `text` says, and wait until running servers have looked again."""
    catalogue.write_text(text, encoding="utf-8")
    runner = CliRunner(env=dict(stage.told.environment))
    answer = runner.invoke(agencies, ["apply", str(catalogue)], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    time.sleep(2.5)


def test_converts_an_enterprise_account(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-03…06, 34, 35, 69, 77: to a member that arrives signed in; after 중단 the notice may come again."""
    tab = open_browser(stage)
    assert tab.sign_in_legacy(ENTERPRISE, LEGACY) is Sight.SIGNED_IN
    expect(popup(tab.page)).to_contain_text("홍길동님은 기업회원으로 전환 대상입니다.")
    expect(popup(tab.page)).to_contain_text("사용자 유형에 따라 개인 또는 기업회원으로 전환됩니다.")
    looked_over(tab.page)
    follow(tab.page, "나중에 하기")
    expect(popup(tab.page)).to_have_count(0)
    leave_voucher(tab)
    to_the_provider(tab, ENTERPRISE)
    looked_over(tab.page)
    convert_enterprise(tab, "gildongcorp", ("gildong", "1237894566"))
    expect(tab.page.get_by_text("중기 통합회원(기업) 전환을 완료하였습니다.")).to_be_visible()
    looked_over(tab.page)
    arrive(tab, ENTERPRISE)
    looked_over(tab.page)
    follow(tab.page, "마이페이지")
    expect(tab.page.get_by_role("link", name="통합회원 관리")).to_be_visible()
    looked_over(tab.page)
    tab.visit("voucher")
    subject = tab.subject
    heard = stage.heard_until("voucher", subject, [(1, "linked")])
    assert heard.applied_once_each
    other = open_browser(stage)
    assert other.sign_in_legacy(ENTERPRISE, LEGACY) is Sight.SIGNED_IN
    expect(popup(other.page)).to_have_count(0)
    expect(other.page.get_by_text("전환 대상입니다")).to_have_count(0)
    tab.unlink(VOUCHER)
    stage.heard_until("voucher", subject, [(1, "linked"), (2, "unlinked")])
    leave_voucher(other)
    assert other.sign_in_legacy(ENTERPRISE, LEGACY) is Sight.SIGNED_IN
    expect(popup(other.page)).to_be_visible()


def test_converts_a_persons_account_before_the_event_comes(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-35: while no event is delivered the browser still arrives as the account; withdrawal clears it (REQ-76)."""
    tab = open_browser(stage)
    to_the_provider(tab, PERSON)
    stage.processes.stop("worker")
    try:
        convert_person(tab, "kimgildong", "kim_gildong")
        expect(tab.page.get_by_text("중기 통합회원(개인) 전환을 완료하였습니다.")).to_be_visible()
        expect(tab.page.get_by_text("연결 대기", exact=True)).to_be_visible()
        arrive(tab, PERSON)
        subject = tab.subject
        assert stage.heard("voucher", subject).events == ()
    finally:
        stage.processes.restart("worker")
    stage.heard_until("voucher", subject, [(1, "linked")])
    tab.visit("voucher")
    expect(tab.page.locator(f"[data-account={PERSON}]")).to_be_visible()
    tab.page.goto(f"{stage.provider}/account/withdraw")
    tab.page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
    tab.page.get_by_text("안내 사항을 모두 확인했으며, 탈퇴에 동의합니다.").click()
    press(tab.page, "탈퇴하기 >")
    eventually(lambda: len(stage.heard("voucher", subject).events) == 3)
    assert tab.sign_in_legacy(PERSON, LEGACY) is Sight.SIGNED_IN
    expect(popup(tab.page)).to_contain_text("김길동님은 개인회원으로 전환 대상입니다.")


def test_warns_of_the_other_type(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-07: a warning and a confirmation; by its registration, voucher may have it refused."""
    tab = open_browser(stage)
    tab.watch.expect(409)
    to_the_provider(tab, PERSON)
    choose_type(tab.page, "enterprise")
    expect(tab.page.get_by_text("안내받은 회원유형과 다릅니다.")).to_be_visible()
    looked_over(tab.page)
    press(tab.page, "그래도 기업회원으로 계속하기")
    expect(tab.page.get_by_role("heading", name="2단계")).to_be_visible()
    with strict(stage):
        leave_voucher(tab)
        to_the_provider(tab, PERSON)
        choose_type(tab.page, "enterprise")
        expect(tab.page.get_by_role("alert")).to_contain_text("개인회원을 선택해 주세요.")
        expect(tab.page.get_by_role("button", name="그래도")).to_have_count(0)
        looked_over(tab.page)
        choose_type(tab.page, "person")
        expect(tab.page.get_by_role("heading", name="2단계")).to_be_visible()


def test_takes_a_request_once(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-06: the back button to a spent request leads to a page, and from there to ordinary joining."""
    tab = open_browser(stage)
    tab.watch.expect(400)
    assert tab.sign_in_legacy(PERSON, LEGACY) is Sight.SIGNED_IN
    address = tab.page.request.get(f"{stage.party('voucher')}/conversion", max_redirects=0).headers["location"]
    tab.page.goto(address)
    expect(tab.page.get_by_role("heading", name="1단계")).to_be_visible()
    tab.page.goto(address)
    expect(tab.page.get_by_role("heading", name="전환 요청을 확인할 수 없습니다")).to_be_visible()
    looked_over(tab.page)
    follow(tab.page, "전환 없이 통합회원 가입하기")
    expect(tab.page.locator("#resume-title, #wizard-title").first).to_be_visible()


def test_notifies_without_scripts(stage: Stage, chromium: Browser) -> None:
    """REQ-03: the notice, its button and its way out need none; behind it nothing can be reached."""
    context = chromium.new_context(java_script_enabled=False, locale="ko-KR")
    try:
        page = context.new_page()
        page.goto(f"{stage.party('voucher')}/legacy-login")
        page.get_by_label("아이디").fill(PERSON)
        page.get_by_label("비밀번호").fill(LEGACY)
        page.locator("form.login button").click()
        expect(popup(page)).to_be_visible()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{stage.provider}/join/**")
        page.go_back()
        expect(popup(page)).to_be_visible()
        popup(page).get_by_role("link", name="나중에 하기").click()
        expect(popup(page)).to_have_count(0)
        expect(page.get_by_role("button", name="로그아웃")).to_be_visible()
    finally:
        context.close()
