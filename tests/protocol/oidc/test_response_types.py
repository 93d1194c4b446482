"""Tokens at the authorization endpoint: the implicit and hybrid flows, only for clients that registered them.
OpenID Connect Core §3.2, §3.3; Multiple Response Type Encoding Practices §5."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from idp.sessions.sessions import Sessions
from tests.builders import agency, party, register
from tests.protocol.oidc.lab import VOUCHER, Browser, Client, Provider, carried, is_a_page

ALL = ["id_token", "id_token token", "code id_token", "code token", "code id_token token"]
WITH_ID_TOKEN = [each for each in ALL if "id_token" in each]
FRONT = Client("front", "front", "https://front.example/callback", "F" * 43)


@pytest.fixture
def front(provider: Provider) -> Client:
    """A client that registered every response type."""
    return registered(provider, response_types=["code", *ALL])


def registered(provider: Provider, **fields: Any) -> Client:
    more = {
        "grant_types": ["authorization_code", "implicit", "refresh_token"],
        "scope": "openid profile email offline_access",
        "client_secret": FRONT.secret,
    }
    register(provider.house, agency("front", party("front", **{**more, **fields})))
    return FRONT


def answer(browser: Browser, client: Client, **parameters: str | None) -> tuple[str, dict[str, str]]:
    return carried(browser.pages(browser.authorize(client, **parameters)), client)


def half(value: str, name: str = "sha256") -> str:
    made = hashlib.new(name, value.encode()).digest()
    return base64.urlsafe_b64encode(made[: len(made) // 2]).rstrip(b"=").decode()


@pytest.mark.parametrize("response_type", ALL)
def test_gives_what_the_response_type_names(
    provider: Provider, browser: Browser, front: Client, response_type: str
) -> None:
    """oidcc-server (implicit, hybrid): all in the fragment, nothing in the query; Core §3.2.2.5, §3.3.2.5."""
    way, said = answer(browser, front, response_type=response_type, scope="openid profile")
    assert way == "fragment"
    expected = {"state", "iss"}
    expected |= {"code"} if "code" in response_type else set()
    expected |= {"id_token"} if "id_token" in response_type.split() else set()
    expected |= {"access_token", "token_type", "expires_in", "scope"} if "token" in response_type.split() else set()
    assert said.keys() == expected
    if "access_token" in said:
        assert (said["token_type"], int(said["expires_in"])) == ("Bearer", 600)
        assert provider.userinfo(said["access_token"]).get_json()["name"] == "홍길동"


@pytest.mark.parametrize("response_type", WITH_ID_TOKEN)
def test_ties_the_id_token_to_what_comes_with_it(
    provider: Provider, browser: Browser, front: Client, response_type: str
) -> None:
    """Core §3.2.2.9, §3.3.2.11: nonce always; at_hash with an access token, c_hash with a code, neither without; both
    ID tokens of a hybrid sign-in name the same issuer and subject."""
    _way, said = answer(browser, front, response_type=response_type)
    claims = provider.claims(said["id_token"], "RS256")
    assert claims["nonce"] == "a nonce"
    assert claims.get("at_hash") == (half(said["access_token"]) if "access_token" in said else None)
    assert claims.get("c_hash") == (half(said["code"]) if "code" in said else None)
    if "code" in said:
        redeemed = provider.redeem(front, said["code"]).get_json()
        second = provider.claims(redeemed["id_token"], "RS256")
        assert (second["iss"], second["sub"], second["aud"]) == (claims["iss"], claims["sub"], claims["aud"])
        assert second["nonce"] == "a nonce"


@pytest.mark.parametrize("response_type", WITH_ID_TOKEN)
def test_tells_the_scopes_claims_where_nothing_could_fetch_them(
    provider: Provider, browser: Browser, front: Client, response_type: str
) -> None:
    """oidcc-scope-email (implicit), Core §5.4: in the ID token of `id_token` alone; otherwise at UserInfo only."""
    _way, said = answer(browser, front, response_type=response_type, scope="openid profile email")
    claims = provider.claims(said["id_token"], "RS256")
    told = {"name", "email", "email_verified"} & claims.keys()
    assert told == ({"name", "email", "email_verified"} if response_type == "id_token" else set())


@pytest.mark.parametrize("response_type", WITH_ID_TOKEN)
@pytest.mark.parametrize("nonce", [None, ""])
def test_demands_a_nonce_with_an_id_token(
    browser: Browser, front: Client, response_type: str, nonce: str | None
) -> None:
    """oidcc-ensure-request-without-nonce-fails: invalid_request in the fragment. Core §3.2.2.1, §3.3.2.11."""
    way, said = carried(browser.authorize(front, response_type=response_type, nonce=nonce), front)
    assert (way, said["error"], said["state"]) == ("fragment", "invalid_request", "a state")


def test_demands_no_nonce_without_one(browser: Browser, front: Client) -> None:
    """oidcc-ensure-request-without-nonce-succeeds-for-code-flow; Core §3.3.2.1 of `code token`."""
    assert "code" in answer(browser, front, response_type="code token", nonce=None)[1]
    assert "code" in answer(browser, front, response_type="code", nonce=None)[1]


@pytest.mark.parametrize("response_type", ["token id_token", "id_token  token", "token code id_token", "id_token code"])
def test_takes_the_words_in_any_order(browser: Browser, front: Client, response_type: str) -> None:
    """Multiple Response Types §3: the order of the words does not matter."""
    assert "id_token" in answer(browser, front, response_type=response_type)[1]


@pytest.mark.parametrize("response_type", ALL)
def test_gives_nothing_to_who_did_not_register_it(browser: Browser, response_type: str) -> None:
    """RFC 9700 §2.1.2: off by default; fapi2 ensure-response-type-…-fails: unauthorized_client, in the fragment."""
    way, said = carried(browser.authorize(VOUCHER, response_type=response_type), VOUCHER)
    assert (way, said["error"], said["state"]) == ("fragment", "unauthorized_client", "a state")


@pytest.mark.parametrize("response_type", ["token", "code code", "none", "id_token id_token", "code x", "CODE"])
def test_knows_no_other(browser: Browser, front: Client, response_type: str) -> None:
    """RFC 6749 §4.1.2.1; OpenID Connect Core §3: `token` alone says nothing of who signed in."""
    _way, said = carried(browser.authorize(front, response_type=response_type), front)
    assert said["error"] == "unsupported_response_type"


@pytest.mark.parametrize(
    ("response_mode", "expected"),
    [("query", "fragment"), ("query.jwt", "fragment"), ("form_post", "form_post"), ("jwt", "fragment")],
)
def test_never_shows_tokens_to_a_server(browser: Browser, front: Client, response_mode: str, expected: str) -> None:
    """Multiple Response Types §5, JARM §2.3.1: query does not go with tokens; refused where its client listens."""
    way, said = answer(browser, front, response_type="code id_token", response_mode=response_mode)
    assert way == expected
    if response_mode == "query":
        assert said["error"] == "invalid_request"
    elif response_mode == "form_post":
        assert said.keys() == {"code", "id_token", "state", "iss"}
    else:
        assert said.keys() == {"response"}


def test_carries_every_refusal_in_the_fragment(browser: Browser, front: Client) -> None:
    """Core §3.2.2.6: errors too, without a page."""
    way, said = carried(browser.authorize(front, response_type="id_token", prompt="none"), front)
    assert (way, said["error"]) == ("fragment", "login_required")
    declined = browser.pages(browser.authorize(front, response_type="id_token token"), decision="decline")
    assert carried(declined, front)[1]["error"] == "access_denied"


def test_needs_pkce_only_for_a_code(browser: Browser, front: Client) -> None:
    """RFC 7636 §4.3: the challenge belongs to the code."""
    bare: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}
    assert "id_token" in answer(browser, front, response_type="id_token", **bare)[1]
    _way, said = carried(browser.authorize(front, response_type="code id_token", **bare), front)
    assert said["error"] == "invalid_request"


def test_lets_a_client_go_without_pkce_that_registered_so(provider: Provider, browser: Browser) -> None:
    """oidcc-server: the suite's Basic modules send no challenge. RFC 9700 §4.8.2: and then no verifier will do."""
    client = registered(provider, require_pkce=False, grant_types=["authorization_code"])
    bare: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}
    code = answer(browser, client, **bare)[1]["code"]
    assert provider.redeem(client, code, code_verifier=None).status_code == 200
    code = answer(browser, client, **bare)[1]["code"]
    assert provider.redeem(client, code).get_json()["error"] == "invalid_grant"
    code = answer(browser, client)[1]["code"]
    assert provider.redeem(client, code, code_verifier=None).get_json()["error"] == "invalid_grant"


