"""The authorization endpoint: what it answers, to whom, and what it shows instead."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import func, select

from idp.storage.expiring.database_store import expiring
from tests.builders import register
from tests.protocol.oidc.lab import (
    BIZINFO,
    CHALLENGE,
    KAMP,
    VOUCHER,
    Browser,
    Client,
    Provider,
    heard,
    is_a_page,
    request_of,
)

ODD = "".join(chr(number) for number in range(32, 127)) + "한글\t\r\n\u2028\U0001f600"
STATE = (ODD * 4)[:384]


def test_answers_with_a_code_the_state_and_the_issuer(browser: Browser) -> None:
    """RFC 6749 §4.1.2, RFC 9207 §2: code, state and iss, and nothing else."""
    answer = browser.answer(VOUCHER)
    assert answer.keys() == {"code", "state", "iss"}
    assert answer["state"] == "a state"
    assert answer["iss"] == "http://127.0.0.1:8000"
    assert len(answer["code"]) >= 43


@pytest.mark.parametrize("parameters", [{}, {"prompt": "none"}, {"response_type": "none"}])
def test_echoes_a_long_and_odd_state(browser: Browser, parameters: dict[str, str]) -> None:
    """RFC 6749 §4.1.2: the exact value received from the client, in answers and errors alike."""
    assert len(STATE) == 384
    assert browser.answer(VOUCHER, state=STATE, **parameters)["state"] == STATE


def test_sends_no_state_where_none_came(browser: Browser) -> None:
    """RFC 6749 §4.1.2: state is REQUIRED only if it was present."""
    assert browser.answer(VOUCHER, state=None).keys() == {"code", "iss"}


def test_keeps_the_query_of_a_registered_address(browser: Browser) -> None:
    """RFC 6749 §3.1.2: a query component MUST be retained."""
    assert "code" in browser.answer(BIZINFO)


@pytest.mark.parametrize("client_id", [None, "", "nobody", "VOUCHER:100%+1", "한글", "kamp\u200b"])
def test_shows_a_page_for_an_unknown_client(browser: Browser, client_id: str | None) -> None:
    """RFC 6749 §4.1.2.1: must not redirect when the client identifier is missing or invalid."""
    assert is_a_page(browser.authorize(VOUCHER, client_id=client_id), 400)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        None,
        "https://voucher.example/",
        "https://voucher.example/callback/",
        "https://voucher.example/callback/xyz",
        "https://voucher.example/callback?x=1",
        "https://voucher.example/callback#x",
        "https://VOUCHER.example/callback",
        "https://voucher.example:443/callback",
        "http://voucher.example/callback",
        "https://voucher.example/%63allback",
        "https://voucher.example/a/../callback",
        "https://voucher.example@evil.example/callback",
        "https://kamp.example/callback",
        "javascript:alert(1)",
        "//evil.example",
    ],
)
def test_shows_a_page_for_an_unregistered_address(browser: Browser, redirect_uri: str | None) -> None:
    """RFC 9700 §2.1: exact string matching; RFC 6749 §4.1.2.1: no redirect to what does not match."""
    assert is_a_page(browser.authorize(VOUCHER, redirect_uri=redirect_uri), 400)


@pytest.mark.parametrize("query", ["tenant=b", "tenant=a%20b&x=1", "tenant=a+b", ""])
def test_shows_a_page_where_the_registered_query_differs(browser: Browser, query: str) -> None:
    """RFC 9700 §2.1: the query belongs to the string that is compared."""
    uri = f"https://bizinfo.example/callback?{query}"
    assert is_a_page(browser.authorize(BIZINFO, redirect_uri=uri), 400)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope", "prompt", "unheard_of"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_refuses_a_repeated_parameter(browser: Browser, name: str, method: str) -> None:
    """RFC 6749 §3.1: parameters MUST NOT be included more than once; with two addresses none can be believed."""
    sent = urlencode([*request_of(VOUCHER, unheard_of="1", prompt="login").items(), (name, "again")])
    answered = (
        browser.client.get(f"/oidc/authorize?{sent}")
        if method == "GET"
        else browser.client.post("/oidc/authorize", data=sent, content_type="application/x-www-form-urlencoded")
    )
    assert is_a_page(answered, 400)


@pytest.mark.parametrize("bad", ["%ff", "%c3%28", "%ed%a0%80", "%00", "a" * 16_385])
def test_refuses_what_is_not_text(browser: Browser, bad: str) -> None:
    """RFC 6749 appendix B: parameters are UTF-8; what is not, or is too long, is answered by a page."""
    query = f"{urlencode(request_of(VOUCHER, state=None))}&state={bad}"
    assert is_a_page(browser.client.get("/oidc/authorize", query_string=query), 400)


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "code code"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"request": "e30."}, "invalid_request_object"),
        ({"request_uri": "https://voucher.example/request.jwt"}, "invalid_request_uri"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"scope": None}, "invalid_request"),
        ({"scope": "profile"}, "invalid_request"),
        ({"scope": "offline_access"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "unheard_of"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "9" * 5000}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "A"}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1] + "="}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1] + "\n"}, "invalid_request"),
        ({"id_token_hint": "e30.e30."}, "invalid_request"),
    ],
)
def test_tells_the_client_what_is_wrong(browser: Browser, parameters: dict[str, str | None], error: str) -> None:
    """RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6, RFC 7636 §4.4.1: at once, without a page, with state and iss."""
    said = heard(browser.authorize(VOUCHER, **parameters), VOUCHER)
    assert said["error"] == error
    assert said["state"] == "a state"
    assert said["iss"] == "http://127.0.0.1:8000"
    assert said.keys() <= {"error", "error_description", "state", "iss"}
    description = said.get("error_description", "")
    assert all(" " <= letter <= "~" and letter not in '"\\' for letter in description)
    assert "soon" not in description
    assert CHALLENGE[:-1] not in description


def test_demands_pkce_of_public_clients(browser: Browser) -> None:
    """RFC 9700 §2.1.1: authorization servers MUST support and public clients MUST use PKCE."""
    said = heard(browser.authorize(KAMP, code_challenge=None, code_challenge_method=None), KAMP)
    assert said["error"] == "invalid_request"


@pytest.mark.parametrize(
    "extra",
    [
        {"unheard_of": "foobar"},
        {"display": "popup"},
        {"display": "unheard_of"},
        {"ui_locales": "se"},
        {"claims_locales": "se"},
        {"acr_values": "urn:onepass:acr:9 other"},
        {"login_hint": "someone"},
        {"claims": '{"userinfo":{"name":{"essential":true}}}'},
        {"sub": "1", "to_dict": "2", "verify": "3"},
        {"max_age": "9" * 40},
        {"scope": "openid unheard_of"},
        {"nonce": None},
        {"nonce": "n" * 1000},
        {"response_mode": "query"},
    ],
)
def test_goes_on_with_what_it_need_not_know(browser: Browser, extra: dict[str, str | None]) -> None:
    """RFC 6749 §3.1: unrecognised parameters are ignored; OpenID Connect Core §3.1.2.1: so are optional wishes."""
    assert "code" in browser.answer(VOUCHER, **extra)


def test_takes_a_request_by_post(browser: Browser) -> None:
    """OpenID Connect Core §3.1.2.1: GET and POST. Other sites' posts carry no Lax cookies, so it goes on by GET."""
    posted = browser.client.post("/oidc/authorize", data=request_of(VOUCHER, state=STATE))
    assert posted.status_code == 303
    assert posted.headers["Location"].startswith("/oidc/authorize?")
    assert heard(browser.pages(posted), VOUCHER)["state"] == STATE


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_refuses_a_post_that_is_no_form(browser: Browser, content_type: str) -> None:
    """RFC 6749 appendix B: application/x-www-form-urlencoded."""
    body = urlencode(request_of(VOUCHER))
    assert is_a_page(browser.client.post("/oidc/authorize", data=body, content_type=content_type), 400)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_refuses_other_methods(browser: Browser, method: str) -> None:
    """RFC 9110 §15.5.6: 405 names what is allowed."""
    answered = browser.client.open("/oidc/authorize", method=method)
    assert is_a_page(answered, 405)
    assert "POST" in answered.headers["Allow"]


