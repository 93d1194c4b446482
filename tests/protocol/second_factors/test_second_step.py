"""The second step that members turn on for themselves (issue 4)."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from werkzeug.test import TestResponse

from tests.protocol.oidc.lab import VOUCHER, heard, hidden
from tests.protocol.second_factors.lab import Browser, Scene

PAGE = "/account/second-step"
_CODES = re.compile(r"<li><code>([a-z2-7]{5}-[a-z2-7]{5})</code></li>")


def test_is_turned_on_by_a_code_of_the_app(scene: Scene, browser: Browser) -> None:
    """Issue 4: the secret as a picture from our own address and as letters; ten codes, shown once; a letter."""
    page = browser.signed_in().open(f"{PAGE}/app")
    secret = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page.text)
    assert secret is not None
    assert "data:" not in page.text
    picture = browser.client.get(f"{PAGE}/app/qr.svg")
    assert (picture.mimetype, picture.headers["Cache-Control"]) == ("image/svg+xml", "no-store")
    assert secret[1] in browser.open(f"{PAGE}/app").text
    wrong = browser.send(page, "/app", code="000000")
    assert wrong.status_code == 400
    assert 'role="alert"' in wrong.text
    code = pyotp.TOTP(secret[1].replace(" ", "")).at(scene.clock.now())
    shown = browser.send(page, "/app", code=code)
    codes = _CODES.findall(shown.text)
    assert len(set(codes)) == 10
    assert shown.headers["Cache-Control"] == "no-store"
    assert not _CODES.findall(browser.open(PAGE).text)
    assert browser.client.get(f"{PAGE}/app/qr.svg").status_code == 404
    assert [letter.turned_on for letter in scene.letters("second_step_changed")] == [True]


def test_opens_nothing_to_the_password_alone(scene: Scene, browser: Browser) -> None:
    """Until the second step is taken no page of the member's opens, and no relying party is answered."""
    scene.turn_on()
    page = browser.password(browser.open("/account/"))
    assert "/code" in page.text
    for path in ("/account/", PAGE, "/account/history", "/account/profile"):
        assert browser.client.get(path).status_code == 303
    assert browser.client.get("/account/session").status_code == 401
    page = browser.open("/account/")
    assert "/code" in page.text
    assert browser.send(page, "/code", code=scene.code()).status_code == 200
    assert browser.is_signed_in()


def test_changes_the_cookie_at_each_step(scene: Scene, browser: Browser) -> None:
    """OWASP session fixation: what opened half a session opens nothing after."""
    scene.turn_on()
    page = browser.password(browser.open("/account/"))
    half = browser.client.get_cookie("idp_session")
    browser.send(page, "/code", code=scene.code())
    whole = browser.client.get_cookie("idp_session")
    assert half is not None
    assert whole is not None
    assert half.value != whole.value
    other = scene.browser()
    other.client.set_cookie("idp_session", half.value)
    assert not other.is_signed_in()


def test_takes_a_code_once_and_a_recovery_code_once(scene: Scene, browser: Browser) -> None:
    """RFC 6238 §5.2; recovery codes are good once each, and how they look is forgiven."""
    codes = scene.turn_on()
    code = scene.code()
    page = browser.password(browser.open("/account/"))
    assert browser.send(page, "/code", code=code).status_code == 200
    for other, typed, status in ((1, code, 401), (2, codes[0].upper(), 200), (3, codes[0], 401)):
        there = scene.browser()
        page = there.password(there.open("/account/"))
        assert there.send(page, "/code", code=typed).status_code == status, other
    methods = [detail["method"] for action, detail in scene.actions() if action == "second_step.taken"]
    assert methods == ["totp", "recovery_code"]


@pytest.mark.parametrize("typed", ["", " ", "000000", "x" * 5000, "'; DROP TABLE--", "한글"])
def test_says_what_is_wrong_in_place(scene: Scene, browser: Browser, typed: str) -> None:
    """Architecture §11.8: every refusal says what to do next."""
    scene.turn_on()
    page = browser.send(browser.password(browser.open("/account/")), "/code", code=typed)
    assert page.status_code in (400, 401)
    assert 'id="code-error" role="alert"' in page.text
    assert "/code" in page.text
    assert not browser.is_signed_in()


def test_limits_guesses_apart_from_passwords(scene: Scene, browser: Browser) -> None:
    """REQ-40: five wrong codes, then none for ten minutes, not even a right one; the member is told once."""
    scene.turn_on()
    page = browser.password(browser.open("/account/"))
    for _ in range(5):
        answer = browser.send(page, "/code", code="000000")
        assert answer.status_code == 401
    locked = browser.send(page, "/code", code=scene.code())
    assert locked.status_code == 429
    assert "Retry-After" in locked.headers
    assert len(scene.letters("account_locked")) == 1
    scene.clock.advance(timedelta(minutes=10))
    assert browser.send(page, "/code", code=scene.code()).status_code == 200


