"""The page that opens a certificate file, as the server makes it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest

from idp.verification.lab.members import BUSINESS_POLICY, FINANCIAL_POLICY
from tests.fakes import FrozenClock
from tests.protocol.verification.conftest import Person
from tests.unit.verification.lab import Room, application


class Inputs(HTMLParser):
    """The attributes of every input of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "input":
            self.found.append(dict(attrs))


@pytest.fixture
def person(certificate_room: Room) -> Person:
    return Person(application(certificate_room, []).test_client())


def told(page: str, name: str) -> str:
    found = re.search(rf'data-{name}="([^"]*)"', page)
    assert found is not None, page
    return unescape(found[1])


def test_tells_the_scripts_what_to_sign(person: Person) -> None:
    """The exact text, the server's clock, and the kinds it takes; by a bundle that no other page loads."""
    page = person.start("business_certificate").text
    assert told(page, "readable").startswith("중기통합회원 기업 확인|")
    assert told(page, "now") < told(page, "ends-at")
    assert {BUSINESS_POLICY, FINANCIAL_POLICY} <= set(told(page, "accepted").split())
    assert re.search(r'<script src="/assets/certificate[^"]*\.js" defer></script>', page)
    assert "certificate.js" not in person.start("phone").text


def test_could_not_post_a_password(person: Person) -> None:
    """Issue 4: neither password nor files have a name, so that they stay even where the script is broken."""
    inputs = Inputs(person.start("business_certificate").text).found
    secret = [each for each in inputs if each["type"] in {"password", "file"}]
    assert len(secret) == 3
    assert all("name" not in each for each in secret)
    posted = {each["name"] for each in inputs if each["type"] == "hidden"}
    assert posted == {"csrf_token", "cms", "r"}


def test_asks_no_person_for_r(person: Person) -> None:
    """korean-identity §1.3: with a person's VID it tells their 주민등록번호, and nothing here needs it."""
    inputs = Inputs(person.start("joint_certificate").text).found
    assert {each["name"] for each in inputs if each["type"] == "hidden"} == {"csrf_token", "cms"}


def test_says_that_it_needs_scripts(person: Person) -> None:
    """Without JavaScript: said plainly, with the way to another method; the form stays hidden."""
    page = person.start("business_certificate").text
    assert "스크립트(JavaScript)가 필요합니다" in page
    assert re.search(r"<form[^>]*/answer\"[^>]* hidden>", page)
    assert "인증 취소" in page


def test_is_no_page_to_sign_on_when_time_is_up(person: Person, frozen_clock: FrozenClock) -> None:
    """korean-identity §1.6: three minutes; loaded again later, it says so instead of asking for a password."""
    page = person.start("business_certificate")
    frozen_clock.advance(timedelta(minutes=3))
    late = person.get(page.request.path)
    assert "전자서명 시간이 지났습니다" in late.text
    assert 'type="password"' not in late.text


def test_speaks_to_a_person_of_a_persons_certificate(person: Person) -> None:
    """The sentence about kinds names the kind that is wanted."""
    assert "개인용 범용 공동인증서" in person.start("joint_certificate").text
    assert "사업자용 범용 공동인증서" in person.start("business_certificate").text
