"""What it takes to add a way to prove who one is, or to take one away (issue 4)."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from idp.credentials.certificates import RegisteredCertificates
from idp.members import store as members
from idp.signin.certificate import SimpleCertificate
from tests.authenticator import Authenticator
from tests.builders import a_person
from tests.protocol.oidc.lab import VOUCHER, heard
from tests.protocol.second_factors.lab import ISSUER, Browser, Scene
from tests.protocol.second_factors.test_levels import TWO, essential, joint_certificate

PAGE = "/account/second-step"
APP = f"{PAGE}/app"


@pytest.fixture
def thief(scene: Scene, browser: Browser) -> Browser:
    """Knows the password of a member who has a passkey, and nothing else of theirs."""
    browser.signed_in().register_passkey()
    knows = scene.browser().signed_in()
    scene.clock.advance(timedelta(seconds=30))
    return knows


def sign_in_again(browser: Browser, path: str) -> str:
    """What is asked for beyond the password."""
    page = browser.open(path)
    assert 'name="password"' in page.text
    return browser.password(page).text


def test_adds_no_app_by_the_password_where_there_is_a_passkey(thief: Browser) -> None:
    """Level 2 is not enrolled by level 1: neither the page nor its picture shows a secret, before and after the
    password is typed again."""
    asked = sign_in_again(thief, APP)
    assert "data-options" in asked
    assert "패스키를 쓸 수 없나요?" in asked
    assert 'class="secret"' not in thief.open(APP).text
    assert thief.client.get(f"{APP}/qr.svg").status_code == 404


def test_takes_no_code_for_a_secret_of_before(scene: Scene, browser: Browser) -> None:
    """A page opened before the passkey was made adds no app after it, not within the five minutes either."""
    page = browser.signed_in().open(APP)
    secret = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page.text)
    assert secret is not None
    browser.register_passkey()
    scene.clock.advance(timedelta(seconds=30))
    refused = browser.send(page, "/app", code=pyotp.TOTP(secret[1].replace(" ", "")).at(scene.clock.now()))
    assert "data-options" in browser.password(refused).text
    assert "second_step.turned_on" not in dict(scene.actions())


def test_takes_no_passkey_for_a_challenge_of_before(scene: Scene, browser: Browser) -> None:
    """The same of a challenge that was asked for before the member made the first one."""
    knows = scene.browser().signed_in()
    knows.device = Authenticator(ISSUER, credential_id=b"of somebody else")
    page = knows.open(PAGE)
    answer = knows.device.make(knows.options(page))
    browser.signed_in().register_passkey()
    scene.clock.advance(timedelta(seconds=30))
    assert 'name="password"' in knows.send(page, "/account/passkeys", credential=answer).text
    assert [action for action, _ in scene.actions()].count("passkey.registered") == 1


@pytest.mark.parametrize("act", ["add", "remove"])
def test_touches_no_passkey_by_the_password_where_there_is_one(thief: Browser, act: str) -> None:
    """One that a password adds signs in past the other; one that it removes is no obstacle any more."""
    listed = thief.open(PAGE).text
    assert "data-options" not in listed
    remove = re.findall(r'href="(/account/passkeys/\w+/remove)"', listed)[0]
    assert "패스키를 쓸 수 없나요?" in sign_in_again(thief, "/account/passkeys/new" if act == "add" else remove)


def test_adds_an_app_after_the_passkey(scene: Scene, browser: Browser) -> None:
    """The member's own way: the passkey is two factors by itself."""
    browser.signed_in().register_passkey()
    scene.clock.advance(timedelta(seconds=30))
    browser.use_passkey(browser.open(APP))
    page = browser.open(APP)
    secret = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page.text)
    assert secret is not None
    code = pyotp.TOTP(secret[1].replace(" ", "")).at(scene.clock.now())
    assert browser.send(page, "/app", code=code).status_code == 200
    assert "second_step.turned_on" in dict(scene.actions())


def test_lets_a_verified_person_past_a_lost_passkey(scene: Scene, thief: Browser) -> None:
    """Nobody is locked out: whoever lost their only passkey proves by verification that they are the same person, and
    nobody else passes it."""
    page = thief.password(thief.open(APP))
    offered = thief.open(re.findall(r'href="(/signin/[^"]+/step-up)"', page.text)[0])
    assert "두 번째 확인을 대신합니다" in offered.text
    joint_certificate(thief, offered, "kim_gildong")
    assert 'class="secret"' not in thief.open(APP).text
    scene.clock.advance(timedelta(seconds=30))
    page = thief.password(thief.open(APP))
    offered = thief.open(re.findall(r'href="(/signin/[^"]+/step-up)"', page.text)[0])
    joint_certificate(thief, offered)
    assert 'class="secret"' in thief.open(APP).text
    remove = re.findall(r'href="(/account/passkeys/\w+/remove)"', thief.open(PAGE).text)[0]
    assert "등록한 패스키가 없습니다" in thief.send(thief.open(remove), remove).text


def test_offers_a_relying_party_the_same_way_past_a_lost_passkey(scene: Scene, thief: Browser) -> None:
    """Unmet Authentication Requirements 1.0 §2: a level that the member can reach is not refused for a lost factor."""
    heard(thief.agree(thief.ask(VOUCHER)), VOUCHER)
    page = thief.ask(VOUCHER, claims=essential(TWO))
    assert "data-options" in page.text
    offered = thief.open(re.findall(r'href="(/signin/[^"]+/step-up)"', page.text)[0])
    answered = heard(joint_certificate(thief, offered), VOUCHER)  # type: ignore[arg-type]
    assert scene.claims(VOUCHER, answered["code"])["acr"] == f"{TWO}:sim"


def test_asks_for_the_passkey_only_of_whom_nobody_verified(scene: Scene) -> None:
    """Any other person's verification would do for them, so none is offered; the password still opens their pages."""
    a_person(scene.house, "unverified", ci=None)
    browser = scene.browser()
    browser.send(browser.open("/account/"), "/password", login_id="unverified", password="Onepass!2026")
    browser.register_passkey()
    scene.clock.advance(timedelta(seconds=30))
    page = browser.send(browser.open(APP), "/password", login_id="unverified", password="Onepass!2026")
    assert "data-options" in page.text
    assert "/step-up" not in page.text
    assert browser.is_signed_in()


@pytest.mark.parametrize(("ends_in", "asked"), [(timedelta(days=1), True), (timedelta(days=-1), False)])
def test_counts_a_certificate_that_is_good(scene: Scene, browser: Browser, ends_in: timedelta, *, asked: bool) -> None:
    """A registered certificate reaches level 3, so that the password alone adds neither an app nor another
    certificate; one that has ended reaches nothing and shuts nobody out."""
    with scene.house.database.transaction() as connection:
        row = members.find(connection, scene.member_id)
        assert row is not None
        assert row.data_key is not None
        now = scene.clock.now()
        certificate = SimpleCertificate("issuer", "joint_certificate", "1", now + ends_in)
        certificates = RegisteredCertificates(scene.house.cipher, scene.house.randomness)
        certificates.register(connection, scene.member_id, row.data_key, certificate, name="", at=now)
    browser.signed_in()
    scene.clock.advance(timedelta(seconds=30))
    assert ('class="secret"' not in browser.open(APP).text) is asked
    page = browser.open("/account/certificates")
    page = browser.send(page, "/account/certificates/register", method="joint_certificate")
    assert ('name="password"' in page.text) is asked
    if asked:
        assert "한 번 더 확인해 달라고" in browser.password(page).text
