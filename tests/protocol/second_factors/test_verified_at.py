"""`auth_time` of what a verification proved (issue 4): when it was verified, not when somebody came back with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.credentials.certificates import RegisteredCertificates
from idp.members import store as members
from idp.verification.simulated.people import COMPANIES, certificate
from tests.builders import an_enterprise
from tests.protocol.oidc.lab import VOUCHER, heard
from tests.protocol.saml.lab import Answered, Provider, read_form
from tests.protocol.saml.test_levels import context, stated
from tests.protocol.second_factors.lab import Browser, Scene
from tests.protocol.second_factors.test_levels import THREE
from tests.vectors.saml.forge import metadata, redirect, request as authn_request

COMPANY = COMPANIES[0]
LINGERED = timedelta(minutes=5)


@pytest.fixture
def enterprise(scene: Scene) -> str:
    """길동상사, whose simulated certificate is registered."""
    member_id = an_enterprise(scene.house, COMPANY.business_number)
    now = scene.clock.now()
    with scene.house.database.transaction() as connection:
        row = members.find(connection, member_id)
        assert row is not None
        assert row.data_key is not None
        certificates = RegisteredCertificates(scene.house.cipher, scene.house.randomness)
        said = certificate(COMPANY.code, now.date())
        certificates.register(connection, member_id, row.data_key, said, name="", at=now)
    return member_id


@pytest.fixture
def smtech(scene: Scene) -> Provider:
    """The same provider as a service provider sees it."""
    provider = Provider(scene.house, scene.app)
    provider.register(metadata())
    return provider


def seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def approve(scene: Scene, browser: Browser, chosen: TestResponse, holder: str) -> tuple[datetime, TestResponse]:
    """The simulator says yes and we weigh it; when, and the way back, which the browser takes minutes later."""
    verified_at = scene.clock.now()
    back = browser.post(chosen, "/simulator", holder=holder, outcome="approve")
    while not back.headers["Location"].startswith("/signin/"):
        back = browser.client.get(back.headers["Location"])
    scene.clock.advance(LINGERED)
    return verified_at, back


def certificate_sign_in(scene: Scene, browser: Browser, page: TestResponse) -> tuple[datetime, TestResponse]:
    """By the tab 기업 회원 로그인, minutes on the way; what follows."""
    tab = browser.open(f"{page.request.path}?type=enterprise")
    number, method = COMPANY.business_number, "business_certificate"
    chosen = browser.send(tab, "/enterprise", business_number=number, method=method)
    verified_at, back = approve(scene, browser, chosen, COMPANY.code)
    return verified_at, browser.follow(back)


def ask_by_saml(browser: Browser, smtech: Provider, content: str = "", **attributes: str) -> TestResponse:
    """Arrive from the service provider."""
    query = redirect(
        authn_request(smtech.now, ID=f"_{seconds(smtech.now)}", Destination=None, content=content, **attributes)
    )
    return browser.follow(browser.client.get("/saml/sso", environ_overrides={"QUERY_STRING": query.decode("ascii")}))


def statement(answered: Answered) -> Any:
    return next(answered.root.iter("{urn:oasis:names:tc:SAML:2.0:assertion}AuthnStatement"))


def instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.usefixtures("enterprise")
@pytest.mark.parametrize("parameters", [{}, {"max_age": "60"}, {"max_age": "0"}, {"prompt": "login"}])
def test_tells_when_a_certificate_signed(scene: Scene, browser: Browser, parameters: dict[str, str]) -> None:
    """OpenID Connect Core §2 `auth_time`, §3.1.2.1: the signature's time; it came after the question, so that `max_age`
    asks nobody again, however long the way back takes."""
    verified_at, page = certificate_sign_in(scene, browser, browser.ask(VOUCHER, **parameters))
    claims = scene.claims(VOUCHER, heard(browser.agree(page), VOUCHER)["code"])
    assert (claims["acr"], claims["auth_time"]) == (f"{THREE}:sim", seconds(verified_at))


def test_tells_when_a_step_up_was_verified(scene: Scene, browser: Browser) -> None:
    """The same of a certificate that was added to a password."""
    heard(browser.agree(browser.password(browser.ask(VOUCHER))), VOUCHER)
    scene.clock.advance(timedelta(minutes=1))
    chosen = browser.send(browser.ask(VOUCHER, acr_values=THREE), "/step-up", method="joint_certificate")
    verified_at, back = approve(scene, browser, chosen, "hong_gildong")
    claims = scene.claims(VOUCHER, heard(browser.follow(back), VOUCHER)["code"])
    assert (claims["acr"], claims["auth_time"]) == (f"{THREE}:sim", seconds(verified_at))
    assert "identity.verified_again" in dict(scene.actions())


@pytest.mark.usefixtures("enterprise")
def test_asks_once_again_where_it_is_older_than_max_age(scene: Scene, browser: Browser) -> None:
    """OpenID Connect Core §3.1.2.1: five minutes are too old for `max_age=240` however new the session is; what is
    proved then is the answer, and nobody goes round in circles."""
    _verified_at, page = certificate_sign_in(scene, browser, browser.ask(VOUCHER))
    heard(browser.agree(page), VOUCHER)
    assert heard(browser.ask(VOUCHER, max_age="240", prompt="none"), VOUCHER)["error"] == "login_required"
    assert "code" in heard(browser.ask(VOUCHER, max_age="360", prompt="none"), VOUCHER)
    verified_at, page = certificate_sign_in(scene, browser, browser.ask(VOUCHER, max_age="240"))
    assert scene.claims(VOUCHER, heard(page, VOUCHER)["code"])["auth_time"] == seconds(verified_at)


def test_takes_nothing_of_before_the_question_for_a_fresh_proof(scene: Scene, browser: Browser) -> None:
    """OpenID Connect Core §3.1.2.1 `prompt=login`: verified in one tab, asked anew in another, and only then collected:
    the password is asked for, once, and the level is the password's."""
    heard(browser.agree(browser.password(browser.ask(VOUCHER))), VOUCHER)
    scene.clock.advance(timedelta(minutes=1))
    chosen = browser.send(browser.ask(VOUCHER, acr_values=THREE), "/step-up", method="joint_certificate")
    _verified_at, back = approve(scene, browser, chosen, "hong_gildong")
    asked = browser.ask(VOUCHER, prompt="login")
    scene.clock.advance(timedelta(seconds=30))
    heard(browser.follow(back), VOUCHER)
    page = browser.open(asked.request.path)
    assert 'name="password"' in page.text
    claims = scene.claims(VOUCHER, heard(browser.password(page), VOUCHER)["code"])
    assert (claims["acr"], claims["auth_time"]) == ("urn:onepass:acr:1", seconds(scene.clock.now()))


