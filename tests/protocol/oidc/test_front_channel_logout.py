"""Relying parties whose pages are opened in the member's browser. OpenID Connect Front-Channel Logout 1.0."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError
from sqlalchemy import update
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.house import House
from idp.signals.models import outbox
from tests.builders import PASSWORD, a_person, agency, party, register
from tests.protocol.oidc.lab import VOUCHER, Browser, Client, Provider, csrf, hidden
from tests.protocol.oidc.test_logout import BYE, log_out, token_of, told

SHOP = Client("shop", "shop", "https://shop.example:8443/callback")
BANK = Client("bank", "bank", "https://bank.example/callback")
SILENT = Client("silent", "silent", "https://silent.example/callback")
SHOP_OUT, BANK_OUT = "https://shop.example:8443/out?keep=a%20b", "https://bank.example/out"


@pytest.fixture
def provider(house: House) -> Provider:
    """One relying party of each kind: back channel, front channel, both, and neither."""
    register(
        house,
        agency(
            "voucher",
            party(
                "voucher",
                client_id=VOUCHER.client_id,
                client_name="voucher",
                client_secret=VOUCHER.secret,
                post_logout_redirect_uris=[BYE],
                backchannel_logout_uri="https://voucher.example/backchannel",
            ),
        ),
        agency(
            "shop",
            party(
                "shop",
                client_name="가게",
                redirect_uris=[SHOP.redirect_uri],
                frontchannel_logout_uri=SHOP_OUT,
                post_logout_redirect_uris=[BYE],
            ),
        ),
        agency(
            "bank",
            party(
                "bank",
                client_name="은행",
                frontchannel_logout_uri=BANK_OUT,
                frontchannel_logout_session_required=True,
                backchannel_logout_uri="https://bank.example/backchannel",
            ),
        ),
        agency("silent", party("silent", client_name="조용한 곳")),
    )
    a_person(house)
    return Provider(house, create_app(house.settings, instead=house))


@pytest.fixture
def browser(provider: Provider) -> Browser:
    return provider.browser()


def frames(page: TestResponse) -> list[str]:
    return [unescape(each) for each in re.findall(r'<iframe[^>]* src="([^"]+)"', page.text)]


def policy(page: TestResponse) -> dict[str, list[str]]:
    """The directives of its Content-Security-Policy."""
    parts = (each.split() for each in page.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in parts}


def states(browser: Browser, address: str) -> tuple[list[str], bool]:
    answer = browser.client.get(f"{address}/progress")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    said = answer.get_json()
    return said["services"], said["settled"]


def test_opens_every_front_channel_in_the_page(provider: Provider, browser: Browser) -> None:
    """oidcc-frontchannel-rp-initiated-logout; §3: `iss` and `sid` appended, as in each one's ID token, and the
    registered query kept; then on to the registered address with `state`."""
    hints = {client.id: token_of(provider, browser, client) for client in (VOUCHER, SHOP, BANK)}
    sids = {name: provider.claims(hint, "RS256")["sid"] for name, hint in hints.items()}
    answer = log_out(browser, id_token_hint=hints["voucher"], post_logout_redirect_uri=BYE, state="a state")
    assert answer.headers["Location"].startswith("/signed-out/")
    page = browser.client.get(answer.headers["Location"])
    found = {urlsplit(each).netloc: urlsplit(each) for each in frames(page)}
    assert found.keys() == {"shop.example:8443", "bank.example"}
    iss = provider.house.settings.issuer
    assert parse_qs(found["shop.example:8443"].query, strict_parsing=True) == {
        "keep": ["a b"],
        "iss": [iss],
        "sid": [sids["shop"]],
    }
    assert found["shop.example:8443"].query.startswith("keep=a%20b&")
    assert parse_qs(found["bank.example"].query) == {"iss": [iss], "sid": [sids["bank"]]}
    onward = re.search(r'<a[^>]*href="([^"]+)"[^>]*data-goes-on', page.text)
    assert onward is not None
    assert unescape(onward[1]) == f"{BYE}?state=a+state"
    assert told(provider).keys() == {"voucher", "bank"}


def test_allows_exactly_those_frames(provider: Provider, browser: Browser) -> None:
    """CSP3 §6.1: `frame-src` has their origins and no other; nothing else of the policy gives way; no address leaks by
    Referer (Referrer Policy §3)."""
    for client in (VOUCHER, SHOP, BANK):
        token_of(provider, browser, client)
    address = log_out(browser, id_token_hint=token_of(provider, browser)).headers["Location"]
    page, again = browser.client.get(address), browser.client.get(address)
    said = policy(page)
    assert sorted(said.pop("frame-src")) == ["https://bank.example", "https://shop.example:8443"]
    assert said == policy(again)
    assert said["default-src"] == said["frame-ancestors"] == ["'none'"]
    assert said["form-action"] == ["'self'"]
    assert '<meta name="referrer" content="no-referrer">' in page.text
    assert all('referrerpolicy="no-referrer"' in each for each in re.findall("<iframe[^>]*>", page.text))
    assert all('sandbox="allow-scripts allow-same-origin"' in each for each in re.findall("<iframe[^>]*>", page.text))


def test_opens_them_at_the_first_look_only(provider: Provider, browser: Browser) -> None:
    """Seen again by 뒤로 or in another language, the page ends no session that was begun meanwhile and leads nowhere by
    itself."""
    token_of(provider, browser, SHOP)
    answer = log_out(browser, id_token_hint=token_of(provider, browser), post_logout_redirect_uri=BYE)
    first, second = (browser.client.get(answer.headers["Location"]) for _ in range(2))
    assert (len(frames(first)), "data-goes-on" in first.text) == (1, True)
    assert (frames(second), "data-goes-on" in second.text) == ([], False)
    assert f'href="{BYE}"' in second.text


def test_goes_straight_on_where_no_page_need_be_opened(provider: Provider, browser: Browser) -> None:
    """RP-Initiated Logout §3: back channels need no page of ours in between."""
    token_of(provider, browser, SILENT)
    answer = log_out(browser, id_token_hint=token_of(provider, browser), post_logout_redirect_uri=BYE)
    assert answer.headers["Location"] == BYE


def test_opens_nothing_for_who_took_no_part(provider: Provider, browser: Browser) -> None:
    """§3: relying parties logged in to in this session; another browser's are its own business."""
    token_of(provider, provider.browser(), SHOP)
    answer = log_out(browser, id_token_hint=token_of(provider, browser), post_logout_redirect_uri=BYE)
    assert answer.headers["Location"] == BYE


