"""What browsers do that no protocol asked for: foreign addresses, the back button, two tabs, cookies of their own."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from tests.journeys.conftest import OpenBrowser
from tests.journeys.stage import PARTIES, Stage
from tests.journeys.tab import Sight

PROVIDER_COOKIES = ("idp_session", "idp_form", "idp_login_id")
FORGED = (
    "x",
    "A" * 43,
    "%00%ff%0d%0aSet-Cookie:%20a=b",
    "eyJicm93c2VyIjoiYSJ9.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "'; DROP TABLE members; --".replace(";", "%3B"),
    "<script>alert(1)</script>",
    "é한글".encode().decode("latin-1"),
    '"unfinished',
)


def test_shows_nobody_elses_sign_in(sqlite_stage: Stage, open_browser: OpenBrowser) -> None:
    """RFC 6749 §10.12, architecture §4 row 2: a started sign-in belongs to the browser it was started in."""
    one, other = open_browser(sqlite_stage), open_browser(sqlite_stage)
    one.visit("voucher")
    assert one.press_sign_in() is Sight.PASSWORD
    assert "/signin/" in one.page.url
    other.watch.expect(404)
    for prepared in (False, True):
        if prepared:
            # With a sign-in and so a mark of its own, it is still not this one's browser.
            other.visit("kamp")
            assert other.press_sign_in() is Sight.PASSWORD
        other.page.goto(one.page.url)
        assert other.sight is Sight.NOTICE
        assert not other.page.get_by_label("비밀번호", exact=True).count()
    person = sqlite_stage.newcomer()
    assert one.give_password(person) is Sight.CONSENT
    other.page.goto(one.page.url)
    assert other.sight is Sight.NOTICE
    other.page.goto(one.page.url.replace("/signin/", "/oidc/authorize/answer/"))
    assert other.sight is Sight.NOTICE
    assert one.agree() is Sight.SIGNED_IN


def test_answers_the_back_button_after_signing_in_with_a_page(sqlite_stage: Stage, open_browser: OpenBrowser) -> None:
    """RFC 6749 §4.1.2, architecture §11.1 and §11.8: an answer is collected once, and the refusal shows a way on."""
    person, tab = sqlite_stage.newcomer(), open_browser(sqlite_stage)
    subject = tab.first_sign_in("voucher", person)
    tab.watch.expect(404)
    tab.page.go_back()
    assert tab.sight is Sight.NOTICE
    assert tab.at == sqlite_stage.provider
    assert tab.page.locator("main a[href]").count()
    assert tab.visit("voucher") is Sight.SIGNED_IN
    assert tab.subject == subject


def test_keeps_two_tabs_apart(any_stage: Stage, open_browser: OpenBrowser) -> None:
    """OpenID Connect Core §3.1.2.5: each answer goes to who asked, in whichever order the tabs go on."""
    person, one = any_stage.newcomer(), open_browser(any_stage)
    two, three = one.another(), one.another()
    tabs = dict(zip(("voucher", "kamp", "smtech"), (one, two, three), strict=True))
    for party, tab in tabs.items():
        tab.visit(party)
        assert tab.press_sign_in() is Sight.PASSWORD
    assert one.give_password(person) is Sight.CONSENT
    # The second tab does not know yet that the first has signed in: its password is taken all the same.
    assert two.give_password(person) is Sight.CONSENT
    three.page.reload()
    assert three.sight is Sight.CONSENT
    subjects = {}
    for party in ("smtech", "kamp", "voucher"):
        tab = tabs[party]
        assert tab.agree() is Sight.SIGNED_IN
        assert tab.at == any_stage.party(party)
        subjects[party] = tab.subject
    assert len(set(subjects.values())) == len(PARTIES)
    for party, tab in tabs.items():
        assert tab.visit(party) is Sight.SIGNED_IN
        assert tab.subject == subjects[party]


def test_takes_the_second_member_for_the_second_member(sqlite_stage: Stage, open_browser: OpenBrowser) -> None:
    """Architecture §11.3: who links is who is signed in, and who read the page: one made for the first member is shown
    again to the second, whose answer then counts."""
    first, second, one = sqlite_stage.newcomer(), sqlite_stage.newcomer(), open_browser(sqlite_stage)
    two = one.another()
    for party, tab in (("voucher", one), ("kamp", two)):
        tab.visit(party)
        assert tab.press_sign_in() is Sight.PASSWORD
    assert one.give_password(first) is Sight.CONSENT
    assert two.give_password(second) is Sight.CONSENT
    assert two.agree() is Sight.SIGNED_IN
    # The first tab's page was made for the first member; who presses the button now is the second.
    assert one.agree() is Sight.CONSENT
    for member in (first, second):
        assert (
            sqlite_stage.query("SELECT id FROM links WHERE agency_id = 'voucher' AND member_id = :id", id=member.id)
            == []
        )
    assert one.agree() is Sight.SIGNED_IN
    rows = sqlite_stage.query("SELECT agency_id FROM links WHERE member_id = :id", id=first.id)
    assert rows == []
    linked = sqlite_stage.query("SELECT subject FROM links WHERE member_id = :id", id=second.id)
    assert {one.subject, two.subject} == {row.subject for row in linked}


@pytest.mark.parametrize("forged", FORGED, ids=range(len(FORGED)))
def test_takes_no_harm_from_forged_cookies(sqlite_stage: Stage, forged: str) -> None:
    """Issue 2, bad input; RFC 6265 §8.6: a cookie is whatever the sender says."""
    pairs = [f"{name}={forged}" for name in (*PROVIDER_COOKIES, *(f"{party}_session" for party in PARTIES))]
    assert _refusals(sqlite_stage, "; ".join(pairs)) == []


@pytest.mark.parametrize("size", [4_000, 16_000, 70_000, 1_000_000])
def test_takes_no_harm_from_huge_cookies(sqlite_stage: Stage, size: int) -> None:
    """RFC 6585 §5: too large a header is the sender's fault, not ours."""
    assert _refusals(sqlite_stage, f"idp_session={'A' * size}; idp_form={'B' * size}") == []


