"""How answers travel: query, fragment, form_post, and as one signed JWT. OAuth 2.0 Multiple Response Type Encoding
Practices §2.1, OAuth 2.0 Form Post Response Mode, JARM."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from joserfc import jwe
from joserfc.jwk import RSAKey

from idp.clock import epoch_seconds
from tests.builders import agency, party, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import BIZINFO, KAMP, VOUCHER, Browser, Client, Provider, carried, is_a_page, request_of
from tests.protocol.oidc.test_authorization_request import STATE

ISSUER = "http://127.0.0.1:8000"
MODES = ["query", "fragment", "form_post"]
SIGNED = {"jwt": "query", "query.jwt": "query", "fragment.jwt": "fragment", "form_post.jwt": "form_post"}
# A form cannot carry line ends as they are, so state with them is refused there.
TYPED = STATE.replace("\r", "").replace("\n", "")


def opened(provider: Provider, response: str, client: Client, alg: str = "RS256") -> dict[str, Any]:
    """A signed response, as PyJWT verifies it by our published keys."""
    jwks = jwt.PyJWKSet.from_dict(provider.app.test_client().get("/oidc/jwks").get_json())
    key = jwks[jwt.get_unverified_header(response)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        response, key, algorithms=[alg], audience=client.client_id, issuer=ISSUER, options={"verify_exp": False}
    )
    return claims


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("client", [VOUCHER, BIZINFO])
def test_carries_a_code_as_it_is_asked_to(provider: Provider, browser: Browser, mode: str, client: Client) -> None:
    """Multiple Response Types §2.1, Form Post §2; code, state and iss and nothing else, whichever way they go."""
    response = browser.pages(browser.authorize(client, response_mode=mode, state=TYPED))
    way, said = carried(response, client)
    assert way == mode
    assert said.keys() == {"code", "state", "iss"}
    assert (said["state"], said["iss"]) == (TYPED, ISSUER)
    assert provider.redeem(client, said["code"]).status_code == 200


@pytest.mark.parametrize("mode", MODES)
def test_carries_errors_the_same_way(browser: Browser, mode: str) -> None:
    """oidcc-formpost-basic, oidcc-prompt-none-not-logged-in, oidcc-response-type-missing: errors too, without a page
    that asks."""
    silent = browser.authorize(VOUCHER, response_mode=mode, prompt="none", state=TYPED)
    way, said = carried(silent, VOUCHER)
    assert (way, said["error"], said["state"], said["iss"]) == (mode, "login_required", TYPED, ISSUER)
    way, said = carried(browser.authorize(VOUCHER, response_mode=mode, response_type=None), VOUCHER)
    assert (way, said["error"]) == (mode, "invalid_request")
    assert said.keys() == {"error", "error_description", "state", "iss"}
    declined = browser.pages(browser.authorize(VOUCHER, response_mode=mode), decision="decline")
    assert carried(declined, VOUCHER)[1]["error"] == "access_denied"


def test_posts_by_a_page_that_may_and_that_works_without_scripts(browser: Browser) -> None:
    """oidcc-formpost-basic, Form Post §2, CSP3 §6.4.1: our own script, the registered origin and no other, a button for
    who has no scripts; nothing in the address, nothing kept, nothing that leaves its attribute."""
    state = '"><script>alert(1)</script>&amp;\u2028'
    page = browser.authorize(VOUCHER, response_mode="form_post", prompt="none", state=state)
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://voucher.example" in policy
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert "Location" not in page.headers
    assert "<script>alert" not in page.text
    assert page.text.count("<form") == 1
    assert 'type="submit"' in page.text
    assert carried(page, VOUCHER)[1]["state"] == state


def test_refuses_by_post_a_state_that_a_form_would_change(browser: Browser) -> None:
    """HTML, constructing the entry list: browsers rewrite line ends; RFC 6749 §4.1.2 wants the state exactly."""
    way, said = carried(browser.authorize(VOUCHER, response_mode="form_post", state="a\nb"), VOUCHER)
    assert (way, said["error"]) == ("form_post", "invalid_request")
    signed = browser.pages(browser.authorize(VOUCHER, response_mode="form_post.jwt", state="a\nb"))
    assert carried(signed, VOUCHER)[1].keys() == {"response"}


@pytest.mark.parametrize("name", [*SIGNED, "web_message", "query", "QUERY"])
def test_keeps_the_way_over_pages_and_errors(browser: Browser, name: str) -> None:
    """Multiple Response Types §2.1: an unknown mode is invalid_request, told where an answer would have come."""
    way, said = carried(browser.authorize(VOUCHER, response_mode=name, prompt="none"), VOUCHER)
    assert way == SIGNED.get(name, "query")
    if name in SIGNED:
        assert said.keys() == {"response"}
    else:
        assert said["error"] == ("login_required" if name == "query" else "invalid_request")


@pytest.mark.parametrize("name", SIGNED)
def test_signs_the_whole_answer(provider: Provider, browser: Browser, clock: FrozenClock, name: str) -> None:
    """JARM §2.1, §2.3; RFC 9207 §2.4: `response` alone; within it iss, aud, exp in at most ten minutes, code, state."""
    way, said = carried(browser.pages(browser.authorize(VOUCHER, response_mode=name, state=STATE)), VOUCHER)
    assert (way, set(said)) == (SIGNED[name], {"response"})
    claims = opened(provider, said["response"], VOUCHER)
    assert claims.keys() == {"iss", "aud", "exp", "code", "state"}
    assert claims["state"] == STATE
    assert 60 <= claims["exp"] - epoch_seconds(clock.now()) <= 600
    assert provider.redeem(VOUCHER, claims["code"]).status_code == 200


def test_signs_errors_too(provider: Provider, browser: Browser) -> None:
    """JARM §2.1: the error response is a JWT as well."""
    _way, said = carried(browser.authorize(VOUCHER, response_mode="jwt", prompt="none"), VOUCHER)
    claims = opened(provider, said["response"], VOUCHER)
    assert (claims["error"], claims["state"]) == ("login_required", "a state")
    _way, said = carried(browser.authorize(VOUCHER, response_mode="jwt", code_challenge=None), VOUCHER)
    assert opened(provider, said["response"], VOUCHER)["error"] == "invalid_request"


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_signs_with_what_the_client_registered(provider: Provider, browser: Browser, alg: str) -> None:
    """JARM §3: authorization_signed_response_alg."""
    client = registered(provider, authorization_signed_response_alg=alg)
    _way, said = carried(browser.pages(browser.authorize(client, response_mode="jwt")), client)
    assert "code" in opened(provider, said["response"], client, alg)


def test_encrypts_what_the_client_registered_to_have_encrypted(provider: Provider, browser: Browser) -> None:
    """JARM §2.2, §3: signed, then encrypted to a key of the client's."""
    key = RSAKey.generate_key(2048, {"kid": "theirs", "use": "enc"})
    client = registered(
        provider,
        authorization_encrypted_response_alg="RSA-OAEP-256",
        authorization_encrypted_response_enc="A256GCM",
        jwks={"keys": [key.as_dict(private=False)]},
    )
    _way, said = carried(browser.pages(browser.authorize(client, response_mode="jwt")), client)
    inside = jwe.decrypt_compact(said["response"], key, algorithms=["RSA-OAEP-256", "A256GCM"])
    assert (inside.headers()["cty"], inside.headers()["kid"]) == ("JWT", "theirs")
    assert inside.plaintext is not None
    assert "code" in opened(provider, inside.plaintext.decode(), client)


