"""The countdown and 연장, from outside (REQ-66, REQ-67)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from tests.protocol.account.lab import Site, Visit
from tests.protocol.oidc.lab import is_a_page

IDLE, ABSOLUTE = 1800, 8 * 3600
JSON = {"Accept": "application/json"}


def left(visit: Visit) -> int:
    return int(visit.get("/account/session").get_json()["left"])


def extend(visit: Visit, token: str) -> TestResponse:
    return visit.client.post("/account/session/extend", data={"csrf_token": token}, headers=JSON)


def test_shows_what_is_left(site: Site, person: Visit) -> None:
    """Minutes and seconds in the header, without a script too."""
    page = person.get("/account/").text
    assert 'data-left="1800"' in page
    assert ">30분 00초</strong>" in page
    site.clock.advance(timedelta(seconds=61))
    assert left(person) == IDLE - 61


def test_does_not_prolong_by_looking(site: Site, person: Visit) -> None:
    """A page left open must not keep its session: thirty looks, and it ends in time."""
    for _minute in range(29):
        site.clock.advance(timedelta(minutes=1))
        assert person.get("/account/session").status_code == 200
    site.clock.advance(timedelta(minutes=1))
    answer = person.get("/account/session")
    assert (answer.status_code, answer.get_json()) == (401, {"left": 0, "final": True})
    assert not person.is_signed_in()


def test_extends_without_leaving_the_page(site: Site, person: Visit) -> None:
    """연장: the idle time starts anew."""
    token = person.token()
    site.clock.advance(timedelta(minutes=25))
    assert left(person) == 300
    answer = extend(person, token)
    assert (answer.status_code, answer.get_json()) == (200, {"left": IDLE, "final": False})
    assert answer.headers["Cache-Control"] == "no-store"
    site.clock.advance(timedelta(minutes=25))
    assert person.is_signed_in()


def test_extends_by_a_plain_form_and_comes_back(site: Site, person: Visit) -> None:
    """The same without scripts: back to the page it was pressed on."""
    site.clock.advance(timedelta(minutes=25))
    token = person.token()
    answer = person.client.post("/account/session/extend", data={"csrf_token": token, "back": "/account/consents"})
    assert answer.headers["Location"] == "/account/consents"
    assert left(person) == IDLE


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "/account/../x", "/account/\n", "", "/"]
)
def test_comes_back_to_our_own_pages_only(person: Visit, back: str) -> None:
    """No open redirect (RFC 9700 §4.11)."""
    answer = person.client.post("/account/session/extend", data={"csrf_token": person.token(), "back": back})
    assert answer.headers["Location"] == "/account/"


def test_gives_nothing_beyond_the_absolute_limit(site: Site, person: Visit) -> None:
    """REQ-67: however often it is pressed; and it is said that no more is to be had."""
    token = person.token()
    for _press in range(ABSOLUTE // 1500 - 1):
        site.clock.advance(timedelta(minutes=25))
        assert extend(person, token).status_code == 200
    site.clock.advance(timedelta(minutes=20))
    answer = extend(person, token).get_json()
    assert answer["final"] is True
    assert answer["left"] < IDLE
    site.clock.advance(timedelta(seconds=answer["left"] - 1))
    assert extend(person, token).get_json() == {"left": 1, "final": True}
    assert "더 연장할 수 없습니다" in person.get("/account/").text
    site.clock.advance(timedelta(seconds=1))
    assert extend(person, token).status_code == 401
    assert not person.is_signed_in()


def test_is_over_where_every_session_was_ended(site: Site, person: Visit) -> None:
    """A session from before 모든 기기에서 로그아웃 has nothing left, although its time is not up."""
    other = site.signed_in(person.member_id)
    token = other.token()
    person.post("/account/sessions/end-all")
    assert other.get("/account/session").status_code == 401
    assert extend(other, token).status_code == 401


def test_says_nothing_to_strangers(site: Site) -> None:
    """Nobody signed in: 401, no redirect a script would follow."""
    answer = site.app.test_client().get("/account/session")
    assert (answer.status_code, answer.mimetype) == (401, "application/json")


def test_takes_no_extension_without_its_token(site: Site, person: Visit) -> None:
    """CSRF: another site must not keep a member signed in."""
    site.clock.advance(timedelta(minutes=25))
    assert is_a_page(person.client.post("/account/session/extend", headers=JSON), 400)
    assert left(person) == 300


def test_says_what_is_left_on_every_page(person: Visit) -> None:
    """REQ-71: the manual's six entries in its order, 2단계 인증 beside certificates, and the countdown above them."""
    labels = ["나의 정보", "유관기관 목록", "인증서 관리", "2단계 인증", "동의 내역", "로그인 기록", "통합회원 탈퇴"]
    for name in (
        "",
        "agencies",
        "certificates",
        "second-step",
        "consents",
        "history",
        "withdraw",
        "profile",
        "password",
    ):
        page = person.get(f"/account/{name}").text
        assert re.findall(r'class="lnb-btn"[^>]*>([^<]+)</a>', page) == labels
        assert "data-session-clock" in page
        assert page.count('aria-current="page"') == 1
