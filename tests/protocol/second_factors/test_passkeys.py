"""Passkeys on the pages: made, used, named, refused (issue 4)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from idp.credentials.passkey_answer import LONGEST
from tests.authenticator import Authenticator
from tests.builders import a_person
from tests.protocol.oidc.lab import VOUCHER, heard, hidden
from tests.protocol.second_factors.lab import ISSUER, Browser, Scene

PAGE = "/account/second-step"


@pytest.fixture
def holder(browser: Browser) -> Browser:
    """A browser that has a passkey and is not signed in."""
    named = browser.signed_in().register_passkey()
    assert "패스키를 등록했습니다" in named.text
    browser.client.delete_cookie("idp_session")
    return browser


def test_signs_in_with_the_name_of_nobody_typed(scene: Scene, holder: Browser) -> None:
    """WebAuthn §7.2: a discoverable credential, by button or autofill; level 2 by itself, the truth in the audit."""
    page = holder.ask(VOUCHER, scope="openid")
    assert 'autocomplete="username webauthn"' in page.text
    assert "passkeys" in page.text
    answered = heard(holder.agree(holder.use_passkey(page)), VOUCHER)
    claims = scene.claims(VOUCHER, answered["code"])
    assert (claims["acr"], claims["amr"]) == ("urn:onepass:acr:2", ["hwk", "user", "mfa"])
    succeeded = [detail for action, detail in scene.actions() if action == "sign_in.succeeded"]
    assert succeeded[-1]["method"] == "passkey"


def test_needs_no_second_step_beside_it(scene: Scene, holder: Browser) -> None:
    """Architecture §2: a passkey with user verification is two factors."""
    scene.turn_on()
    holder.use_passkey(holder.open("/account/"))
    assert holder.is_signed_in()


def test_is_a_second_step(scene: Scene, holder: Browser) -> None:
    """Issue 4: second factor; only the member's own are asked for."""
    scene.turn_on()
    page = holder.password(holder.open("/account/"))
    assert "allowCredentials" in holder.options(page)
    holder.use_passkey(page)
    assert holder.is_signed_in()
    assert ("second_step.taken", "passkey") in [(action, detail.get("method")) for action, detail in scene.actions()]


def test_takes_no_other_members_passkey_for_a_second_step(scene: Scene, holder: Browser) -> None:
    """Issue 4, bad input: another member's credential."""
    a_person(scene.house, "somebody", ci="z" * 86 + "==")
    other = scene.browser()
    other.device = Authenticator(ISSUER, credential_id=b"another credential id")
    other.send(other.open("/account/"), "/password", login_id="somebody", password="Onepass!2026")
    other.register_passkey()
    scene.turn_on()
    page = holder.password(holder.open("/account/"))
    holder.device = other.device
    refused = holder.use_passkey(page)
    assert refused.status_code == 401
    assert not holder.is_signed_in()
    assert scene.actions()[-1] == ("passkey.refused", {"method": "passkey", "failure": "passkey_unknown"})


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ({"origin": "https://evil.example"}, "passkey_wrong_origin"),
        ({"verified": False}, "passkey_user_not_verified"),
        ({"count": 0}, "passkey_counter_regressed"),
        ({"handle": b"x" * 32}, "passkey_unknown"),
        ({"host": "evil.example"}, "passkey_wrong_signature"),
    ],
)
def test_writes_down_why_it_refused(scene: Scene, holder: Browser, spoil: dict[str, object], code: str) -> None:
    """Issue 4: wrong origin, a copy, no user verification: each its own code, a plain sentence, nobody signed in; the
    password still works on the page that says so."""
    page = holder.open("/account/")
    for name, value in spoil.items():
        setattr(holder.device, name, value)
    answer = holder.device.use(holder.options(page))
    refused = holder.send(page, "/passkey", credential=answer)
    assert refused.status_code == 401
    assert 'role="alert"' in refused.text
    assert not holder.is_signed_in()
    assert scene.actions()[-1] == ("passkey.refused", {"method": "passkey", "failure": code})
    holder.password(refused)
    assert holder.is_signed_in()


@pytest.mark.parametrize("text", ["", "{}", "x" * (LONGEST + 1), "[" * 9000])
def test_answers_rubbish_with_a_page(holder: Browser, text: str) -> None:
    """Issue 4: hostile and huge input."""
    page = holder.open("/account/")
    assert holder.send(page, "/passkey", credential=text).status_code == 401


