"""How long a session at voucher lasts, what prolongs it, and its own page of the member."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from relying_parties.records import LONGEST_SESSION_SECONDS, Records, SignedIn
from relying_parties.site import Site
from relying_parties.voucher.voucher_site import open_voucher
from relying_parties.website import open_site
from tests.unit.relying_parties.transmitter import NOW, settings

ISSUER = "http://127.0.0.1:1"
TEN_MINUTES = 600
MEMBER = SignedIn(ISSUER, "s", "홍길동", "OpenID Connect", ISSUER, NOW, sid="sid", id_token="id.to.ken")
JSON = {"Accept": "application/json"}


@pytest.fixture
def voucher(tmp_path: Path) -> Site:
    """The voucher site at a moment that stands still, its provider unreachable."""
    site = open_voucher({"VOUCHER_DATABASE": str(tmp_path / "voucher.db"), "VOUCHER_ISSUER": ISSUER})
    site.app.testing = True
    site.records.now = lambda: NOW
    return site


@pytest.fixture
def browser(voucher: Site) -> FlaskClient:
    """A member's, signed in through the provider."""
    return holding(voucher, voucher.records.sign_in(MEMBER))


def holding(site: Site, token: str) -> FlaskClient:
    browser = site.app.test_client()
    with browser.session_transaction() as cookie:
        cookie["session_token"] = token
    return browser


def wait(site: Site, seconds: float) -> None:
    later = site.records.now() + seconds
    site.records.now = lambda: later


def left(browser: FlaskClient) -> Any:
    return browser.get("/session").get_json()


def test_shows_the_header_of_whoever_is_signed_in(voucher: Site, browser: FlaskClient) -> None:
    """REQ-02: `<이름>님 mm분 ss초 연장 로그아웃 마이페이지`, in this order."""
    header = browser.get("/").text.partition("<header")[2].partition("</header>")[0]
    places = [
        header.index(word)
        for word in ("포털 바로가기", "홍길동님", "10분 00초", ">연장<", ">로그아웃<", ">마이페이지<")
    ]
    assert places == sorted(places)
    assert ">통합로그인<" not in header


def test_does_not_prolong_by_looking(voucher: Site, browser: FlaskClient) -> None:
    """REQ-66: a countdown that asks how long is left is nobody's use of the site."""
    wait(voucher, 100)
    browser.get("/state")
    assert left(browser) == {"left": TEN_MINUTES - 100, "final": False}


def test_prolongs_by_an_opened_page(voucher: Site, browser: FlaskClient) -> None:
    """C10 of the requirements: the limit is on idleness."""
    wait(voucher, TEN_MINUTES - 1)
    browser.get("/mypage")
    assert left(browser)["left"] == TEN_MINUTES


def test_extends_without_leaving_the_page(voucher: Site, browser: FlaskClient) -> None:
    """REQ-66: 연장, with scripts."""
    wait(voucher, 300)
    assert browser.post("/session/extend", headers=JSON).get_json() == {"left": TEN_MINUTES, "final": False}


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [("/mypage", "/mypage"), ("/", "/"), ("//evil.test", "/"), ("https://evil.test/", "/"), ("/\\evil.test", "/")],
)
def test_extends_by_a_plain_form_and_comes_back(voucher: Site, browser: FlaskClient, back: str, leads_to: str) -> None:
    """REQ-66: 연장, without scripts; to a page of ours and to no other."""
    wait(voucher, 300)
    assert browser.post("/session/extend", data={"back": back}).location == leads_to
    assert left(browser)["left"] == TEN_MINUTES


def test_ends_when_nobody_comes(voucher: Site, browser: FlaskClient) -> None:
    """REQ-65: at the very second, and 연장 does not bring it back."""
    wait(voucher, TEN_MINUTES)
    assert browser.post("/session/extend", headers=JSON).get_json() == {"left": 0, "final": True}
    assert "이용 시간이 지나 로그아웃되었습니다." in browser.get("/").text
    assert browser.get("/mypage").location == "/"


def test_gives_nothing_beyond_the_longest_time(voucher: Site, browser: FlaskClient) -> None:
    """REQ-67: however often it was prolonged; at the limit there is no 연장."""
    for _each in range(LONGEST_SESSION_SECONDS // 500):
        wait(voucher, 500)
        browser.post("/session/extend")
    rest = LONGEST_SESSION_SECONDS % 500
    assert left(browser) == {"left": rest, "final": True}
    assert ">연장<" not in browser.get("/").text
    wait(voucher, rest)
    assert left(browser)["left"] == 0


def test_ends_at_the_provider_too_when_time_is_up(voucher: Site, browser: FlaskClient) -> None:
    """REQ-65: both sides, by RP-Initiated Logout; once, so that the notice can be read afterwards."""
    client = voucher.app.extensions["authlib.integrations.flask_client"].provider
    client.server_metadata.update(end_session_endpoint=f"{ISSUER}/oidc/end-session", _loaded_at=1)
    wait(voucher, TEN_MINUTES + 1)
    address = urlsplit(browser.get("/").location)
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ISSUER}/oidc/end-session"
    assert parse_qs(address.query) == {
        "id_token_hint": ["id.to.ken"],
        "client_id": ["voucher"],
        "post_logout_redirect_uri": ["http://127.0.0.1:8101/"],
    }
    assert 'data-ended="timeout"' in browser.get("/").text


def test_leads_nowhere_when_its_own_sign_in_runs_out(voucher: Site) -> None:
    """REQ-76: the agency's own login is no business of the provider's."""
    browser = holding(voucher, voucher.records.sign_in_locally("홍길동", "testId1"))
    wait(voucher, TEN_MINUTES + 1)
    assert 'data-ended="timeout"' in browser.get("/").text


def test_leads_to_the_providers_my_pages_after_integrated_login(browser: FlaskClient) -> None:
    """REQ-69."""
    page = browser.get("/mypage").text
    assert f'<a class="main-action" href="{ISSUER}/account/">통합회원 관리</a>' in page


def test_offers_no_member_management_after_its_own_login(voucher: Site) -> None:
    """REQ-69: only for sessions that came from 통합로그인."""
    page = holding(voucher, voucher.records.sign_in_locally("홍길동", "testId1")).get("/mypage").text
    assert "마이페이지" in page
    assert "통합회원 관리" not in page


def test_has_no_my_page_for_strangers(voucher: Site) -> None:
    """REQ-69: there is nobody whose page it could be."""
    assert voucher.app.test_client().get("/mypage").location == "/"


def test_opens_a_file_from_before_sessions_had_an_end(tmp_path: Path) -> None:
    """A site that is updated keeps its sessions and their eight hours."""
    path = tmp_path / "sample.db"
    before = Records(path, now=lambda: NOW)
    token = before.sign_in(replace(MEMBER))
    with before.connection() as connection:
        connection.execute("alter table sessions drop column ends_at")
    row = Records(path, now=lambda: NOW + 1).session(token)
    assert row is not None
    assert (row["ended_at"], row["ends_at"]) == (None, NOW + LONGEST_SESSION_SECONDS)


def test_counts_down_without_extension_where_sessions_are_long(tmp_path: Path) -> None:
    """REQ-66: a party whose sessions have their full eight hours at once has nothing to offer."""
    site = open_site(settings(tmp_path))
    site.app.testing = True
    site.records.now = lambda: NOW
    page = holding(site, site.records.sign_in(MEMBER)).get("/").text
    assert "480분 00초" in page
    assert ">연장<" not in page