def test_refuses_an_oversize_body(browser: Browser) -> None:
    """RFC 9110 §15.5.14: what is too large is not read."""
    body = "client_id=" + "a" * 300_000
    answered = browser.client.post("/oidc/authorize", data=body, content_type="application/x-www-form-urlencoded")
    assert is_a_page(answered, 413)


def test_never_releases_more_than_registered(provider: Provider, browser: Browser) -> None:
    """RFC 6749 §3.3: the scope may be narrowed, and the client is told."""
    code = browser.code(KAMP, scope="openid phone enterprise profile")
    assert provider.redeem(KAMP, code).get_json()["scope"] == "openid profile"


def test_answers_nobody_when_the_address_was_unregistered_meanwhile(provider: Provider, browser: Browser) -> None:
    """RFC 9700 §2.1: the address must be registered when it is used, not only when it was asked for."""
    page = browser.client.get(browser.authorize(KAMP).headers["Location"])
    changed = {"redirect_uris": ["https://kamp.example/other"], "token_endpoint_auth_method": "none"}
    register(
        provider.house,
        {
            "id": "kamp",
            "name": "kamp",
            "relying_party": [{"id": "kamp", "protocol": "oidc", "scope": "openid", **changed}],
        },
    )
    assert is_a_page(browser.pages(page), 400)