def test_takes_an_answer_once_and_in_its_own_browser(scene: Scene, holder: Browser) -> None:
    """WebAuthn §13.4.3: replayed, or carried into another browser."""
    page = holder.open("/account/")
    holder.device.count += 1
    answer = holder.device.use(holder.options(page))
    thief = scene.browser()
    assert thief.send(thief.open("/account/"), "/passkey", credential=answer).status_code == 401
    assert holder.send(page, "/passkey", credential=answer).status_code == 401
    holder.use_passkey(holder.open("/account/"))
    assert holder.is_signed_in()


def test_is_made_only_by_whoever_proved_it_lately(scene: Scene, browser: Browser) -> None:
    """Issue 4: recent sign-in asked; and one of each credential, however often it is posted."""
    page = browser.signed_in().open(PAGE)
    answer = browser.device.make(browser.options(page))
    assert browser.send(page, "/account/passkeys", credential=answer).status_code == 200
    scene.clock.advance(timedelta(seconds=30))
    browser.use_passkey(browser.open("/account/passkeys/new"))
    page = browser.open(PAGE)
    assert browser.send(page, "/account/passkeys", credential=answer).status_code == 400
    again = browser.device.make(browser.options(page))
    assert browser.send(page, "/account/passkeys", credential=again).status_code == 409
    scene.clock.advance(timedelta(minutes=6))
    options = browser.client.post("/account/passkeys/options", data=hidden(page))
    assert options.status_code == 303


def test_is_named_and_removed(scene: Scene, holder: Browser) -> None:
    """Issue 4: register, rename, remove, of which the member hears; a removed one signs nobody in."""
    holder.use_passkey(holder.open("/account/"))
    page = holder.open(PAGE)
    name, remove = (re.findall(rf'href="(/account/passkeys/\w+/{act})"', page.text)[0] for act in ("name", "remove"))
    assert "내 열쇠" in holder.send(holder.open(name), name, name="내 열쇠").text
    assert holder.send(holder.open(name), name, name="\u202ex").status_code == 400
    assert "등록한 패스키가 없습니다" in holder.send(holder.open(remove), remove).text
    assert [letter.registered for letter in scene.letters("passkey_changed")] == [True, False]
    holder.client.delete_cookie("idp_session")
    assert holder.use_passkey(holder.open("/account/")).status_code == 401


def test_shows_nobody_elses(scene: Scene, holder: Browser) -> None:
    """Architecture §11.3: whose it is, the browser never says."""
    holder.use_passkey(holder.open("/account/"))
    row = re.findall(r"/account/passkeys/(\w+)/remove", holder.open(PAGE).text)[0]
    a_person(scene.house, "somebody", ci="z" * 86 + "==")
    other = scene.browser()
    other.send(other.open("/account/"), "/password", login_id="somebody", password="Onepass!2026")
    for act in ("name", "remove"):
        assert other.client.get(f"/account/passkeys/{row}/{act}").status_code == 404


def test_is_added_to_a_second_step_and_removed_only_by_the_second_step(scene: Scene, holder: Browser) -> None:
    """Issue 4: a passkey signs in past the second step, so the password of a spared browser does not add one."""
    scene.turn_on()
    holder.send(holder.password(holder.open("/account/")), "/code", code=scene.code(), spare="y")
    holder.client.delete_cookie("idp_session")
    page = holder.password(holder.open("/account/"))
    assert holder.is_signed_in()
    options = holder.client.post("/account/passkeys/options", data=hidden(page))
    assert options.status_code == 303
    scene.clock.advance(timedelta(seconds=30))
    page = holder.open(PAGE)
    assert "data-options" not in page.text
    for path in (re.findall(r'href="(/account/passkeys/\w+/remove)"', page.text)[0], "/account/passkeys/new"):
        asked = holder.open(path)
        assert 'name="password"' in asked.text
    asked = holder.password(asked)
    assert "/code" in asked.text
    assert "data-options" in holder.send(asked, "/code", code=scene.code()).text


@pytest.mark.parametrize(("length", "status"), [(1023, 200), (1024, 400), (3000, 400)])
def test_keeps_no_credential_with_a_name_too_long(browser: Browser, length: int, status: int) -> None:
    """WebAuthn §7.1 step 25; PostgreSQL fails on what its index cannot hold."""
    browser.device = Authenticator(ISSUER, credential_id=bytes(length))
    assert browser.signed_in().register_passkey().status_code == status