def test_opens_them_after_the_member_agreed(provider: Provider, browser: Browser) -> None:
    """RP-Initiated Logout §2: without a hint the same, once it was asked."""
    token_of(provider, browser, SHOP)
    asked = log_out(browser).headers["Location"]
    agreed = {"decision": "sign_out", "csrf_token": csrf(browser.client.get(asked))}
    page = browser.client.get(browser.client.post(asked, data=agreed).headers["Location"])
    assert len(frames(page)) == 1


def test_opens_them_when_the_member_signs_out_here(provider: Provider, browser: Browser) -> None:
    """REQ-68: 로그아웃 on a member's own pages."""
    token_of(provider, browser, BANK)
    token = csrf(browser.client.get("/account/"))
    page = browser.client.get(browser.client.post("/account/sign-out", data={"csrf_token": token}).headers["Location"])
    assert [urlsplit(each).netloc for each in frames(page)] == ["bank.example"]
    assert "data-goes-on" not in page.text


def test_tells_the_member_how_each_service_fares(provider: Provider, browser: Browser) -> None:
    """Back-Channel Logout §2.8, per relying party: waiting, being told again, told; one that takes no word from us is
    named, and what was opened in the browser is never called told by the server."""
    for client in (VOUCHER, SHOP, BANK, SILENT):
        token_of(provider, browser, client)
    address = log_out(browser, id_token_hint=token_of(provider, browser)).headers["Location"]
    page = browser.client.get(address).text
    named = re.findall(r'<li data-state="\w+"><strong>(?:<span[^>]*>)?([^<]+)<', page)
    assert named == ["은행", "가게", "조용한 곳", "voucher"]
    assert states(browser, address) == (["telling", "asked", "untold", "telling"], False)
    settle(provider, "bank", state="pending", sends=1)
    settle(provider, "voucher", state="delivered", sends=1)
    assert states(browser, address) == (["retrying", "asked", "untold", "told"], False)
    settle(provider, "bank", state="refused", sends=6)
    assert states(browser, address) == (["failed", "asked", "untold", "told"], True)
    assert "알리지 못함" in browser.client.get(address).text


def settle(provider: Provider, party_id: str, **values: object) -> None:
    with provider.house.database.transaction() as connection:
        connection.execute(update(outbox).where(outbox.c.relying_party_id == party_id).values(**values))


