"""One tab of a browser: what a person can see and do there, in their words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from playwright.sync_api import Locator, Page, expect

from tests.journeys.person import Person
from tests.journeys.stage import Stage
from tests.journeys.watch import Watch

expect.set_options(timeout=15_000)


class Sight(StrEnum):
    """Which page is before the person."""

    PASSWORD = "password page"
    CONSENT = "consent page"
    SIGNED_IN = "signed in at a relying party"
    SIGNED_OUT = "signed out at a relying party"
    ACCOUNT = "my pages"
    NOTICE = "a notice"


_MARKS = {
    Sight.PASSWORD: "#login-title",
    Sight.CONSENT: "#consent-title",
    Sight.SIGNED_IN: "#signed-in",
    Sight.SIGNED_OUT: "#signed-out",
    Sight.ACCOUNT: "#menu-title",
    Sight.NOTICE: "main p[role=alert], #withdrawn-title, #error-title, #signed-out-title",
}


class Tab:
    """Drives one page."""

    def __init__(self, page: Page, stage: Stage, watch: Watch) -> None:
        self.page = page
        self.stage = stage
        self.watch = watch

    def another(self) -> Tab:
        """A further tab of the same browser."""
        return Tab(self.page.context.new_page(), self.stage, self.watch)

    @property
    def sight(self) -> Sight:
        """Where the person has arrived, once a page with a mark of ours stands still."""
        expect(self.page.locator(", ".join(_MARKS.values())).first).to_be_visible()
        return next(sight for sight, mark in _MARKS.items() if self.page.locator(mark).count())

    @property
    def at(self) -> str:
        """The origin before the person, as the address bar says."""
        return "/".join(self.page.url.split("/")[:3])

    # At a relying party

    def visit(self, party: str) -> Sight:
        """Open its first page."""
        self.page.goto(f"{self.stage.party(party)}/")
        return self.sight

    def press_sign_in(self) -> Sight:
        """통합로그인."""
        with self._leaving():
            self.page.get_by_role("link", name="통합로그인", exact=True).click()
        return self.sight

    def press_sign_out(self) -> Sight:
        """로그아웃, at a relying party or on my pages."""
        with self._leaving():
            self.page.get_by_role("button", name="로그아웃", exact=True).click()
        # A page that goes on by itself is not where the person has arrived.
        expect(self.page.locator("[data-goes-on]")).to_have_count(0)
        return self.sight

    def check_tokens(self) -> dict[str, str]:
        """토큰 확인, and what it found by token."""
        with self._leaving():
            self.page.get_by_role("button", name="토큰 확인").click()
        found = self.page.locator("#token-check dd[data-token]")
        expect(found).to_have_count(2)
        return {str(each.get_attribute("data-token")): str(each.get_attribute("data-outcome")) for each in found.all()}

    @property
    def subject(self) -> str:
        """The identifier the relying party shows."""
        return self._field("subject")

    @property
    def shown_name(self) -> str:
        return self._field("name")

    @property
    def protocol(self) -> str:
        return self._field("protocol")

    @property
    def link_status(self) -> str | None:
        return self.page.locator("[data-link-status]").get_attribute("data-link-status")

    @property
    def ended_because(self) -> str | None:
        return self.page.locator("[data-ended]").get_attribute("data-ended")

    @property
    def error(self) -> str | None:
        """The error code on a relying party's notice."""
        return self.page.locator("[data-error]").get_attribute("data-error")

    def sign_in_legacy(self, login_id: str, password: str) -> Sight:
        """The voucher site's own login."""
        self.page.goto(f"{self.stage.party('voucher')}/")
        self.page.get_by_role("link", name="로그인", exact=True).click()
        self.page.get_by_label("아이디").fill(login_id)
        self.page.get_by_label("비밀번호").fill(password)
        with self._leaving():
            self.page.locator("form.login button").click()
        return self.sight

    # At the provider

    def give_password(self, person: Person) -> Sight:
        """아이디, 비밀번호, 로그인."""
        self.page.get_by_label("아이디", exact=True).fill(person.login_id)
        self.page.get_by_label("비밀번호", exact=True).fill(person.password)
        with self._leaving():
            self.page.get_by_role("button", name="로그인", exact=True).click()
        return self.sight

    def agree(self) -> Sight:
        """동의하고 계정 연결."""
        with self._leaving():
            self.page.get_by_role("button", name="동의하고 계정 연결").click()
        return self.sight

    def agree_to_nowhere(self) -> None:
        """The same, where the relying party that the answer leads to is down."""
        self.page.get_by_role("button", name="동의하고 계정 연결").click()
        self.page.wait_for_url("chrome-error://**")

    def my_agencies(self) -> Sight:
        """마이페이지 > 유관기관 목록."""
        self.page.goto(f"{self.stage.provider}/account/agencies")
        return self.sight

    def agency(self, name: str) -> Locator:
        """Its row in that list."""
        return self.page.locator("ul.agencies > li").filter(has=self.page.get_by_role("heading", name=name))

    def unlink(self, name: str) -> None:
        """계정 연결 중단, and confirm."""
        self.my_agencies()
        self.agency(name).get_by_role("link", name="계정 연결 중단").click()
        with self._leaving():
            self.page.get_by_role("button", name="계정 연결 중단").click()
        expect(self.page.get_by_role("status").filter(has_text="중단했습니다")).to_be_visible()
        self.my_agencies()
        expect(self.agency(name)).to_contain_text("계정 미연결")

    def withdraw(self, person: Person) -> Sight:
        """통합회원 탈퇴, and confirm."""
        self.page.goto(f"{self.stage.provider}/account/withdraw")
        self.page.get_by_label("비밀번호", exact=True).fill(person.password)
        self.page.get_by_text("안내 사항을 모두 확인했으며, 탈퇴에 동의합니다.").click()
        with self._leaving():
            self.page.get_by_role("button", name="탈퇴하기 >").click()
        return self.sight

    def question_of(self, party: str, **more: str) -> str:
        """The address its 통합로그인 leads to, not yet visited; `more` is added to the question."""
        answer = self.page.request.get(f"{self.stage.party(party)}/login", max_redirects=0)
        assert answer.status in (302, 303)
        return "&".join([answer.headers["location"], *(f"{name}={value}" for name, value in more.items())])

    def first_sign_in(self, party: str, person: Person) -> str:
        """The subject after signing in at `party` for the first time, with a password where one is asked."""
        assert self.visit(party) is Sight.SIGNED_OUT
        sight = self.press_sign_in()
        if sight is Sight.PASSWORD:
            sight = self.give_password(person)
        assert sight is Sight.CONSENT
        assert self.agree() is Sight.SIGNED_IN
        assert self.at == self.stage.party(party)
        assert re.fullmatch(r"[a-z2-7]{26,}", self.subject)
        return self.subject

    def _field(self, name: str) -> str:
        return self.page.locator(f"#signed-in [data-field={name}]").inner_text()

    @contextmanager
    def _leaving(self) -> Iterator[None]:
        """Until the page that follows is there: before, the marks of the old one would be taken for its."""
        with self.page.expect_navigation():
            yield