def test_spares_a_browser_only_the_members_own_question(scene: Scene, browser: Browser) -> None:
    """Issue 4: 이 기기에서는 다시 묻지 않기, thirty days; listed with the sessions and ended there."""
    scene.turn_on()
    page = browser.password(browser.open("/account/"))
    browser.send(page, "/code", code=scene.code(), spare="y")
    assert browser.is_signed_in()
    browser.client.delete_cookie("idp_session")
    assert browser.password(browser.open("/account/")).status_code == 200
    assert browser.is_signed_in()
    elsewhere = scene.browser()
    assert "/code" in elsewhere.password(elsewhere.open("/account/")).text
    history = browser.open("/account/history")
    assert "2단계 인증을 묻지 않는 기기" in history.text
    after = browser.send(history, "/ask-again")
    assert "2단계 인증을 묻지 않는 기기" not in after.text
    browser.client.delete_cookie("idp_session")
    assert "/code" in browser.password(browser.open("/account/")).text


def test_spares_a_browser_no_longer_than_said(scene: Scene, browser: Browser) -> None:
    """Settings, second_step.spared."""
    scene.turn_on()
    browser.send(browser.password(browser.open("/account/")), "/code", code=scene.code(), spare="y")
    scene.clock.advance(timedelta(days=30))
    assert "/code" in browser.password(browser.open("/account/")).text


def test_asks_spared_browsers_again_after_a_new_password(scene: Scene, browser: Browser) -> None:
    """Issue 4: a change of password keeps the second step and ends what spared it."""
    scene.turn_on()
    browser.send(browser.password(browser.open("/account/")), "/code", code=scene.code(), spare="y")
    page = browser.open("/account/password")
    assert "2단계 인증과 패스키는 그대로" in page.text
    new = "Another!2026x"
    fields = {"current_password": "Onepass!2026", "password": new, "password_again": new}
    assert browser.send(page, "/account/password", **fields).status_code == 200
    browser.client.delete_cookie("idp_session")
    assert "/code" in browser.password(browser.open("/account/"), new).text


def test_lets_go_of_the_second_step_only_by_the_second_step(scene: Scene, browser: Browser) -> None:
    """Issue 4: removal needs recent proof, of the same strength; spared browsers are asked here all the same."""
    scene.turn_on()
    browser.send(browser.password(browser.open("/account/")), "/code", code=scene.code(), spare="y")
    scene.clock.advance(timedelta(minutes=6))
    for path in (f"{PAGE}/app/remove", f"{PAGE}/codes"):
        page = browser.open(PAGE)
        page = browser.send(page, path) if path.endswith("codes") else browser.open(path)
        assert 'name="password"' in page.text
    page = browser.password(page)
    assert "/code" in page.text
    scene.clock.advance(timedelta(seconds=30))
    assert browser.send(page, "/code", code=scene.code()).status_code == 200
    gone = browser.send(browser.open(f"{PAGE}/app/remove"), "/app/remove")
    assert "사용하지 않고 있습니다" in gone.text
    assert [letter.turned_on for letter in scene.letters("second_step_changed")] == [False]
    browser.client.delete_cookie("idp_session")
    assert "/code" not in browser.password(browser.open("/account/")).text


def test_asks_spared_browsers_again_once_it_was_off(scene: Scene, browser: Browser) -> None:
    """Issue 4: whoever lets go of it and turns it on anew, perhaps after a theft, is asked everywhere."""
    scene.turn_on()
    browser.send(browser.password(browser.open("/account/")), "/code", code=scene.code(), spare="y")
    gone = browser.send(browser.open(f"{PAGE}/app/remove"), "/app/remove")
    assert "사용하지 않고 있습니다" in gone.text
    scene.turn_on()
    browser.client.delete_cookie("idp_session")
    assert "/code" in browser.password(browser.open("/account/")).text


def test_signs_out_of_half_a_session_too(scene: Scene, browser: Browser) -> None:
    """REQ-68: whoever was asked again, and leaves at the code, has left the relying parties of before as well; a
    relying party that cannot prove whom it signs out has them asked (RP-Initiated Logout §2)."""
    heard(browser.agree(browser.password(browser.ask(VOUCHER))), VOUCHER)
    scene.turn_on()
    scene.clock.advance(timedelta(seconds=30))
    assert "/code" in browser.password(browser.ask(VOUCHER, prompt="login")).text
    asked = browser.open("/oidc/logout")
    assert asked.status_code == 200
    assert "session.ended" not in dict(scene.actions())
    browser.send(asked, "", decision="sign_out")
    assert "session.ended" in dict(scene.actions())