def test_gives_no_lasting_grant_by_the_address(provider: Provider, browser: Browser, front: Client) -> None:
    """RFC 6749 §4.2.2: no refresh token; offline_access is not said to be granted to what came that way, and the code
    beside it brings it."""
    _way, said = answer(browser, front, response_type="code token", scope="openid offline_access")
    assert said["scope"] == "openid"
    assert "refresh_token" in provider.redeem(front, said["code"]).get_json()


def test_gives_access_tokens_in_the_form_the_client_registered(provider: Provider, browser: Browser) -> None:
    """RFC 9068, Core §3.2.2.9: a JWT here too, and at_hash is its hash."""
    client = registered(provider, response_types=["code", *ALL], access_token_format="jwt")
    _way, said = answer(browser, client, response_type="id_token token")
    assert said["access_token"].count(".") == 2
    assert provider.claims(said["id_token"], "RS256")["at_hash"] == half(said["access_token"])
    assert provider.userinfo(said["access_token"]).status_code == 200


@pytest.mark.parametrize("bound", ["dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens"])
def test_gives_no_unbound_token_to_who_wants_bound_ones(provider: Provider, browser: Browser, bound: str) -> None:
    """RFC 9449 §5, RFC 8705 §3: at the authorization endpoint no key can be proven."""
    client = registered(provider, response_types=["code", *ALL], **{bound: True})
    _way, said = carried(browser.authorize(client, response_type="code id_token token"), client)
    assert said["error"] == "unauthorized_client"
    assert "id_token" in answer(browser, client, response_type="code id_token")[1]


