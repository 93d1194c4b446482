"""Ways back in: a lock and its letter, a new password by verification and by e-mail; an enterprise's certificate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OpenBrowser
from tests.journeys.pages import agree_to_terms, choose_type, follow, looked_over, press, verify
from tests.journeys.patience import eventually
from tests.journeys.stage import Stage, raised
from tests.journeys.tab import Tab

OLD, NEW, NEWEST = "Onepass!2026", "Anew!Pass26", "Again!Pass26"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage of this module's own: of each fictitious person only one can be a member."""
    with raised(tmp_path_factory.mktemp("recovery-stage"), {}) as stage:
        yield stage


def join(tab: Tab, holder: str, login_id: str, email: str, *, business_number: str | None = None) -> None:
    """The six steps, as somebody who is in a hurry."""
    page = tab.page
    page.goto(f"{tab.stage.provider}/join/")
    choose_type(page, "enterprise" if business_number else "person")
    agree_to_terms(page)
    if business_number:
        page.get_by_label("사업자등록번호").fill(business_number)
    verify(page, "기업인증서" if business_number else "Any-ID", holder)
    if business_number:
        page.locator("#company_name").fill("길동상사")
        page.locator("#representative_name").fill("홍길동")
        page.locator("#founded_on").fill("2001-02-03")
    page.locator("#login_id").fill(login_id)
    page.locator("button[value=check_login_id]").click()
    expect(page.get_by_text("사용할 수 있는 아이디입니다.")).to_be_visible()
    page.locator("#password").fill(OLD)
    page.locator("#password_again").fill(OLD)
    local, _at, domain = email.partition("@")
    page.locator("#email_local").fill(local)
    page.locator("#email_domain_typed").fill(domain)
    press(page, "다음")
    press(page, "다음")
    expect(page.get_by_text("중기 통합회원 가입이 완료되었습니다")).to_be_visible()


def letter(tab: Tab, subject: str, count: int = 1) -> str:
    """The words of the newest letter of this subject, once so many of them lie in the outbox."""
    page = tab.page

    def look() -> str | None:
        page.goto(f"{tab.stage.provider}/demo/outbox")
        found = page.get_by_role("link", name=subject)
        if found.count() < count:
            return None
        with page.expect_navigation():
            found.first.click()
        return page.locator("main").inner_text()

    return eventually(look)


def sign_in(tab: Tab, login_id: str, password: str) -> None:
    tab.page.goto(f"{tab.stage.provider}/account/")
    tab.page.get_by_label("아이디", exact=True).fill(login_id)
    tab.page.get_by_label("비밀번호", exact=True).fill(password)
    press(tab.page, "로그인")


def set_password(page: Page, password: str) -> None:
    page.get_by_label("새 비밀번호", exact=True).fill(password)
    page.get_by_label("새 비밀번호 확인", exact=True).fill(password)
    press(page, "비밀번호 바꾸기")
    expect(page.get_by_role("heading", name="비밀번호를 바꾸었습니다")).to_be_visible()


def path_in(words: str, stage: Stage) -> str:
    """The link that a letter carries."""
    found = re.search(re.escape(stage.provider) + r"(/recovery/[\w/-]+)", words)
    assert found is not None, words
    return found[1]


