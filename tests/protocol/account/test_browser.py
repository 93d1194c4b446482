"""A member's own pages in a real browser: accessible at every width, quiet, and kept to this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.mail.letters import NewSignIn
from idp.mail.models import outgoing_messages
from idp.mail.post import opened as opened_letter
from idp.terms.answer import Answers, keep
from idp.terms.apply import ApplyTerms
from idp.terms.documents_folder import read
from idp.verification.transactions import STARTS
from tests import browsers
from tests.browsers import complaints
from tests.builders import PASSWORD, a_person, an_enterprise, unlink
from tests.protocol.account.lab import Site, Visit
from tests.protocol.account.test_certificates import NUMBER, listed, prove

FULL = re.compile("^(30분 00초|29분 5[0-9]초)$")
EVERY = ("", "profile", "password", "agencies", "certificates", "second-step", "consents", "history", "withdraw")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def base(site: Site) -> Iterator[str]:
    """The address of the site while it is served."""
    with browsers.served(site.app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def furnished(site: Site, person: Visit) -> Visit:
    """A person with something on every page: answers, ended and given consents, a long history, another session."""
    ApplyTerms(site.house.database, site.clock)(read(Path("config/terms")), actor="test")
    site.clock.advance(site.house.settings.catalogue_refresh)
    unlink(site.house, person.member_id, "kamp")
    current = site.house.terms()
    asked = current.asked_of("person")
    said = Answers({document.id: document.required for document in asked}, "ko", "join", "203.0.113.10")
    with site.house.database.transaction() as connection:
        keep(connection, person.member_id, asked, said, current.edition, site.clock.now())
        for number in range(25):
            action = Action.SIGN_IN_FAILED if number % 5 == 0 else Action.SIGN_IN_SUCCEEDED
            detail = {"method": "password"}
            entry = Record(site.clock.now(), action, "member", person.member_id, address="2001:db8::1", detail=detail)
            record(connection, entry)
    site.signed_in(person.member_id)
    return person


@pytest.fixture
def company(site: Site) -> Visit:
    """An enterprise with two certificates."""
    visit = site.signed_in(an_enterprise(site.house, NUMBER))
    prove(visit, "business_certificate", "gildong")
    prove(visit, "business_simple_certificate", "gildong")
    return visit


def opened(chromium: Browser, base: str, visit: Visit, *, scripts: bool = True) -> Page:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, java_script_enabled=scripts, locale="ko-KR")
    context.add_cookies([{"name": "idp_session", "value": visit.cookie() or "", "url": base}])
    return context.new_page()


def test_is_accessible_to_a_person(chromium: Browser, base: str, furnished: Visit) -> None:
    """REQ-90, REQ-91: axe finds nothing on any page at 1280, 375 and 320; no request leaves; no complaint (CSP3)."""
    page = opened(chromium, base, furnished)
    requested: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    found: list[str] = []
    for name in (*EVERY, "agencies/voucher/unlink", "history?before=20", "?done=saved", "consents/service/1"):
        answer = page.goto(f"{base}/account/{name}")
        if answer is not None and answer.status == 404:
            continue
        found += complaints(page)
    for path, button in (("profile", "저장"), ("password", "비밀번호 변경")):
        page.goto(f"{base}/account/{path}")
        if path == "profile":
            page.fill("#email_local", "")
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.locator("[role=alert] li").first).to_be_visible()
        assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
        found += complaints(page)
    assert not found, "\n".join(found)
    assert all(url.startswith(f"{base}/") for url in requested)
    assert [line for line in said if "400" not in line] == []


def test_is_accessible_to_an_enterprise(site: Site, chromium: Browser, base: str, company: Visit) -> None:
    """REQ-90: the same with certificates to name and remove, the last of them with a warning."""
    page = opened(chromium, base, company)
    first, second = listed(site, company)
    found: list[str] = []
    for name in (*EVERY, f"certificates/{first.id}/name?new=1", f"certificates/{first.id}/remove"):
        page.goto(f"{base}/account/{name}")
        found += complaints(page)
    page.get_by_role("link", name="인증서 관리").click()
    page.goto(f"{base}/account/certificates/{first.id}/remove")
    page.get_by_role("button", name="삭제", exact=True).click()
    page.goto(f"{base}/account/certificates/{second.id}/remove")
    page.get_by_role("button", name="삭제", exact=True).click()
    expect(page.get_by_text("안내 사항을 확인한 뒤 선택해 주세요.")).to_be_visible()
    found += complaints(page)
    assert not found, "\n".join(found)


def test_is_accessible_where_contacts_and_second_steps_are_proved(site: Site, chromium: Browser, base: str) -> None:
    """REQ-90, issue 4: what an unproven member is offered, a code by SMS and its errors, too many of them, the app with
    its QR code, recovery codes, what is asked at sign-in, a page whose member changed, and 내가 아닙니다."""
    visit = site.signed_in(a_person(site.house))
    page = opened(chromium, base, visit)
    found: list[str] = []

    def press(name: str) -> None:
        with page.expect_navigation():
            page.get_by_role("button", name=name, exact=True).click()
        found.extend(complaints(page))

    page.goto(f"{base}/account/")
    found += complaints(page)
    press("인증번호 받기")
    page.locator("#code").fill("000000")
    press("확인")
    page.goto(f"{base}/account/second-step/app")
    found += complaints(page)
    press("등록")
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    page.locator("#code").fill(pyotp.TOTP(secret).at(site.clock.now()))
    press("등록")
    spare = page.locator(".recovery-codes code").all_inner_texts()
    for path in ("second-step", "second-step/app/remove"):
        page.goto(f"{base}/account/{path}")
        found += complaints(page)
    for _each in range(STARTS + 1):
        page.goto(f"{base}/account/")
        with page.expect_navigation():
            page.get_by_role("button", name="인증번호 받기").click()
    expect(page.get_by_role("heading", name="시도 횟수가 너무 많습니다")).to_be_visible()
    found += complaints(page)
    page.goto(f"{base}/account/profile")
    another = site.signed_in(a_person(site.house, "second.member", email="second@example.kr", phone="01099998888"))
    page.context.add_cookies([{"name": "idp_session", "value": another.cookie() or "", "url": base}])
    press("저장")
    expect(page.get_by_role("heading", name="로그인한 회원이 바뀌었습니다")).to_be_visible()
    for code in spare[:2]:
        # The second time it is a device that was never seen, and there is one that was.
        page.context.clear_cookies()
        page.goto(f"{base}/account/")
        page.get_by_label("아이디", exact=True).fill("honggildong")
        page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
        press("로그인")
        page.locator("#code").fill("000000")
        press("확인")
        page.locator("#code").fill(code)
        press("확인")
    page.goto(f"{base}{not_me_link(site)}")
    found += complaints(page)
    press("내가 아닙니다. 모두 로그아웃")
    assert not found, "\n".join(found)


def not_me_link(site: Site) -> str:
    """Path of the link in the last letter of a new device."""
    with site.house.database.reading() as connection:
        row = connection.execute(
            select(outgoing_messages)
            .where(outgoing_messages.c.letter == "new_sign_in", outgoing_messages.c.channel == "email")
            .order_by(outgoing_messages.c.made_at.desc())
        ).first()
    assert row is not None
    _recipient, letter = opened_letter(site.house.cipher, row.id, row.letter, row.sealed)
    assert isinstance(letter, NewSignIn)
    return letter.path


def test_works_without_scripts(site: Site, chromium: Browser, base: str, furnished: Visit) -> None:
    """Architecture §9: changing, extending, agreeing and signing out elsewhere are plain forms."""
    page = opened(chromium, base, furnished, scripts=False)
    page.goto(f"{base}/account/profile")
    page.fill("#email_local", "without.scripts")
    page.get_by_role("button", name="저장", exact=True).click()
    expect(page.get_by_text("회원정보를 변경했습니다.")).to_be_visible()
    assert site.profile(furnished.member_id).email == "without.scripts@example.kr"
    page.goto(f"{base}/account/consents")
    page.get_by_role("button", name="연장").first.click()
    expect(page).to_have_url(f"{base}/account/consents")
    page.get_by_role("button", name="동의하기").first.click()
    expect(page.get_by_role("button", name="동의 철회").first).to_be_visible()
    page.goto(f"{base}/account/history")
    page.get_by_role("button", name="다른 기기에서 모두 로그아웃").click()
    expect(page.get_by_role("button", name=re.compile("^로그아웃.*Firefox"))).to_have_count(1)


def test_warns_extends_and_ends(site: Site, chromium: Browser, base: str, furnished: Visit) -> None:
    """REQ-66: warned at two minutes and at thirty seconds, also by ear; 연장 by keyboard, without leaving the page; and
    when time is up the page says so, shows nothing more and leads back in."""
    page = opened(chromium, base, furnished)
    page.clock.install()
    page.goto(f"{base}/account/")
    time, warning = page.locator("[data-time]"), page.locator("[data-warning]")
    page.clock.run_for(1_000)
    expect(time).to_have_text(FULL)
    expect(warning).to_be_hidden()
    page.evaluate("window.stayed = true")
    page.clock.fast_forward(1_680_000)
    expect(page.locator("[data-status]")).to_contain_text("뒤 자동으로 로그아웃됩니다")
    expect(warning).to_be_visible()
    assert complaints(page) == []
    page.clock.fast_forward(90_000)
    expect(page.locator("[data-alert]")).to_contain_text("뒤 자동으로 로그아웃됩니다")
    page.get_by_role("button", name="연장").first.focus()
    page.keyboard.press("Enter")
    expect(time).to_have_text(FULL)
    expect(page.locator("[data-status]")).to_contain_text("연장했습니다")
    expect(warning).to_be_hidden()
    assert page.evaluate("window.stayed") is True
    # Time is up by this page, but not by the session, which was used elsewhere: the page looks and goes on counting.
    page.clock.fast_forward(1_801_000)
    expect(time).to_have_text(FULL)
    site.sessions.end(furnished.cookie() or "")
    page.clock.fast_forward(1_801_000)
    title = page.get_by_role("heading", name="로그인 시간이 만료되었습니다")
    expect(title).to_be_focused()
    assert "홍*동" not in page.content()
    assert page.locator(".with-menu, .header-actions, [data-session-clock]").count() == 0
    assert complaints(page) == []
    page.get_by_role("link", name="다시 로그인").click()
    page.wait_for_url(f"{base}/signin/**")


def test_tells_other_tabs_of_an_extension(chromium: Browser, base: str, furnished: Visit) -> None:
    """Two tabs, one session: what one prolongs, the other shows."""
    first = opened(chromium, base, furnished)
    first.clock.install()
    first.goto(f"{base}/account/")
    second = first.context.new_page()
    # The first tab looks when another appears; what it learns must have come before time is moved.
    with first.expect_response("**/account/session"):
        second.goto(f"{base}/account/history")
    expect(first.locator("[data-time]")).to_have_text(FULL)
    first.clock.fast_forward(1_700_000)
    expect(first.locator("[data-warning]")).to_be_visible()
    second.get_by_role("button", name="연장").first.click()
    expect(first.locator("[data-time]")).to_have_text(FULL)
    expect(first.locator("[data-warning]")).to_be_hidden()


def test_says_when_an_extension_did_not_arrive(chromium: Browser, base: str, furnished: Visit) -> None:
    """No network: said at once and until it works; the page stays, and pressing again helps."""
    page = opened(chromium, base, furnished)
    page.goto(f"{base}/account/")
    page.route("**/account/session/extend", lambda route: route.abort())
    page.get_by_role("button", name="연장").first.click()
    expect(page.locator("[data-alert]")).to_contain_text("연장하지 못했습니다")
    page.wait_for_timeout(1_500)
    expect(page.locator("[data-warning-text]")).to_contain_text("연장하지 못했습니다")
    page.unroute("**/account/session/extend")
    page.get_by_role("button", name="연장").first.click()
    expect(page.locator("[data-warning]")).to_be_hidden()


def test_says_that_no_more_is_to_be_had(site: Site, chromium: Browser, base: str, furnished: Visit) -> None:
    """REQ-67: near the absolute limit there is no button, and the warning says why."""
    cookie = furnished.cookie()
    limits = site.house.settings.sessions
    while site.clock.now() + limits.idle < furnished.session.ends_at:
        site.clock.advance(limits.idle / 2)
        assert site.sessions.find(cookie) is not None
    page = opened(chromium, base, furnished)
    page.clock.install()
    page.goto(f"{base}/account/agencies")
    page.clock.run_for(1_000)
    expect(page.get_by_role("button", name="연장")).to_have_count(0)
    page.clock.fast_forward(1_700_000)
    expect(page.locator("[data-status]")).to_contain_text("더 연장할 수 없으니")
