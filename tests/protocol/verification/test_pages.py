"""Verification from outside: honest members, careless ones and forgers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from idp.settings import Settings
from idp.verification.routes.pages import VerificationPages
from idp.verification.simulated.outcome import Outcome
from idp.web import install
from idp.web.browser import Browser
from tests.fakes import FixedRandomness, FrozenClock
from tests.protocol.verification.conftest import Person, Site, tx_id
from tests.unit.verification.lab import BROWSER

BANNER = "모의 인증 (시험용) — 실제 본인확인이 아닙니다"


def code_on_phone(person: Person, page: TestResponse) -> str:
    """What the tester's phone shows."""
    found = re.search(r"인증번호 (\d{6})", person.get(f"/verification/{tx_id(page)}/simulator").text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("method", ["joint_certificate", "any_id"])
def test_proves_a_member_by_redirect(site: Site, method: str) -> None:
    """Requirements §1-3 step 3."""
    person = site.browser()
    page = person.start(method)
    assert BANNER in page.text
    assert person.choose(page).text == "verified"
    assert [each.name for each in site.collected] == ["홍길동"]


def test_proves_a_member_by_app(site: Site) -> None:
    """korean-identity §3.3: prepare → push → approve → poll."""
    person = site.browser()
    page = person.start("simple_certificate")
    assert BANNER in page.text
    early = person.post(page, "/poll")
    assert early.status_code == 200
    assert "아직 승인되지 않았습니다" in early.text
    phone = person.get(f"/verification/{tx_id(page)}/simulator")
    assert "승인" in person.choose(phone).text
    assert person.post(page, "/poll").text == "verified"
    assert site.collected[0].method == "simple_certificate"


def test_proves_a_member_by_a_code_to_their_phone(site: Site) -> None:
    """Requirements §1-3: a code sent to a phone in the person's own name."""
    person = site.browser()
    page = person.choose(person.start("phone"))
    assert BANNER in page.text
    for typed, sentence in (
        ("", "인증번호를 입력해 주세요."),
        ("12345", "일치하지 않습니다"),
        ("9" * 21, "너무 깁니다"),
    ):
        refused = person.post(page, "/answer", code=typed)
        assert refused.status_code == 400
        assert sentence in refused.text
        assert 'aria-invalid="true"' in refused.text
    assert person.post(page, "/answer", code=code_on_phone(person, page)).text == "verified"
    assert site.collected[0].phone == "01000000001"


def test_proves_a_business(site: Site) -> None:
    """REQ-14; the simulator offers the company whose number was typed."""
    person = site.browser()
    page = person.start("business_certificate")
    assert '<option value="gildong" selected>' in page.text
    assert person.choose(page, holder="gildong").text == "verified"
    assert site.collected[0].business_number == "1237894566"


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.APPROVE])
def test_says_what_went_wrong_and_what_to_do(site: Site, outcome: Outcome) -> None:
    """Architecture §11.8."""
    person = site.browser()
    page = person.choose(person.start("any_id"), outcome=outcome.value)
    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert "주세요." in page.text
    assert 'href="/back"' in page.text
    assert site.collected == []


def test_takes_nothing_from_what_a_browser_adds(site: Site) -> None:
    """Architecture §11.3: posted name, CI, number, method and address change nothing."""
    person = site.browser()
    page = person.start("any_id")
    forged = {
        "name": "김길동",
        "ci": "c" * 88,
        "business_number": "1237894566",
        "simulated": "",
        "return_path": "https://evil.example/",
        "method": "joint_certificate",
    }
    assert person.post(page, "/simulator", holder="hong_gildong", outcome="approve", **forged).text == "verified"
    (evidence,) = site.collected
    assert (evidence.name, evidence.method, evidence.simulated) == ("홍길동", "any_id", True)
    assert evidence.business_number is None


@pytest.mark.parametrize(
    ("holder", "outcome"), [("nobody", "approve"), ("gildong", "approve"), ("hong_gildong", "miracle"), ("", "")]
)
def test_vouches_for_nobody_who_is_not_in_its_list(site: Site, holder: str, outcome: str) -> None:
    """The simulator's own page is no way to make a person up."""
    person = site.browser()
    page = person.choose(person.start("any_id"), holder, outcome)
    assert page.status_code == 400
    assert "목록에서 골라 주세요." in page.text


@pytest.mark.parametrize(
    "query", ["", "?handle=", "?handle=" + "x" * 22, "?handle=%ff%fe", "?name=x&ci=y", "?handle=가"]
)
def test_makes_nothing_of_an_invented_return(site: Site, query: str) -> None:
    """REQ-15."""
    person = site.browser()
    page = person.start("any_id")
    assert "본인확인을 마치지 못했습니다" in person.get(f"/verification/{tx_id(page)}/return{query}").text
    assert site.collected == []