def test_makes_new_recovery_codes(scene: Scene, browser: Browser) -> None:
    """Issue 4: regenerated; those from before are good no more."""
    former = scene.turn_on()
    page = browser.signed_in().open(PAGE)
    codes = _CODES.findall(browser.send(page, "/codes").text)
    assert len(codes) == 10
    for typed, status in ((former[3], 401), (codes[3], 200)):
        other = scene.browser()
        page = other.password(other.open("/account/"))
        assert other.send(page, "/code", code=typed).status_code == status


def test_lets_a_verified_person_past_a_lost_phone(scene: Scene, browser: Browser) -> None:
    """Issue 4: nobody is locked out for good, and nobody else gets in: the verification must be of the same person."""
    scene.turn_on()
    page = browser.password(browser.open("/account/"))
    offered = browser.open(re.findall(r'href="(/signin/[^"]+/step-up)"', page.text)[0])
    for holder, inside in (("kim_gildong", False), ("hong_gildong", True)):
        chosen = browser.send(offered, "/step-up", method="joint_certificate")
        answered = browser.send(chosen, "/simulator", holder=holder, outcome="approve")
        assert answered.status_code == 200
        assert browser.is_signed_in() is inside


def spend_the_day(scene: Scene, browser: Browser) -> TestResponse:
    """Thirty wrong codes, five in each ten minutes; the page after the last."""
    page = browser.password(browser.open("/account/"))
    for _ in range(6):
        for _ in range(5):
            page = browser.send(page, "/code", code="000000")
        scene.clock.advance(timedelta(minutes=10))
        page = browser.open("/account/")
    return page


def test_takes_no_code_once_the_day_is_spent(scene: Scene, browser: Browser) -> None:
    """Issue 4: thirty wrong codes a day, then none before midnight, neither a right one nor a recovery code, in no
    browser; the page says what else there is; told and written down once, under its own name."""
    codes, carried = scene.turn_on(), hidden(browser.open("/account/"))
    spent = spend_the_day(scene, browser)
    midnight = scene.clock.now().replace(hour=15, minute=0, second=0, microsecond=0)
    assert 'name="code"' not in spent.text
    assert "오늘은 코드로 확인할 수 없습니다" in spent.text
    base = re.findall(r'href="(/signin/[^"]+)/step-up"', spent.text)[0]
    for typed in (scene.code(), codes[0]):
        refused = browser.client.post(f"{base}/code", data={**carried, "code": typed})
        assert refused.status_code == 429
        assert scene.clock.now() + timedelta(seconds=int(refused.headers["Retry-After"])) == midnight
        assert "오늘은 코드로 확인할 수 없습니다" in refused.text
    other = scene.browser()
    assert 'name="code"' not in other.password(other.open("/account/")).text
    closed = [detail for action, detail in scene.actions() if action == "second_step.closed"]
    assert closed == [{"method": "totp", "failure": "second_step_guesses_spent"}]
    *locks, told = scene.letters("account_locked")
    assert len(locks) == 5
    assert told.until == midnight
    scene.clock.advance(midnight - scene.clock.now())
    page = browser.password(browser.open("/account/"))
    assert browser.send(page, "/code", code=scene.code()).status_code == 200


def test_opens_the_day_again_by_verification(scene: Scene, browser: Browser) -> None:
    """Whose account it is gets in by another way, and by codes again after it."""
    scene.turn_on()
    page = spend_the_day(scene, browser)
    offered = browser.open(re.findall(r'href="(/signin/[^"]+/step-up)"', page.text)[0])
    chosen = browser.send(offered, "/step-up", method="joint_certificate")
    browser.send(chosen, "/simulator", holder="hong_gildong", outcome="approve")
    assert browser.is_signed_in()
    other = scene.browser()
    assert other.send(other.password(other.open("/account/")), "/code", code=scene.code()).status_code == 200


def test_opens_the_day_again_by_a_passkey(scene: Scene, browser: Browser) -> None:
    """The same by the other factor, which has no guesses."""
    browser.signed_in().register_passkey()
    scene.turn_on()
    browser.client.delete_cookie("idp_session")
    browser.use_passkey(spend_the_day(scene, browser))
    assert browser.is_signed_in()
    other = scene.browser()
    assert other.send(other.password(other.open("/account/")), "/code", code=scene.code()).status_code == 200


def test_counts_no_guess_of_whoever_lacks_the_password(scene: Scene, browser: Browser) -> None:
    """Strangers cannot spend a member's day: before the first step nothing that is posted is a guess."""
    scene.turn_on()
    stranger = scene.browser()
    page = stranger.open("/account/")
    base = re.findall(r'action="(/signin/[^"]+)/password"', page.text)[0]
    for _ in range(40):
        posted = stranger.client.post(f"{base}/code", data={**hidden(page), "code": "000000"})
        assert posted.status_code == 303
    assert browser.send(browser.password(browser.open("/account/")), "/code", code=scene.code()).status_code == 200
