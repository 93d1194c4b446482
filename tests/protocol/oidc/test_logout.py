"""Signing out on a relying party's word. OpenID Connect RP-Initiated Logout; Back-Channel Logout §2.4."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.members.models import members
from idp.members.store import end_sessions
from idp.signals.models import outbox
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import BIZINFO, KAMP, VOUCHER, Browser, Client, Provider, csrf, is_a_page

BYE = "https://voucher.example/bye"
STATE = "s" * 100 + "&=#% 한글" + "s" * 20


def token_of(provider: Provider, browser: Browser, client: Client = VOUCHER) -> str:
    return str(provider.redeem(client, browser.code(client)).get_json()["id_token"])


def log_out(browser: Browser, **parameters: str | None) -> TestResponse:
    sent = {name: value for name, value in parameters.items() if value is not None}
    return browser.client.get(f"/oidc/logout?{urlencode(sent)}")


def says_signed_out(browser: Browser, answer: TestResponse) -> bool:
    """Whether this leads to our own page that says so, and from there nowhere unasked."""
    location = answer.headers["Location"]
    page = browser.client.get(location)
    return (
        answer.status_code == 303
        and location.startswith("/signed-out")
        and page.status_code == 200
        and "로그아웃되었습니다" in page.text
        and "data-goes-on" not in page.text
    )


def is_signed_in(browser: Browser) -> bool:
    return "code" in browser.answer(VOUCHER, prompt="none")


def told(provider: Provider) -> dict[str, Any]:
    with provider.house.database.reading() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.channel == "logout").order_by(outbox.c.seq))
        return {row.relying_party_id: row for row in rows}


@pytest.mark.parametrize("state", [STATE, None])
def test_ends_the_session_and_returns(provider: Provider, browser: Browser, state: str | None) -> None:
    """RP-Initiated Logout §3: to the registered address with exactly the state; the session is really gone."""
    hint = token_of(provider, browser)
    cookie = browser.session_cookie()
    answered = log_out(browser, id_token_hint=hint, post_logout_redirect_uri=BYE, state=state)
    assert answered.status_code == 303
    expected = BYE if state is None else f"{BYE}?{urlencode({'state': state})}"
    assert answered.headers["Location"] == expected
    assert browser.session_cookie() is None
    assert not is_signed_in(browser)
    assert cookie is not None
    browser.client.set_cookie("idp_session", cookie)
    assert not is_signed_in(browser)


def test_tells_everybody_who_took_part(provider: Provider, browser: Browser) -> None:
    """Back-Channel Logout §2.4: sub and sid as each one's ID token had them, in the same transaction."""
    hints = {client.id: token_of(provider, browser, client) for client in (VOUCHER, KAMP, BIZINFO)}
    log_out(browser, id_token_hint=hints["voucher"], post_logout_redirect_uri=BYE)
    rows = told(provider)
    assert rows.keys() == {"voucher", "kamp"}  # bizinfo registered no address for it
    for party, alg in (("voucher", "RS256"), ("kamp", "ES256")):
        claims = provider.claims(hints[party], alg)
        assert rows[party].payload == {"sub": claims["sub"], "sid": claims["sid"]}
        assert rows[party].event_type == "backchannel-logout"
        assert rows[party].subject == claims["sub"]
    # Architecture §11.4: neither does the cause join what the two know.
    assert rows["voucher"].txn != rows["kamp"].txn


def test_tells_nobody_who_took_no_part(provider: Provider, browser: Browser) -> None:
    """Back-Channel Logout §2.3: relying parties logged in to during the session."""
    token_of(provider, provider.browser(), KAMP)
    hint = token_of(provider, browser)
    log_out(browser, id_token_hint=hint)
    assert told(provider).keys() == {"voucher"}


