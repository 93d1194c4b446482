"""The sign-in page from outside: who may come in, who may not, and what they read."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from idp.audit.models import audit_records
from idp.members.models import members
from idp.members.store import end_sessions
from tests.builders import PASSWORD, a_person, an_enterprise
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import KAMP, VOUCHER, Browser, Provider, csrf, heard, is_a_page


def asked(browser: Browser) -> str:
    return browser.authorize(VOUCHER).headers["Location"]


def attempt(browser: Browser, address: str, login_id: str, password: str, **fields: str) -> TestResponse:
    token = csrf(browser.client.get(address))
    sent = {"login_id": login_id, "password": password, "csrf_token": token, **fields}
    return browser.client.post(f"{address}/password", data=sent)


def alert(response: TestResponse) -> str:
    """The words of the page's alert."""
    found = re.search(r'<[^>]*role="alert"[^>]*>(.*?)</(?:div|p|section)>', response.text, re.DOTALL)
    assert found is not None, response.text
    return unescape(re.sub(r"<[^>]+>|\s+", " ", found[1])).strip()


def without_what_varies(text: str) -> str:
    text = re.sub(r'value="[^"]*"', "", text)
    return re.sub(r"/signin/[\w-]{22}", "", text)


def actions(provider: Provider) -> list[str]:
    with provider.house.database.reading() as connection:
        return list(connection.execute(select(audit_records.c.action).order_by(audit_records.c.seq)).scalars())


def test_says_the_same_of_an_unknown_id_and_a_wrong_password(provider: Provider, browser: Browser) -> None:
    """REQ-39: nobody finds out by trying who is a member; nor who left, nor who has no password."""
    an_enterprise(provider.house)
    address = asked(browser)
    wrong = attempt(browser, address, "honggildong", "Wrong!2026")
    unknown = attempt(browser, address, "somebodyelse", "Wrong!2026")
    assert wrong.status_code == unknown.status_code == 401
    assert without_what_varies(wrong.text) == without_what_varies(unknown.text)
    assert alert(wrong) == "아이디 또는 비밀번호가 일치하지 않습니다. 다시 확인해 주세요."
    assert "Wrong!2026" not in wrong.text
    assert browser.session_cookie() is None


def test_takes_no_member_who_is_not_active(provider: Provider, browser: Browser) -> None:
    """REQ-39: with the right password too, the answer is the same, but for whoever was suspended: who proves to be them
    is told so, and nobody else."""
    for status, right in (("withdrawn", 401), ("suspended", 403)):
        with provider.house.database.transaction() as connection:
            connection.execute(update(members).values(status=status))
        assert attempt(browser, asked(browser), "honggildong", "Wrong!2026").status_code == 401
        assert attempt(browser, asked(browser), "honggildong", PASSWORD).status_code == right