def test_shows_the_sign_in_page_to_a_browser_with_forged_cookies(
    sqlite_stage: Stage, open_browser: OpenBrowser
) -> None:
    """RFC 6265 §8.6: a browser that was given nonsense is one that is not signed in, and it can become one."""
    person, tab = sqlite_stage.newcomer(), open_browser(sqlite_stage)
    tab.page.context.add_cookies(
        [{"name": name, "value": "A" * 4000, "url": sqlite_stage.provider} for name in PROVIDER_COOKIES]
    )
    assert tab.first_sign_in("voucher", person)


def _refusals(stage: Stage, cookie: str) -> list[tuple[str, str]]:
    """Where a server broke or fell silent over `cookie`."""
    paths = ("/", "/account/", "/account/withdraw", "/signin/AAAAAAAAAAAAAAAAAAAAAA", "/oidc/authorize", "/oidc/logout")
    asked = [(stage.provider, "GET", path) for path in paths]
    asked += [(stage.provider, "POST", "/signin/AAAAAAAAAAAAAAAAAAAAAA/password")]
    asked += [(stage.party(party), "GET", path) for party in PARTIES for path in ("/", "/state", "/login")]
    asked += [(stage.party("kamp"), "POST", "/tokens/check"), (stage.party("smtech"), "POST", "/saml/acs")]
    answers = [(f"{method} {base}{path}", _status(method, base, path, cookie)) for base, method, path in asked]
    return [(place, status) for place, status in answers if not status.isdigit() or int(status) >= 500]


def _status(method: str, base: str, path: str, cookie: str) -> str:
    address = urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        connection.request(method, path, headers={"Cookie": cookie.encode("latin-1")})
        return str(connection.getresponse().status)
    except (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected):
        # Closed before all of it was read: an answer too, as long as the next request is served.
        connection.close()
        connection.request("GET", "/healthz")
        return str(connection.getresponse().status)
    finally:
        connection.close()