def test_refuses_a_return_that_holds_a_nul(site: Site) -> None:
    """REQ-15; no text of ours holds one, so the address itself is wrong."""
    person = site.browser()
    page = person.start("any_id")
    assert person.get(f"/verification/{tx_id(page)}/return?handle=%00%ff").status_code == 400
    assert site.collected == []


@pytest.mark.parametrize("method", ["simple_certificate", "phone"])
def test_takes_no_return_where_none_is_awaited(site: Site, method: str) -> None:
    """A step is answered by its own door only."""
    person = site.browser()
    page = person.start(method)
    if method == "phone":
        page = person.choose(page)
    assert person.get(f"/verification/{tx_id(page)}/return?handle=x&code=1").status_code == 200
    assert site.room.audited() == []


def test_uses_a_result_once(site: Site) -> None:
    """Replay of the whole return address, and the back button."""
    person = site.browser()
    page = person.start("any_id")
    assert person.choose(page).text == "verified"
    for path in (f"/verification/{tx_id(page)}/return?handle=x", f"/verification/{tx_id(page)}"):
        assert person.get(path).text == "not verified"
    assert len(site.collected) == 1
    assert person.get(f"/back?verification={tx_id(page)}").status_code == 404


def test_ignores_another_browser_at_every_door(site: Site) -> None:
    """A verification sent to somebody as a link would put their identity into the sender's account."""
    page = site.browser().start("any_id")
    stranger = site.browser()
    theirs = stranger.start("any_id")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', theirs.text)
    assert token is not None
    path = f"/verification/{tx_id(page)}"
    for door in ("", "/return?handle=x", "/simulator"):
        assert stranger.get(path + door).status_code == 404
    for door in ("/poll", "/answer", "/cancel", "/simulator"):
        posted = stranger.client.post(path + door, data={"csrf_token": token[1], "code": "1"})
        assert posted.status_code == 404
    assert stranger.get(f"/back?verification={tx_id(page)}").status_code == 404
    assert site.browser().get(path).status_code == 404
    assert site.room.audited() == []


@pytest.mark.parametrize("door", ["poll", "answer", "cancel", "simulator"])
def test_refuses_a_post_that_another_site_made(site: Site, door: str) -> None:
    """OWASP CSRF: a cancelled or approved verification is an act of the member."""
    person = site.browser()
    page = person.start("any_id")
    assert person.client.post(f"/verification/{tx_id(page)}/{door}").status_code == 400
    assert site.room.desk.transactions.store.get(f"verification:{tx_id(page)}") is not None
    assert site.room.audited() == []


def test_goes_back_when_the_member_cancels(site: Site) -> None:
    """No dead end; the audit knows."""
    person = site.browser()
    page = person.start("any_id")
    assert person.post(page, "/cancel").text == "not verified"
    assert site.room.audited()[0][1]["failure"] == "verification_cancelled"
    assert "인증을 취소했습니다." in person.get(f"/verification/{tx_id(page)}").text
    assert person.post(page, "/cancel").text == "not verified"
    assert len(site.room.audited()) == 1


def test_tells_whoever_comes_late(site: Site, frozen_clock: FrozenClock) -> None:
    """korean-identity §3.6: ≤10 minutes."""
    person = site.browser()
    page = person.start("any_id")
    frozen_clock.advance(timedelta(minutes=10))
    late = person.choose(page)
    assert "인증 시간이 지났습니다." in late.text
    frozen_clock.advance(timedelta(minutes=10))
    gone = person.get(f"/verification/{tx_id(page)}")
    assert gone.status_code == 404
    assert "처음부터 다시" in gone.text


def test_keeps_two_tabs_apart(site: Site) -> None:
    """Issue: two tabs at once without mixing; the later proof counts."""
    person = site.browser()
    first, second = person.start("any_id"), person.start("joint_certificate")
    assert person.choose(second, "kim_gildong").text == "verified"
    assert person.choose(first, "hong_gildong").text == "verified"
    assert [(each.method, each.name) for each in site.collected] == [
        ("joint_certificate", "김길동"),
        ("any_id", "홍길동"),
    ]


def test_shows_no_page_to_store(site: Site) -> None:
    """Pages of a verification stay out of caches."""
    person = site.browser()
    page = person.start("phone")
    assert page.headers["Cache-Control"] == "no-store"


def test_has_no_simulator_where_it_is_off(site: Site, fixed_randomness: FixedRandomness) -> None:
    """REQ-16: its page is not even there."""
    app = Flask("real", static_folder=None)
    app.secret_key = "real"
    install(app, Settings(), randomness=fixed_randomness)
    app.register_blueprint(VerificationPages(site.room.desk, Browser(fixed_randomness, secure=False)).blueprint())
    begun = site.room.begun("any_id", browser=BROWSER)
    assert app.test_client().get(f"{begun.path}/simulator").status_code == 404