def test_collects_an_answer_only_where_the_question_was_asked(provider: Provider, browser: Browser) -> None:
    """Architecture §4: another door's question is nothing here; it stays to be answered at its own."""
    pending = browser.authorize(VOUCHER).headers["Location"].rpartition("/")[2]
    for door in ("/account/answer/", "/saml/sso/answer/"):
        assert is_a_page(browser.client.get(door + pending), 404)
    own = browser.client.get("/account/agencies").headers["Location"].rpartition("/")[2]
    assert is_a_page(browser.client.get("/oidc/authorize/answer/" + own), 404)
    assert "code" in heard(browser.pages(browser.client.get(f"/signin/{pending}")), VOUCHER)


def test_gives_an_answer_once(browser: Browser) -> None:
    """Architecture §11: what is meant for one use is spent by one act."""
    asked = browser.authorize(VOUCHER).headers["Location"]
    answer = asked.replace("/signin/", "/oidc/authorize/answer/")
    assert "code" in heard(browser.pages(browser.client.get(asked)), VOUCHER)
    assert is_a_page(browser.client.get(answer), 404)


def test_lets_the_consent_page_end_at_the_client(browser: Browser) -> None:
    """CSP3 §6.4.1: form-action covers the redirects after a post, so the page names where the chain ends."""
    page = browser.client.get(browser.authorize(VOUCHER).headers["Location"])
    assert "form-action 'self' https://voucher.example" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("client", [VOUCHER, KAMP, BIZINFO])
def test_tells_the_client_that_the_member_declined(provider: Provider, client: Client) -> None:
    """RFC 6749 §4.1.2.1: access_denied; and no link is made."""
    browser = provider.browser()
    said = heard(browser.pages(browser.authorize(client), decision="decline"), client)
    assert said["error"] == "access_denied"
    assert browser.answer(client, prompt="none")["error"] == "consent_required"


def test_survives_a_query_that_is_not_encoded(browser: Browser) -> None:
    """RFC 3986 §2.1: raw octets are read as the UTF-8 they are."""
    raw = f"{urlencode(request_of(VOUCHER, state=None))}&state=" + quote("한글", safe="")
    assert heard(browser.pages(browser.client.get("/oidc/authorize", query_string=raw)), VOUCHER)["state"] == "한글"


@pytest.mark.parametrize(("name", "longest"), [("state", 4096), ("nonce", 1024), ("login_hint", 256)])
def test_keeps_no_more_of_a_question_than_it_needs(
    provider: Provider, browser: Browser, name: str, longest: int
) -> None:
    """CWE-770: anybody may begin a sign-in, which then waits for half an hour; what one request can have us keep is
    bounded, and what real relying parties send (OpenID's suite: 384 octets) is far below."""
    accepted = browser.authorize(VOUCHER, **{name: "한" * (longest // 3)})
    assert accepted.headers["Location"].startswith("/signin/")
    with provider.house.database.reading() as connection:
        kept = select(func.length(expiring.c.value)).where(expiring.c.key.startswith("sign-in:"))
        (size,) = connection.execute(kept).scalars()
    assert size < 2 * longest + 2048
    said = heard(browser.authorize(VOUCHER, **{name: "한" * (longest // 3 + 1)}), VOUCHER)
    assert said["error"] == "invalid_request"