def test_takes_an_old_token_for_a_hint(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """RP-Initiated Logout §2: accepted though its exp has passed."""
    hint = token_of(provider, browser)
    clock.advance(timedelta(minutes=25))
    assert log_out(browser, id_token_hint=hint, post_logout_redirect_uri=BYE).headers["Location"] == BYE


def test_returns_also_where_nobody_is_signed_in(provider: Provider, browser: Browser) -> None:
    """RP-Initiated Logout §2: a second call, or an ended session, is no error."""
    hint = token_of(provider, browser)
    for _ in range(2):
        assert log_out(browser, id_token_hint=hint, post_logout_redirect_uri=BYE).headers["Location"] == BYE
    assert len(told(provider)) == 1


def test_takes_the_request_by_post(provider: Provider, browser: Browser) -> None:
    """RP-Initiated Logout §2: GET and POST."""
    hint = token_of(provider, browser)
    answered = browser.client.post("/oidc/logout", data={"id_token_hint": hint, "post_logout_redirect_uri": BYE})
    assert answered.status_code == 303
    assert browser.client.get(answered.headers["Location"]).headers["Location"] == BYE


@pytest.mark.parametrize(
    "uri",
    [
        "https://voucher.example/bye?x=1",
        "https://voucher.example/byebye",
        "https://evil.example/",
        "javascript:alert(1)",
    ],
)
def test_returns_to_no_unregistered_address(provider: Provider, browser: Browser, uri: str) -> None:
    """RP-Initiated Logout §3: MUST NOT redirect to what was not registered; the session ends all the same."""
    hint = token_of(provider, browser)
    answered = log_out(browser, id_token_hint=hint, post_logout_redirect_uri=uri, state="s")
    assert says_signed_out(browser, answered)
    assert not is_signed_in(browser)


def unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def forged(provider: Provider, token: str) -> str:
    claims = provider.claims(token, "RS256")
    return str(jwt.encode({"alg": "RS256"}, claims, RSAKey.generate_key(2048)))


@pytest.mark.parametrize("bad", ["missing", "unsigned", "forged", "cut", "other client", "long"])
def test_asks_who_brings_no_good_hint(provider: Provider, browser: Browser, bad: str) -> None:
    """RP-Initiated Logout §2, §6: anybody can send a browser here, so the member decides, and nobody is redirected."""
    hint = token_of(provider, browser)
    given = {
        "missing": None,
        "unsigned": unsigned(hint),
        "forged": forged(provider, hint),
        "cut": hint[:-4],
        "other client": hint,
        "long": hint + "a" * 9000,
    }[bad]
    client_id = KAMP.client_id if bad == "other client" else None
    asked = log_out(browser, id_token_hint=given, client_id=client_id, post_logout_redirect_uri=BYE, state="s")
    assert asked.headers["Location"].startswith("/signin/out/")
    assert is_signed_in(browser)
    page = browser.client.get(asked.headers["Location"])
    assert "voucher.example" not in page.text
    done = browser.client.post(asked.headers["Location"], data={"decision": "sign_out", "csrf_token": csrf(page)})
    assert says_signed_out(browser, done)
    assert not is_signed_in(browser)
    assert told(provider).keys() == {"voucher"}


@pytest.mark.parametrize("parameters", [{}, {"state": "s"}, {"post_logout_redirect_uri": BYE}])
def test_says_signed_out_where_nobody_was_signed_in(browser: Browser, parameters: dict[str, str]) -> None:
    """RP-Initiated Logout §4: ends with a page."""
    answered = log_out(browser, **parameters)
    assert answered.headers["Location"] == "/signed-out"
    assert browser.client.get("/signed-out").status_code == 200


def test_staying_signed_in_is_an_answer(provider: Provider, browser: Browser) -> None:
    """RP-Initiated Logout §6: a forged logout request is declined by the member."""
    token_of(provider, browser)
    asked = log_out(browser)
    page = browser.client.get(asked.headers["Location"])
    browser.client.post(asked.headers["Location"], data={"decision": "stay", "csrf_token": csrf(page)})
    assert is_signed_in(browser)
    assert told(provider) == {}


def test_asks_where_another_session_is_meant(provider: Provider, browser: Browser) -> None:
    """RP-Initiated Logout §2: the hint names a session that is not this browser's; it returns after the answer."""
    hint = token_of(provider, provider.browser())
    token_of(provider, browser)
    asked = log_out(browser, id_token_hint=hint, post_logout_redirect_uri=BYE)
    page = browser.client.get(asked.headers["Location"])
    done = browser.client.post(asked.headers["Location"], data={"decision": "sign_out", "csrf_token": csrf(page)})
    assert done.headers["Location"] == BYE


def test_the_question_belongs_to_one_browser_and_one_answer(provider: Provider, browser: Browser) -> None:
    """Architecture §11: spent once; a link sent on opens nothing elsewhere."""
    token_of(provider, browser)
    address = log_out(browser).headers["Location"]
    stranger = provider.browser()
    stranger.code(VOUCHER)
    assert is_a_page(stranger.client.get(address), 404)
    page = browser.client.get(address)
    sent = {"decision": "sign_out", "csrf_token": csrf(page)}
    assert browser.client.post(address, data=sent).status_code == 303
    assert is_a_page(browser.client.post(address, data=sent), 404)


def test_refuses_a_repeated_parameter(browser: Browser) -> None:
    """RFC 6749 §3.1, by which this endpoint reads too."""
    assert is_a_page(browser.client.get("/oidc/logout?state=a&state=b"), 400)


def test_gives_no_tokens_for_a_code_of_the_session_that_ended(provider: Provider, browser: Browser) -> None:
    """Back-Channel Logout §2.7 in spirit: who was told of the end begins no session from a code that was on its way."""
    hint, code = token_of(provider, browser), browser.code(KAMP)
    log_out(browser, id_token_hint=hint)
    refused = provider.redeem(KAMP, code)
    assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_grant")


def test_leaves_codes_of_other_sessions_good(provider: Provider, browser: Browser) -> None:
    """Another browser of the same member goes on."""
    code = provider.browser().code(KAMP)
    log_out(browser, id_token_hint=token_of(provider, browser))
    assert provider.redeem(KAMP, code).status_code == 200


def test_gives_no_tokens_for_a_code_from_before_all_sessions_ended(provider: Provider, browser: Browser) -> None:
    """REQ-68: a new password, or 모든 기기에서 로그아웃, ends what was on its way too."""
    code = browser.code(KAMP)
    with provider.house.database.transaction() as connection:
        member_id = connection.execute(select(members.c.id)).scalar_one()
        end_sessions(connection, member_id)
    assert provider.redeem(KAMP, code).get_json()["error"] == "invalid_grant"
