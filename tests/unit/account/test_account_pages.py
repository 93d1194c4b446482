"""A member's own pages from outside."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.links.models import links
from idp.members.models import members
from tests.builders import PASSWORD
from tests.protocol.oidc.lab import KAMP, VOUCHER, Browser, Provider, csrf, hidden, is_a_page

PAGES = ["/account/", "/account/agencies", "/account/withdraw"]


@pytest.fixture
def member(browser: Browser) -> Browser:
    """A browser whose member is signed in and linked with two agencies."""
    for client in (VOUCHER, KAMP):
        browser.code(client)
    return browser


def post(browser: Browser, address: str, **fields: str) -> TestResponse:
    page = browser.client.get(address)
    return browser.client.post(address, data={**hidden(page), **fields})


def states(provider: Provider) -> dict[str, str]:
    with provider.house.database.reading() as connection:
        return {row.agency_id: row.state for row in connection.execute(select(links))}


def status(provider: Provider) -> str:
    with provider.house.database.reading() as connection:
        return str(connection.execute(select(members.c.status)).scalar_one())


@pytest.mark.parametrize("address", PAGES)
def test_asks_who_is_there_and_goes_on_to_the_page(browser: Browser, address: str) -> None:
    """Requirements §4: the pages are the member's own; after signing in one is where one wanted to be."""
    asked = browser.client.get(address)
    assert asked.headers["Location"].startswith("/signin/")
    shown = browser.pages(asked)
    assert shown.status_code == 200
    assert shown.request.path == address


def test_shows_what_is_known_masked(member: Browser) -> None:
    """REQ-70: masked; nothing in full."""
    page = member.client.get("/account/").text
    for whole in ("홍길동", "honggildong", "01012345678", "hong@example.kr"):
        assert whole not in page
    assert "홍*동" in page


def test_shows_the_agencies_with_their_state(member: Browser) -> None:
    """REQ-72, REQ-73."""
    page = member.client.get("/account/agencies").text
    assert page.count("bg-light-success") == 2
    assert page.count("bg-light-gray") == 1
    found = member.client.get("/account/agencies?q=" + "없는 기관").text
    assert 'role="status"' in found


def test_stops_a_link(provider: Provider, member: Browser) -> None:
    """계정 연결 중단: first what it means, then the act; a second time says that it has ended."""
    address = "/account/agencies/kamp/unlink"
    assert "kamp 기관" in member.client.get(address).text
    assert states(provider) == {"voucher": "linked", "kamp": "linked"}
    assert 'href="/receipts/' in post(member, address).text
    assert states(provider) == {"voucher": "linked", "kamp": "unlinked"}
    assert is_a_page(post(member, address), 409)


@pytest.mark.parametrize("agency", ["nowhere", "bizinfo"])
def test_stops_no_link_that_is_not_there(member: Browser, agency: str) -> None:
    """An agency that is unknown, or never linked."""
    page = member.client.get("/account/agencies/kamp/unlink")
    answer = member.client.post(f"/account/agencies/{agency}/unlink", data=hidden(page))
    assert is_a_page(answer, 404)


@pytest.mark.parametrize("address", ["/account/agencies/kamp/unlink", "/account/withdraw", "/account/sign-out"])
def test_takes_no_post_without_its_token(provider: Provider, member: Browser, address: str) -> None:
    """OWASP CSRF Prevention: no other site ends a link, a membership or a session."""
    assert is_a_page(member.client.post(address, data={"password": PASSWORD, "understood": "y"}), 400)
    assert set(states(provider).values()) == {"linked"}
    assert status(provider) == "active"
    assert "code" in member.answer(VOUCHER, prompt="none")


def test_says_what_leaving_means(member: Browser) -> None:
    """REQ-75: what is kept and how long, which agencies will be told."""
    page = member.client.get("/account/withdraw").text
    assert "회원 탈퇴 시 회원정보 보관 안내" in page
    for name in ("voucher 기관", "kamp 기관"):
        assert name in page
    assert "bizinfo 기관" not in page


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"password": PASSWORD}, 400),
        ({"understood": "y"}, 400),
        ({}, 400),
        ({"password": "Wrong!2026", "understood": "y"}, 401),
    ],
)
def test_lets_nobody_leave_by_mistake(
    provider: Provider, member: Browser, fields: dict[str, str], expected: int
) -> None:
    """REQ-75, REQ-81: read, agreed, and proven again who it is."""
    assert post(member, "/account/withdraw", **fields).status_code == expected
    assert status(provider) == "active"


def test_counts_passwords_guessed_on_the_way_out(provider: Provider, member: Browser) -> None:
    """REQ-40: a session left open is no place to guess passwords."""
    for _ in range(5):
        post(member, "/account/withdraw", password="Wrong!2026", understood="y")
    assert post(member, "/account/withdraw", password=PASSWORD, understood="y").status_code in (401, 429)
    assert status(provider) == "active"


def test_lets_a_member_leave(provider: Provider, member: Browser) -> None:
    """REQ-76…81: everything ends, and the page names who will be told; the browser forgets the member."""
    member.client.set_cookie("idp_login_id", "honggildong")
    done = post(member, "/account/withdraw", password=PASSWORD, understood="y")
    assert done.status_code == 200
    for name in ("voucher 기관", "kamp 기관"):
        assert name in done.text
    assert states(provider) == {"voucher": "unlinked", "kamp": "unlinked"}
    assert status(provider) == "withdrawn"
    assert member.session_cookie() is None
    assert member.client.get_cookie("idp_login_id") is None
    assert member.pages(member.client.get("/account/")).status_code == 401


def test_signs_out(provider: Provider, member: Browser) -> None:
    """로그아웃: here, and the relying parties are told."""
    token = csrf(member.client.get("/account/"))
    done = member.client.post("/account/sign-out", data={"csrf_token": token})
    assert done.headers["Location"].startswith("/signed-out/")
    assert member.answer(VOUCHER, prompt="none")["error"] == "login_required"


def test_the_start_page_knows_who_is_there(browser: Browser, member: Browser) -> None:
    """Where somebody arrives who typed our address; the name masked."""
    assert "홍*동" in member.client.get("/").text
    member.client.delete_cookie("idp_session")
    assert "홍*동" not in member.client.get("/").text
