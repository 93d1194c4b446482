"""Levels that relying parties ask for by OpenID Connect (issue 4)."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from idp.house import House
from tests.builders import a_person, register
from tests.protocol.oidc.lab import AGENCIES, KAMP, VOUCHER, heard
from tests.protocol.second_factors.lab import Browser, Scene

ONE, TWO, THREE = (f"urn:onepass:acr:{level}" for level in (1, 2, 3))


def essential(*values: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})


def joint_certificate(browser: Browser, page: object, holder: str = "hong_gildong") -> object:
    """By the simulated 공동인증서."""
    chosen = browser.send(page, "/step-up", method="joint_certificate")  # type: ignore[arg-type]
    return browser.send(chosen, "/simulator", holder=holder, outcome="approve")


@pytest.fixture
def linked(browser: Browser) -> Browser:
    """Signed in by password and linked with the agency."""
    page = browser.password(browser.ask(VOUCHER))
    heard(browser.agree(page), VOUCHER)
    return browser


def test_asks_for_a_second_factor(scene: Scene, linked: Browser) -> None:
    """OpenID Connect Core §3.1.2.1 (`acr_values`): the member is asked, once, and the level is told."""
    codes = scene.turn_on()
    page = linked.ask(VOUCHER, acr_values=f"{TWO}")
    assert "voucher에서 한 번 더 확인해 달라고" in page.text
    answered = heard(linked.send(page, "/code", code=codes[0]), VOUCHER)
    claims = scene.claims(VOUCHER, answered["code"])
    assert (claims["acr"], claims["amr"]) == (TWO, ["pwd", "otp", "mfa"])
    again = heard(linked.ask(VOUCHER, acr_values=TWO, prompt="none"), VOUCHER)
    assert scene.claims(VOUCHER, again["code"])["auth_time"] == claims["auth_time"]
    told = [detail for action, detail in scene.actions() if action == "sign_in.answered"][-1]
    assert (told["acr"], told["amr"]) == (TWO, "pwd otp mfa")


def test_goes_on_with_what_there_is_where_a_wish_is_passed_by(scene: Scene, linked: Browser) -> None:
    """OpenID Connect Core §3.1.2.1, §5.5.1.1: a voluntary level that is not reached is no error; `acr` says so."""
    scene.turn_on()
    page = linked.ask(VOUCHER, acr_values=TWO)
    answered = heard(linked.send(page, "/skip"), VOUCHER)
    assert scene.claims(VOUCHER, answered["code"])["acr"] == ONE


def test_refuses_where_a_demand_is_passed_by(scene: Scene, linked: Browser) -> None:
    """OpenID Connect Core Unmet Authentication Requirements 1.0 §2."""
    scene.turn_on()
    page = linked.ask(VOUCHER, claims=essential(TWO))
    answered = heard(linked.send(page, "/skip"), VOUCHER)
    assert answered["error"] == "unmet_authentication_requirements"
    assert (answered["state"], answered["iss"]) == ("a state", "http://localhost:8000")


@pytest.mark.parametrize("values", [("phr",), ("urn:onepass:acr:9",)])
def test_refuses_a_demand_that_nobody_meets(linked: Browser, values: tuple[str, ...]) -> None:
    """Unmet Authentication Requirements 1.0 §2: no page is shown for what cannot be."""
    for prompt in (None, "none"):
        answered = heard(linked.ask(VOUCHER, claims=essential(*values), prompt=prompt), VOUCHER)
        assert answered["error"] == "unmet_authentication_requirements"


def test_refuses_a_demand_that_this_member_cannot_meet(scene: Scene) -> None:
    """Unmet Authentication Requirements 1.0 §2: no factor registered, no verified identity; the wish is answered."""
    a_person(scene.house, "unverified", ci=None)
    browser = scene.browser()
    page = browser.send(browser.ask(VOUCHER), "/password", login_id="unverified", password="Onepass!2026")
    heard(browser.agree(page), VOUCHER)
    said = heard(browser.ask(VOUCHER, claims=essential(TWO)), VOUCHER)
    assert said["error"] == "unmet_authentication_requirements"
    assert scene.claims(VOUCHER, heard(browser.ask(VOUCHER, acr_values=TWO), VOUCHER)["code"])["acr"] == ONE


def test_shows_no_page_where_none_may_be(scene: Scene, linked: Browser) -> None:
    """OpenID Connect Core §3.1.2.6: prompt=none; a wish is answered, a demand needs the member."""
    scene.turn_on()
    assert "code" in heard(linked.ask(VOUCHER, acr_values=TWO, prompt="none"), VOUCHER)
    said = heard(linked.ask(VOUCHER, claims=essential(TWO), prompt="none"), VOUCHER)
    assert said["error"] == "login_required"


def test_wants_both_factors_anew_with_prompt_login(scene: Scene, linked: Browser) -> None:
    """OpenID Connect Core §3.1.2.1: prompt=login; the code of before does not count."""
    codes = scene.turn_on()
    heard(linked.send(linked.ask(VOUCHER, acr_values=TWO), "/code", code=codes[0]), VOUCHER)
    scene.clock.advance(timedelta(seconds=60))
    page = linked.password(linked.ask(VOUCHER, acr_values=TWO, prompt="login"))
    answered = heard(linked.send(page, "/code", code=scene.code()), VOUCHER)
    claims = scene.claims(VOUCHER, answered["code"])
    assert (claims["acr"], claims["auth_time"]) == (TWO, int(scene.clock.now().timestamp()))


def test_counts_spared_browsers_as_one_factor(scene: Scene, linked: Browser) -> None:
    """Issue 4: 이 기기에서는 다시 묻지 않기 answers the member's own question, never a relying party's."""
    scene.turn_on()
    linked.client.delete_cookie("idp_session")
    linked.send(linked.password(linked.open("/account/")), "/code", code=scene.code(), spare="y")
    linked.client.delete_cookie("idp_session")
    answered = heard(linked.password(linked.ask(VOUCHER)), VOUCHER)
    assert scene.claims(VOUCHER, answered["code"])["acr"] == ONE
    assert "/code" in linked.ask(VOUCHER, acr_values=TWO).text


def test_reaches_level_three_by_certificate(scene: Scene, linked: Browser) -> None:
    """Issue 4: step-up from level 1 to 3; what a simulator vouched for says so; the demand is met by its name."""
    page = linked.ask(VOUCHER, acr_values=f"{THREE} {TWO}")
    assert "인증서로 확인해 달라고" in page.text
    answered = heard(joint_certificate(linked, page), VOUCHER)  # type: ignore[arg-type]
    claims = scene.claims(VOUCHER, answered["code"])
    assert (claims["acr"], claims["amr"]) == (f"{THREE}:sim", ["swk"])
    lower = heard(linked.ask(VOUCHER, claims=essential(TWO), prompt="none"), VOUCHER)
    assert scene.claims(VOUCHER, lower["code"])["acr"] == f"{TWO}:sim"


def test_reaches_no_level_by_somebody_elses_certificate(scene: Scene, linked: Browser) -> None:
    """Issue 4, bad input: another person's certificate; no evidence is made."""
    page = linked.ask(VOUCHER, acr_values=THREE)
    joint_certificate(linked, page, "kim_gildong")
    assert "인증서로 확인해 달라고" in linked.ask(VOUCHER, acr_values=THREE).text
    assert not [detail for action, detail in scene.actions() if action == "second_step.taken"]