@pytest.mark.usefixtures("enterprise")
@pytest.mark.parametrize("attributes", [{}, {"ForceAuthn": "true"}])
def test_states_by_saml_when_a_certificate_signed(
    scene: Scene, browser: Browser, smtech: Provider, attributes: dict[str, str]
) -> None:
    """SAML core §2.7.2 AuthnInstant, §3.4.1 ForceAuthn: the same moment, and no second question."""
    verified_at, page = certificate_sign_in(scene, browser, ask_by_saml(browser, smtech, **attributes))
    said = statement(read_form(browser.agree(page)))
    assert said.get("AuthnInstant") == instant(verified_at)


def test_states_by_saml_what_a_step_up_reached(scene: Scene, browser: Browser, smtech: Provider) -> None:
    """SAML core §2.7.2, §3.3.2.2.1: level 1 before and 3 after, each under its own name and time; the session that went
    up is told as it is to whoever asks for nothing."""
    before = read_form(browser.agree(browser.password(ask_by_saml(browser, smtech))))
    signed_in_at = scene.clock.now()
    assert statement(before).get("AuthnInstant") == instant(signed_in_at)
    assert stated(before) == "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
    scene.clock.advance(timedelta(minutes=1))
    page = ask_by_saml(browser, smtech, context("minimum", THREE))
    chosen = browser.send(page, "/step-up", method="joint_certificate")
    verified_at, back = approve(scene, browser, chosen, "hong_gildong")
    after = read_form(browser.follow(back))
    assert (stated(after), statement(after).get("AuthnInstant")) == (f"{THREE}:sim", instant(verified_at))
    scene.clock.advance(timedelta(minutes=1))
    later = read_form(ask_by_saml(browser, smtech))
    assert (stated(later), statement(later).get("AuthnInstant")) == (f"{THREE}:sim", instant(verified_at))
