"""Every kind of token that we make, shown where another kind belongs. RFC 8725 §3.11, §3.12."""

from __future__ import annotations

import pytest

from tests.builders import agency, party, register
from tests.protocol.oidc.lab import Browser, Client, Provider, carried, is_a_page

SIGNED = Client("signed", "signed", "https://signed.example/callback", "S" * 43)
BYE = "https://signed.example/bye"


@pytest.fixture
def provider(provider: Provider) -> Provider:
    """The provider, with a client that is told everything as JWTs."""
    told = {"userinfo_signed_response_alg": "RS256", "post_logout_redirect_uris": [BYE]}
    register(provider.house, agency("signed", party("signed", client_secret=SIGNED.secret, scope="openid", **told)))
    return provider


def test_takes_none_but_id_tokens_for_hints(provider: Provider) -> None:
    """OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2: UserInfo and an authorization response are signed with the
    same keys for the same client, and are no ID tokens."""
    browser = provider.browser()
    _, said = carried(browser.pages(browser.authorize(SIGNED, response_mode="jwt")), SIGNED)
    gained = provider.redeem(SIGNED, browser.code(SIGNED)).get_json()
    userinfo = provider.userinfo(gained["access_token"])
    assert userinfo.mimetype == "application/jwt"
    assert hinted(provider, browser, gained["id_token"]) == ("answered", BYE)
    assert hinted(provider, browser, userinfo.text) == ("invalid_request", "/signed-out")
    assert hinted(provider, browser, said["response"]) == ("invalid_request", "/signed-out")


def hinted(provider: Provider, browser: Browser, token: str) -> tuple[str, str]:
    """What comes of `token` as a hint at a silent request, and where a browser goes that leaves by it."""
    _, silent = carried(browser.authorize(SIGNED, prompt="none", id_token_hint=token), SIGNED)
    sent = {"id_token_hint": token, "post_logout_redirect_uri": BYE}
    left = provider.browser().client.get("/oidc/logout", query_string=sent)
    return silent.get("error", "answered"), left.headers["Location"]


def test_takes_no_other_token_for_an_access_token(provider: Provider) -> None:
    """RFC 6750 §3.1: an ID token, UserInfo or a refresh token opens nothing."""
    browser = provider.browser()
    gained = provider.redeem(SIGNED, browser.code(SIGNED)).get_json()
    for token in (gained["id_token"], provider.userinfo(gained["access_token"]).text, browser.code(SIGNED)):
        refused = provider.userinfo(token)
        assert (refused.status_code, refused.get_json()["error"]) == (401, "invalid_token")


def test_takes_no_access_token_for_a_code_or_a_refresh_token(provider: Provider) -> None:
    """RFC 6749 §5.2: each is good for one thing."""
    gained = provider.redeem(SIGNED, provider.browser().code(SIGNED)).get_json()
    for answered in (provider.redeem(SIGNED, gained["access_token"]), provider.redeem(SIGNED, gained["id_token"])):
        assert answered.get_json()["error"] == "invalid_grant"
    assert is_a_page(provider.browser().authorize(SIGNED, redirect_uri=BYE), 400)