def test_shows_it_to_that_browser_alone_and_for_a_while(
    provider: Provider, browser: Browser, frozen_clock: object
) -> None:
    """Which services a member used is nobody else's to see: a link sent on shows nothing, nor does an old one."""
    token_of(provider, browser, SHOP)
    address = log_out(browser, id_token_hint=token_of(provider, browser)).headers["Location"]
    stranger = provider.browser()
    stranger.code(VOUCHER)
    for client in (stranger.client, provider.app.test_client()):
        assert client.get(address).headers["Location"] == "/signed-out"
        assert client.get(f"{address}/progress").status_code == 404
    assert len(frames(browser.client.get(address))) == 1
    for odd in ("x", "A" * 22, "A" * 5000, "%00" * 3, "한글"):
        assert browser.client.get(f"/signed-out/{odd}").status_code in (303, 400, 404)


def test_offers_the_way_back_to_who_is_only_named(provider: Provider, browser: Browser) -> None:
    """RP-Initiated Logout §3: `client_id` proves nothing, so the browser goes nowhere by itself; the member may press a
    button that leads to an address of that client's and to no other."""
    token_of(provider, browser)
    for uri, offered in ((BYE, True), (f"{BYE}x", False), ("https://shop.example/", False)):
        browser.code(VOUCHER)
        asked = log_out(browser, client_id=VOUCHER.client_id, post_logout_redirect_uri=uri, state="s").headers[
            "Location"
        ]
        agreed = {"decision": "sign_out", "csrf_token": csrf(browser.client.get(asked))}
        done = browser.client.post(asked, data=agreed)
        page = browser.client.get(done.headers["Location"]).text
        assert "data-goes-on" not in page
        assert (f'href="{BYE}?state=s"' in page) is offered


def test_stays_here_when_the_member_of_a_named_client_stays(provider: Provider, browser: Browser) -> None:
    """The same where they do not sign out: back to our own first page."""
    token_of(provider, browser)
    asked = log_out(browser, client_id=VOUCHER.client_id, post_logout_redirect_uri=BYE).headers["Location"]
    stayed = {"decision": "stay", "csrf_token": csrf(browser.client.get(asked))}
    assert browser.client.post(asked, data=stayed).headers["Location"] == "/"


def test_offers_the_way_back_also_where_nobody_was_signed_in(browser: Browser) -> None:
    """RP-Initiated Logout §2: the session may be over already."""
    answer = log_out(browser, client_id=VOUCHER.client_id, post_logout_redirect_uri=BYE)
    page = browser.client.get(answer.headers["Location"]).text
    assert f'href="{BYE}"' in page
    assert "data-goes-on" not in page


@pytest.mark.parametrize("uri", ["https://elsewhere.example/out", "https://shop.example/out", "http://127.0.0.1/out"])
def test_takes_no_front_channel_of_another_origin(house: House, uri: str) -> None:
    """§2: scheme, host and port are those of a registered redirect URI; our page frames nobody's but its client's."""
    fields = {"redirect_uris": [SHOP.redirect_uri], "frontchannel_logout_uri": uri}
    with pytest.raises(ValidationError, match="frontchannel_logout_uri"):
        register(house, agency("shop", party("shop", **fields)))


def test_opens_them_when_every_session_ends(provider: Provider, browser: Browser) -> None:
    """REQ-68: 모든 기기에서 로그아웃 reaches those whose server takes no word from us, in this browser at least; the
    others hear by `sub`, once."""
    for client in (SHOP, BANK, SILENT):
        token_of(provider, browser, client)
    sent = hidden(browser.client.get("/account/history"))
    page = browser.client.get(browser.client.post("/account/sessions/end-all", data=sent).headers["Location"])
    assert [urlsplit(each).netloc for each in frames(page)] == ["bank.example", "shop.example:8443"]
    assert {name: row.payload.keys() for name, row in told(provider).items()} == {"bank": {"sub"}}


def test_opens_them_when_the_member_leaves(provider: Provider, browser: Browser) -> None:
    """REQ-81: the last page of 통합회원 탈퇴, and its policy frames nobody else."""
    for client in (SHOP, SILENT):
        token_of(provider, browser, client)
    sent = {**hidden(browser.client.get("/account/withdraw")), "password": PASSWORD, "understood": "y"}
    page = browser.client.post("/account/withdraw", data=sent)
    assert "회원 탈퇴가 완료되었습니다" in page.text
    assert [urlsplit(each).netloc for each in frames(page)] == ["shop.example:8443"]
    assert policy(page)["frame-src"] == ["https://shop.example:8443"]