def test_comes_back_after_a_lock(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-39, 40, 43: five wrong passwords, the letter, a new password by verification, and in again,
    as the demonstration's sample person, whom the stand-ins know."""
    tab, reader = open_browser(stage), open_browser(stage)
    tab.watch.expect(401, 429)
    for _ in range(5):
        sign_in(tab, "honggildong", "Wrong!2026")
    expect(tab.page.get_by_role("alert")).to_contain_text("일치하지 않습니다")
    sign_in(tab, "honggildong", OLD)
    expect(tab.page.get_by_role("alert")).to_contain_text("비밀번호를 재설정하면 바로 로그인할 수 있습니다.")
    looked_over(tab.page)
    assert "/recovery/password" in letter(reader, "] 로그인이 잠겼습니다")
    follow(tab.page, "비밀번호를 재설정하면 바로 로그인할 수 있습니다.")
    looked_over(tab.page)
    tab.page.get_by_label("아이디", exact=True).fill("honggildong")
    press(tab.page, "다음")
    looked_over(tab.page)
    verify(tab.page, "Any-ID", "hong_gildong")
    looked_over(tab.page)
    set_password(tab.page, NEW)
    looked_over(tab.page)
    letter(reader, "] 비밀번호가 변경되었습니다")
    follow(tab.page, "로그인")
    tab.page.get_by_label("아이디", exact=True).fill("honggildong")
    tab.page.get_by_label("비밀번호", exact=True).fill(NEW)
    press(tab.page, "로그인")
    expect(tab.page.get_by_role("heading", name="나의 정보")).to_be_visible()
    expect(
        tab.page.get_by_text(re.compile(r"최근 로그인 \d{4}-\d\d-\d\d \d\d:\d\d 127\.0\.\*{3}\.1 비밀번호"))
    ).to_be_visible()
    looked_over(tab.page)


def test_comes_back_by_a_letter_to_the_proven_address(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-43: the letter of joining proves the address; then a link there sets a password, once, in any browser."""
    tab, reader = open_browser(stage), open_browser(stage)
    join(tab, "kim_gildong", "kimgildong", "kim@example.kr")
    proof = path_in(letter(reader, "이메일 주소 확인"), stage)
    reader.page.goto(f"{stage.provider}{proof}")
    looked_over(reader.page)
    press(reader.page, "내 이메일 주소가 맞습니다")
    expect(reader.page.get_by_role("heading", name="이메일 주소를 확인했습니다")).to_be_visible()
    looked_over(reader.page)
    tab.page.goto(f"{stage.provider}/recovery/password")
    tab.page.get_by_label("아이디", exact=True).fill("kimgildong")
    press(tab.page, "다음")
    press(tab.page, "이메일로 링크 받기")
    looked_over(tab.page)
    link = path_in(letter(reader, "비밀번호 재설정"), stage)
    reader.page.goto(f"{stage.provider}{link}")
    set_password(reader.page, NEWEST)
    reader.watch.expect(404)
    reader.page.goto(f"{stage.provider}{link}")
    expect(reader.page.get_by_role("heading", name="사용할 수 없는 링크입니다")).to_be_visible()
    looked_over(reader.page)
    sign_in(tab, "kimgildong", NEWEST)
    expect(tab.page.get_by_role("heading", name="나의 정보")).to_be_visible()


def test_finds_the_login_id_of_whoever_is_verified(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-43: masked after one method, whole after a certificate; nothing of anybody else."""
    tab = open_browser(stage)
    join(tab, "go_gildong", "gogildong", "go@example.kr")
    for method, shown in (("Any-ID", "go*****ng"), ("공동인증서", "gogildong")):
        tab.page.goto(f"{stage.provider}/recovery/login-id")
        looked_over(tab.page)
        verify(tab.page, method, "go_gildong")
        expect(tab.page.locator("dd")).to_have_text(shown)
        looked_over(tab.page)
    tab.page.goto(f"{stage.provider}/recovery/login-id")
    verify(tab.page, "공동인증서", "nam_gildong")
    expect(tab.page.get_by_role("heading", name="가입된 아이디가 없습니다")).to_be_visible()
    looked_over(tab.page)
    tab.watch.expect(403)
    tab.page.goto(f"{stage.provider}/recovery/password")
    tab.page.get_by_label("아이디", exact=True).fill("gogildong")
    press(tab.page, "다음")
    verify(tab.page, "Any-ID", "nam_gildong")
    expect(tab.page.get_by_role("heading", name="확인하지 못했습니다")).to_be_visible()
    looked_over(tab.page)


def test_signs_an_enterprise_in_by_the_certificate_it_joined_with(stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-37, 41, 42: joins, signs in; another company's certificate does not, nor does one that was not registered."""
    tab = open_browser(stage)
    join(tab, "gildong", "gildong.corp", "corp@example.kr", business_number="1237894566")
    page = tab.page
    page.goto(f"{stage.provider}/account/")
    follow(page, "기업 회원 로그인")
    assert page.url.endswith("?type=enterprise")
    looked_over(page)
    tab.watch.expect(400, 401)
    page.get_by_label("사업자등록번호").fill("123-78-94566")
    press(page, "로그인")
    expect(page.get_by_text("로그인에 쓸 인증서를 선택해 주세요.")).to_be_visible()
    looked_over(page)
    page.locator("label[for=method-business_certificate]").click()
    press(page, "로그인")
    page.locator("select[name=holder]").select_option("second")
    press(page, "결과 보내기")
    expect(page.get_by_text("입력한 사업자등록번호와 인증된 사업자가 다릅니다.")).to_be_visible()
    for number, holder in (("1108100010", "second"), ("1237894566", "gildong")):
        page.goto(f"{stage.provider}/account/")
        follow(page, "기업 회원 로그인")
        page.get_by_label("사업자등록번호").fill(number)
        page.locator("label[for=method-business_certificate]").click()
        press(page, "로그인")
        page.locator("select[name=holder]").select_option(holder)
        press(page, "결과 보내기")
        if holder == "second":
            expect(page.get_by_role("alert")).to_contain_text("마이페이지에서 인증서 등록 후 이용 가능합니다.")
            looked_over(page)
    expect(page.get_by_role("heading", name="나의 정보")).to_be_visible()
    expect(page.get_by_text(re.compile("최근 로그인 .* 기업인증서"))).to_be_visible()


def test_keeps_every_secret_out_of_the_logs(stage: Stage, open_browser: OpenBrowser) -> None:
    """Architecture §11.7: passwords, links and addresses of the journeys above are in no log."""
    tab = open_browser(stage)
    tab.page.goto(f"{stage.provider}/demo/outbox")
    outbox = Path(stage.told.environment["IDP_MAIL__OUTBOX_DIR"])
    tokens = {
        token for path in outbox.glob("*.json") for token in re.findall(r"/recovery/\w+/([\w-]{43})", path.read_text())
    }
    assert len(tokens) >= 3
    secrets = tokens | {OLD, NEW, NEWEST, "Wrong!2026", "honggildong@example.com", "kim@example.kr", "honggildong"}
    written = "".join(log.read_text(errors="replace") for log in stage.logs)
    assert [secret for secret in secrets if secret in written] == []