def test_goes_by_what_was_registered(scene: Scene) -> None:
    """Dynamic Registration §2 (`default_acr_values`): counts where the request asks nothing."""
    _with_defaults(scene.house)
    codes = scene.turn_on()
    browser = scene.browser()
    page = browser.send(browser.password(browser.ask(KAMP)), "/code", code=codes[0])
    heard(browser.agree(browser.send(page, "/skip")), KAMP)
    assert "인증서로 확인해 달라고" in browser.ask(KAMP).text
    plain = heard(browser.ask(KAMP, acr_values=ONE), KAMP)
    assert scene.claims(KAMP, plain["code"], "ES256")["acr"] == TWO


def test_asks_for_a_level_before_consent(scene: Scene, browser: Browser) -> None:
    """Whoever agrees to release something is who they must be by then."""
    codes = scene.turn_on()
    page = browser.send(browser.password(browser.ask(VOUCHER, acr_values=THREE)), "/code", code=codes[0])
    assert "인증서로 확인해 달라고" in page.text
    assert "/consent" in browser.send(page, "/skip").text


@pytest.mark.parametrize("claims", ["{", "[]", '{"id_token": 7}'])
def test_refuses_malformed_claims(linked: Browser, claims: str) -> None:
    """OpenID Connect Core §5.5, RFC 6749 §4.1.2.1."""
    assert heard(linked.ask(VOUCHER, claims=claims), VOUCHER)["error"] == "invalid_request"


def test_says_what_levels_there_are(scene: Scene) -> None:
    """OpenID Connect Discovery §3."""
    found = scene.app.test_client().get("/.well-known/openid-configuration").get_json()
    assert found["acr_values_supported"] == [ONE, TWO, THREE]


def test_shows_the_step_up_page_to_nobody_it_is_not_for(linked: Browser) -> None:
    """A page loaded again after the level was reached leads on."""
    page = linked.ask(VOUCHER, acr_values=THREE)
    base = re.findall(r'action="(/signin/[^"]+)/step-up"', page.text)[0]
    assert linked.client.get(f"{base}/stepped-up?verification=nothing").status_code == 303
    joint_certificate(linked, page)
    for path in ("step-up", "stepped-up"):
        assert linked.client.get(f"{base}/{path}").status_code in (303, 404)


def _with_defaults(house: House) -> None:
    agency = json.loads(json.dumps(next(each for each in AGENCIES if each["id"] == "kamp")))
    agency["relying_party"][0]["default_acr_values"] = [THREE]
    register(house, agency)