def test_locks_after_five_wrong_passwords(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """REQ-40: the right one too is refused for a while, with 429 and when to come back; then it is taken."""
    address = asked(browser)
    for _ in range(5):
        assert attempt(browser, address, "honggildong", "Wrong!2026").status_code == 401
    locked = attempt(browser, address, "HongGilDong", PASSWORD)
    assert locked.status_code == 429
    assert int(locked.headers["Retry-After"]) == 600
    assert "10분" in alert(locked)
    assert actions(provider).count("sign_in.locked") == 1
    assert attempt(browser, address, "somebodyelse", PASSWORD).status_code == 401
    clock.advance(timedelta(minutes=10))
    assert attempt(browser, address, "honggildong", PASSWORD).status_code == 303


def test_an_unknown_id_locks_alike(browser: Browser) -> None:
    """REQ-39, REQ-40: a lock says nothing about who is a member."""
    address = asked(browser)
    statuses = [attempt(browser, address, "somebodyelse", "Wrong!2026").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_a_right_password_forgives_the_wrong_ones(browser: Browser) -> None:
    """REQ-40: five in a row, not five in a life."""
    address = asked(browser)
    for _ in range(2):
        for _ in range(4):
            attempt(browser, address, "honggildong", "Wrong!2026")
        assert attempt(browser, address, "honggildong", PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("login_id", "password"),
    [("", ""), ("honggildong", ""), ("", PASSWORD), ("a" * 65, PASSWORD), ("hong\x00", PASSWORD), ("x", "p" * 257)],
)
def test_explains_what_is_missing_or_impossible(browser: Browser, login_id: str, password: str) -> None:
    """REQ-41: the page again, with 400, what was typed but never the password; no guess is counted."""
    address = asked(browser)
    for _ in range(6):
        answered = attempt(browser, address, login_id, password)
        assert answered.status_code == 400
        assert 'aria-invalid="true"' in answered.text
        assert not password or password not in answered.text
    assert attempt(browser, address, "honggildong", PASSWORD).status_code == 303


@pytest.mark.parametrize("token", [None, "", "x", "another"])
def test_takes_no_form_without_its_token(provider: Provider, browser: Browser, token: str | None) -> None:
    """OWASP CSRF Prevention: missing, forged, or another browser's: a page, and no guess is made."""
    address = asked(browser)
    if token == "another":
        stranger = provider.browser()
        token = csrf(stranger.client.get(asked(stranger)))
    sent = {"login_id": "honggildong", "password": PASSWORD, **({} if token is None else {"csrf_token": token})}
    answered = browser.client.post(f"{address}/password", data=sent)
    assert is_a_page(answered, 400)
    assert browser.session_cookie() is None
    assert "sign_in.succeeded" not in actions(provider)


def test_shows_a_started_sign_in_to_its_own_browser_only(provider: Provider, browser: Browser) -> None:
    """Login CSRF: a link sent by somebody else opens nothing, signed in or not, by any of its addresses."""
    address = asked(browser)
    pending = address.rpartition("/")[2]
    stranger = provider.browser()
    stranger.code(KAMP)
    nobody = provider.browser()
    for other in (stranger, nobody):
        for path in (address, f"/oidc/authorize/answer/{pending}"):
            assert is_a_page(other.client.get(path), 404)
    token = csrf(stranger.client.get("/account/"))
    for step in ("password", "consent"):
        assert is_a_page(stranger.client.post(f"{address}/{step}", data={"csrf_token": token}), 404)
    assert browser.client.get(address).status_code == 200


@pytest.mark.parametrize("pending", ["x", "A" * 22, "A" * 23, "한글", "../../etc", "%00"])
def test_shows_nothing_that_was_never_started(browser: Browser, pending: str) -> None:
    """Issue 2: foreign and made-up pages are a clear page."""
    browser.code(VOUCHER)
    assert is_a_page(browser.client.get(f"/signin/{pending}"), 404)


def test_forgets_a_started_sign_in(browser: Browser, clock: FrozenClock) -> None:
    """Settings, sign_in.pending: an old page is a clear page, and its form too."""
    address = asked(browser)
    token = csrf(browser.client.get(address))
    clock.advance(timedelta(minutes=30))
    assert is_a_page(browser.client.get(address), 404)
    sent = {"login_id": "honggildong", "password": PASSWORD, "csrf_token": token}
    assert is_a_page(browser.client.post(f"{address}/password", data=sent), 404)


def test_gives_every_sign_in_a_new_cookie(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """Session fixation: a cookie planted, or held before, opens nothing afterwards; nor does another member's."""
    planted = "A" * 43
    browser.client.set_cookie("idp_session", planted)
    browser.code(VOUCHER)
    first = browser.session_cookie()
    assert first not in (None, planted)
    clock.advance(timedelta(seconds=1))
    browser.code(VOUCHER, prompt="login")
    second = browser.session_cookie()
    a_person(provider.house, "second.member")
    clock.advance(timedelta(seconds=1))
    heard(browser.pages(browser.authorize(VOUCHER, prompt="login"), login_id="second.member"), VOUCHER)
    third = browser.session_cookie()
    assert len({first, second, third}) == 3
    for old in (planted, first, second):
        assert old is not None
        other = provider.browser()
        other.client.set_cookie("idp_session", old)
        assert heard(other.authorize(VOUCHER, prompt="none"), VOUCHER)["error"] == "login_required"
    assert "code" in browser.answer(VOUCHER, prompt="none")


def test_keeps_the_session_cookie_from_scripts(browser: Browser) -> None:
    """OWASP session management: HttpOnly, SameSite; it goes with the browser, and the server's limits rule."""
    answered = attempt(browser, asked(browser), "honggildong", PASSWORD)
    (cookie,) = [each for each in answered.headers.getlist("Set-Cookie") if each.startswith("idp_session=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age" not in cookie
    assert "Expires" not in cookie


def test_remembers_the_login_id_and_forgets_it(browser: Browser) -> None:
    """REQ-38: 아이디 저장."""
    attempt(browser, asked(browser), "honggildong", PASSWORD, remember_login_id="y")
    browser.client.delete_cookie("idp_session")
    page = browser.client.get(asked(browser))
    assert 'value="honggildong"' in page.text
    attempt(browser, asked(browser), "honggildong", PASSWORD)
    browser.client.delete_cookie("idp_session")
    assert 'value="honggildong"' not in browser.client.get(asked(browser)).text


def test_ends_sessions_whose_epoch_is_past(provider: Provider, browser: Browser) -> None:
    """Architecture §6: signed out everywhere, at commit, whatever the expiring store still holds."""
    browser.code(VOUCHER)
    with provider.house.database.transaction() as connection:
        member = connection.execute(select(members.c.id)).scalar_one()
        end_sessions(connection, member)
    assert heard(browser.authorize(VOUCHER, prompt="none"), VOUCHER)["error"] == "login_required"
    assert browser.client.get("/account/").headers["Location"].startswith("/signin/")


@pytest.mark.parametrize(("wait", "alive"), [(timedelta(minutes=29), True), (timedelta(minutes=30), False)])
def test_ends_sessions_that_are_not_used(browser: Browser, clock: FrozenClock, wait: timedelta, alive: bool) -> None:
    """Settings, sessions.idle."""
    browser.code(VOUCHER)
    clock.advance(wait)
    assert ("code" in heard(browser.authorize(VOUCHER, prompt="none"), VOUCHER)) is alive


def test_ends_sessions_in_the_end(browser: Browser, clock: FrozenClock) -> None:
    """Settings, sessions.absolute."""
    browser.code(VOUCHER)
    for _ in range(23):
        clock.advance(timedelta(minutes=20))
        assert "code" in heard(browser.authorize(VOUCHER, prompt="none"), VOUCHER)
    clock.advance(timedelta(minutes=20))
    assert heard(browser.authorize(VOUCHER, prompt="none"), VOUCHER)["error"] == "login_required"


def test_the_consent_page_says_who_receives_what_and_for_what(browser: Browser) -> None:
    """PIPA §17 ②: recipient, purpose, items, period, and that one may refuse; the name is masked."""
    address = browser.authorize(VOUCHER, scope="openid profile email enterprise").headers["Location"]
    attempt(browser, address, "honggildong", PASSWORD)
    page = browser.client.get(address).text
    for words in ("voucher 기관", "이름", "이메일", "보유·이용 기간", "거부할 수 있습니다"):
        assert words in page
    assert "홍길동" not in page
    assert "이름, 아이디" not in page  # the 아이디 is told to nobody (architecture §11.4)
    assert "사업자등록번호" not in page  # a person has none