def test_has_a_client_without_codes(provider: Provider, browser: Browser) -> None:
    """Dynamic Registration §2: response type id_token alone, grant type implicit; no code for it, by any request."""
    client = registered(provider, response_types=["id_token"], grant_types=["implicit"], scope="openid")
    assert "id_token" in answer(browser, client, response_type="id_token")[1]
    assert carried(browser.authorize(client), client)[1]["error"] == "unauthorized_client"


def test_takes_part_in_the_session_without_a_code(provider: Provider, browser: Browser, front: Client) -> None:
    """Back-Channel Logout §2.7: who was answered by an ID token alone hears of the session's end as well."""
    _way, said = answer(browser, front, response_type="id_token")
    sid = provider.claims(said["id_token"], "RS256")["sid"]
    cookie = browser.session_cookie()
    assert cookie is not None
    house, limits = provider.house, provider.house.settings.sessions
    sessions = Sessions(
        house.store, house.clock, house.randomness, house.digester, limits.idle, limits.absolute, house.database
    )
    session = sessions.find(cookie)
    assert session is not None
    assert sessions.id_toward(session, "front") == sid
    assert "front" in sessions.participants(session)


def test_shows_a_page_to_an_unregistered_address(browser: Browser, front: Client) -> None:
    """oidcc-ensure-registered-redirect-uri: never a redirect, whatever the response type."""
    wrong = f"{front.redirect_uri}/xyz"
    assert is_a_page(browser.authorize(front, response_type="id_token", redirect_uri=wrong), 400)
