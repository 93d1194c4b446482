"""Somebody who becomes a member, step by step, in a tab."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import expect

from tests.journeys.tab import Tab

PASSWORD = "Onepass!2026"
NUMBER = "1237894566"


@dataclass
class Newcomer:
    """Goes through the six pages."""

    tab: Tab

    def come_from(self, party: str) -> None:
        """통합로그인 at a relying party, then 통합회원가입 on our sign-in page."""
        self.tab.visit(party)
        self.tab.press_sign_in()
        self._follow("통합회원가입")
        self.at(1, "회원유형")

    def come_directly(self) -> None:
        self.tab.page.goto(f"{self.tab.stage.provider}/join/")
        self.at(1, "회원유형")

    def be(self, kind: str) -> None:
        """개인회원 or 기업회원."""
        self.tab.page.locator(".type-card").filter(has_text=kind).locator("label").click()
        self.next()
        self.at(2, "약관 동의")

    def agree(self) -> None:
        self.tab.page.get_by_text("모두 동의합니다.").click()
        self.next()

    def verify(self, method: str, holder: str, number: str | None = None) -> None:
        """By the stand-in of a method, as somebody who exists nowhere."""
        if number is not None:
            self.tab.page.get_by_label("사업자등록번호").fill(number)
        self._press(method)
        if self.tab.page.get_by_role("link", name="시험용 휴대전화 열기").count():
            self._follow("시험용 휴대전화 열기")
        self.tab.page.locator("#holder").select_option(holder)
        self._press("결과 보내기")
        if self.tab.page.get_by_role("link", name="인증 화면으로 돌아가기").count():
            self._follow("인증 화면으로 돌아가기")
            self._press("인증 완료")

    def type_in(self, login_id: str, **more: str) -> None:
        """Step 4."""
        page = self.tab.page
        page.locator("#login_id").fill(login_id)
        page.locator("[data-check-login-id] button").click()
        expect(page.locator("#login_id-said")).to_contain_text("사용할 수 있는 아이디입니다.")
        page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
        page.get_by_label("비밀번호 확인", exact=True).fill(PASSWORD)
        page.get_by_label("이메일 아이디").fill(login_id)
        page.get_by_label("이메일 도메인 선택").select_option("naver.com")
        for label, value in more.items():
            page.get_by_label(label).fill(value)
        self.next()
        self.at(5, "유관기관 계정 연결")

    def connect(self, *agencies: str) -> None:
        for name in agencies:
            self.tab.page.locator("label").filter(has_text=name).click()
        self.next()
        expect(self.tab.page.locator("main")).to_contain_text("중기 통합회원 가입이 완료되었습니다")
        self.at(6, "회원가입 완료")

    def go_and_sign_in(self) -> None:
        """[로그인 하기 >]."""
        self._follow("로그인 하기 >")

    def next(self) -> None:
        """다음."""
        with self.tab.page.expect_navigation():
            self.tab.page.locator(".step-buttons .primary").click()

    def at(self, number: int, title: str) -> None:
        """Which step is before the person, as the page says."""
        heading = self.tab.page.locator(".step-heading")
        expect(heading).to_contain_text(f"{number}단계 {title}")
        expect(heading).to_contain_text(f"{number} / 6")

    def _press(self, label: str) -> None:
        with self.tab.page.expect_navigation():
            self.tab.page.get_by_role("button", name=label).first.click()

    def _follow(self, label: str) -> None:
        with self.tab.page.expect_navigation():
            self.tab.page.get_by_role("link", name=label).click()