def test_shows_a_page_where_the_client_could_not_read_the_answer(provider: Provider, browser: Browser) -> None:
    """JARM §2.2: nothing goes unencrypted that was to be encrypted, an error neither."""
    signs = RSAKey.generate_key(2048, {"use": "sig"})
    client = registered(
        provider, authorization_encrypted_response_alg="ECDH-ES", jwks={"keys": [signs.as_dict(private=False)]}
    )
    assert is_a_page(browser.authorize(client, response_mode="jwt", prompt="none"), 400)
    assert is_a_page(browser.pages(browser.authorize(client, response_mode="jwt")), 400)


@pytest.mark.parametrize("mode", [*MODES, "form_post.jwt"])
@pytest.mark.parametrize("prompt", ["none", "login"])
def test_tells_nobody_who_is_not_trusted(browser: Browser, mode: str, prompt: str) -> None:
    """RFC 6749 §4.1.2.1, RFC 9700 §4.11: unknown client, address missing or altered, a parameter twice: a page here,
    no redirect and no post, in no mode."""
    wrong: list[dict[str, str | None]] = [
        {"client_id": "nobody"},
        {"redirect_uri": None},
        {"redirect_uri": f"{VOUCHER.redirect_uri}/xyz"},
        {"redirect_uri": KAMP.redirect_uri},
    ]
    for parameters in wrong:
        answered = browser.authorize(VOUCHER, response_mode=mode, prompt=prompt, **parameters)
        assert is_a_page(answered, 400)
        assert "data-auto-post" not in answered.text
    twice = f"{urlencode(request_of(VOUCHER, response_mode=mode, prompt=prompt))}&response_mode=query"
    assert is_a_page(browser.client.get(f"/oidc/authorize?{twice}"), 400)


@pytest.mark.parametrize("mode", [*MODES, "jwt"])
def test_gives_a_long_state_back_letter_for_letter(provider: Provider, browser: Browser, mode: str) -> None:
    """RFC 6749 §4.1.2: the exact value, up to what we keep; in errors too."""
    longest = (TYPED * 40).encode()[:4096].decode(errors="ignore")
    assert len(longest.encode()) > 4090
    for parameters in ({"prompt": "none"}, {}):
        response = browser.pages(browser.authorize(VOUCHER, response_mode=mode, state=longest, **parameters))
        said = carried(response, VOUCHER)[1]
        heard = opened(provider, said["response"], VOUCHER) if "response" in said else said
        assert heard["state"] == longest


def test_answers_a_public_client_in_these_ways_too(provider: Provider, browser: Browser) -> None:
    """Multiple Response Types §2.1: the mode is the request's choice, whoever the client is."""
    for mode in MODES:
        way, said = carried(browser.pages(browser.authorize(KAMP, response_mode=mode)), KAMP)
        assert (way, provider.redeem(KAMP, said["code"]).status_code) == (mode, 200)


def registered(provider: Provider, **fields: Any) -> Client:
    """A client of its own agency, registered as `fields` say."""
    client = Client("extra", "extra", "https://extra.example/callback", "E" * 43)
    register(provider.house, agency("extra", party("extra", client_secret=client.secret, **fields)))
    return client
