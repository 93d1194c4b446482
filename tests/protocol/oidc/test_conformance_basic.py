"""oidcc-formpost-basic: the modules of the plan OP Basic and, with `response_mode=form_post`, those of Form Post."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from idp.app import create_app
from idp.house import House
from tests.builders import a_person, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import CHALLENGE, VERIFIER, Provider, is_a_page
from tests.protocol.oidc.suite import AGENCIES, POSTING, SCOPES, SECOND, Suite


@pytest.fixture(params=["query", "form_post"])
def suite(request: pytest.FixtureRequest, house: House) -> Suite:
    """A module about to run: a browser that has never been here."""
    register(house, *AGENCIES)
    a_person(house)
    return Suite(Provider(house, create_app(house.settings, instead=house)), mode=request.param)


def test_signs_in(suite: Suite) -> None:
    """oidcc-server."""
    suite.sign_in()


def test_wants_a_response_type(suite: Suite) -> None:
    """oidcc-response-type-missing."""
    said = suite.callback(suite.ask(response_type=None))
    assert said["error"] in {"unsupported_response_type", "invalid_request"}


def test_signs_by_rs256_unless_told_otherwise(suite: Suite) -> None:
    """oidcc-idtoken-signature: `Suite.id_token` wants RS256 and a `kid` of the JWK Set."""
    suite.sign_in()
    assert "RS256" in suite.discovery["id_token_signing_alg_values_supported"]


def test_signs_always(suite: Suite) -> None:
    """oidcc-idtoken-unsigned: skipped where `none` is not offered."""
    assert "none" not in suite.discovery["id_token_signing_alg_values_supported"]


def test_tells_claims_by_every_method(suite: Suite) -> None:
    """oidcc-userinfo-get, oidcc-userinfo-post-header, oidcc-userinfo-post-body."""
    arrived = suite.sign_in()
    token, client = arrived.tokens["access_token"], suite.provider.app.test_client(use_cookies=False)
    bearer = {"Authorization": f"Bearer {token}"}
    for answered in (
        client.get("/oidc/userinfo", headers=bearer),
        client.post("/oidc/userinfo", headers=bearer),
        client.post("/oidc/userinfo", data={"access_token": token}),
    ):
        assert suite.claims_of(answered, arrived.claims["sub"]) == arrived.userinfo


def test_needs_no_nonce(suite: Suite) -> None:
    """oidcc-ensure-request-without-nonce-succeeds-for-code-flow."""
    assert "nonce" not in suite.sign_in(nonce=None).claims


@pytest.mark.parametrize("scope", [*SCOPES, " ".join(SCOPES)])
def test_releases_by_scope(suite: Suite, scope: str) -> None:
    """oidcc-scope-profile, oidcc-scope-email, oidcc-scope-phone, oidcc-scope-all; oidcc-scope-address is
    skipped, for it is not offered."""
    offered = set(suite.discovery["scopes_supported"])
    assert offered & set(SCOPES) == {"profile", "email", "phone"}
    userinfo = suite.sign_in(scope=f"openid {scope}").userinfo
    expected = {"profile": "name", "email": "email", "phone": "phone_number"}
    assert {claim for claim in expected.values() if claim in userinfo} == {
        expected[each] for each in scope.split() if each in expected
    }


def test_takes_parameters_in_any_order(suite: Suite) -> None:
    """oidcc-alternate-happy-flow: `openid` not first, and no `email` in the ID token."""
    asked = suite.request(scope="email openid")
    response = suite.browser.client.get("/oidc/authorize", query_string=dict(reversed(asked.items())))
    arrived = suite.arrived(suite.browser.pages(response), nonce=asked["nonce"])
    assert "email" in arrived.userinfo


@pytest.mark.parametrize(
    "wish",
    [
        {"display": "page"},
        {"display": "popup"},
        {"login_hint": "buffy@oidf.example"},
        {"ui_locales": "se"},
        {"claims_locales": "se"},
        {"extra": "foobar"},
    ],
    ids=lambda wish: next(iter(wish)),
)
def test_goes_on_with_wishes_it_need_not_heed(suite: Suite, wish: dict[str, str]) -> None:
    """oidcc-display-page, oidcc-display-popup, oidcc-login-hint, oidcc-ui-locales, oidcc-claims-locales,
    oidcc-ensure-request-with-unknown-parameter-succeeds."""
    suite.sign_in(**wish)


def test_asks_again_where_it_must(suite: Suite, frozen_clock: FrozenClock) -> None:
    """oidcc-prompt-login: the password once more in the same session, a later `auth_time`, the same `sub`."""
    first = suite.sign_in()
    frozen_clock.advance(timedelta(seconds=2))
    assert suite.asks_password(suite.ask(prompt="login"))
    second = suite.sign_in(prompt="login")
    assert second.claims["auth_time"] > first.claims["auth_time"]
    assert second.claims["sub"] == first.claims["sub"]


def test_shows_no_page_where_it_may_not(suite: Suite) -> None:
    """oidcc-prompt-none-not-logged-in."""
    assert suite.callback(suite.ask(prompt="none"))["error"] == "login_required"


def test_answers_silently_where_it_can(suite: Suite, frozen_clock: FrozenClock) -> None:
    """oidcc-prompt-none-logged-in: no page, the same `sub` and `auth_time`."""
    first = suite.sign_in()
    frozen_clock.advance(timedelta(seconds=2))
    second = suite.arrived(suite.ask(prompt="none"), nonce=suite.request()["nonce"])
    assert [second.claims[name] for name in ("sub", "auth_time")] == [
        first.claims[name] for name in ("sub", "auth_time")
    ]


def test_asks_again_once_a_sign_in_is_too_old(suite: Suite, frozen_clock: FrozenClock) -> None:
    """oidcc-max-age-1."""
    first = suite.sign_in()
    frozen_clock.advance(timedelta(seconds=2))
    assert suite.asks_password(suite.ask(max_age="1"))
    second = suite.sign_in(max_age="1")
    assert second.claims["auth_time"] > first.claims["auth_time"]


def test_asks_nothing_while_a_sign_in_is_young_enough(suite: Suite, frozen_clock: FrozenClock) -> None:
    """oidcc-max-age-10000: `auth_time` both times, and the same."""
    first = suite.sign_in(max_age="10000")
    frozen_clock.advance(timedelta(seconds=2))
    second = suite.arrived(suite.ask(max_age="10000"), nonce=suite.request()["nonce"])
    assert second.claims["auth_time"] == first.claims["auth_time"]


def test_knows_its_own_id_token_again(suite: Suite) -> None:
    """oidcc-id-token-hint: with `prompt=none`, without a page."""
    first = suite.sign_in()
    again = suite.ask(prompt="none", id_token_hint=first.tokens["id_token"])
    assert suite.arrived(again, nonce=suite.request()["nonce"]).claims["sub"] == first.claims["sub"]


def test_says_how_strongly(suite: Suite) -> None:
    """oidcc-ensure-request-with-acr-values-succeeds: with `acr` in the ID token."""
    level = suite.discovery["acr_values_supported"][0]
    assert suite.sign_in(acr_values=f"{level} urn:example:other").claims["acr"] == level


@pytest.mark.parametrize("seconds", [0, 30])
def test_takes_a_code_once(suite: Suite, frozen_clock: FrozenClock, seconds: int) -> None:
    """oidcc-codereuse, oidcc-codereuse-30seconds: and what the first use gave stops working."""
    arrived = suite.sign_in()
    frozen_clock.advance(timedelta(seconds=seconds))
    again = suite.redeem(arrived.said["code"])
    assert (again.status_code, again.get_json()["error"]) == (400, "invalid_grant")
    assert suite.provider.userinfo(arrived.tokens["access_token"]).status_code == 401


def test_goes_to_no_address_that_is_not_registered(suite: Suite) -> None:
    """oidcc-ensure-registered-redirect-uri: a page, whose picture somebody looks at."""
    assert is_a_page(suite.ask(redirect_uri=f"{suite.client.redirect_uri}/xyz"), 400)


def test_takes_requests_by_post(suite: Suite) -> None:
    """oidcc-ensure-post-request-succeeds."""
    asked = suite.request()
    response = suite.browser.pages(suite.browser.client.post("/oidc/authorize", data=asked))
    if response.status_code == 303 and response.headers["Location"].startswith("/"):
        response = suite.browser.pages(response)
    suite.arrived(response, nonce=asked["nonce"])


def test_takes_secrets_in_the_form(suite: Suite) -> None:
    """oidcc-server-client-secret-post."""
    posting = suite.as_client(POSTING)
    said = posting.callback(posting.browser.pages(posting.ask()))
    form = {"grant_type": "authorization_code", "code": said["code"], "redirect_uri": POSTING.redirect_uri}
    sent = {**form, "client_id": POSTING.client_id, "client_secret": str(POSTING.secret)}
    answered = suite.provider.app.test_client(use_cookies=False).post("/oidc/token", data=sent)
    posting.id_token(posting.tokens(answered), nonce=posting.request()["nonce"])


def test_takes_no_request_object_that_nobody_signed(suite: Suite) -> None:
    """oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported,
    oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported,
    oidcc-ensure-request-object-with-redirect-uri: skipped where algorithms are listed without `none`, else refused."""
    listed = suite.discovery.get("request_object_signing_alg_values_supported")
    assert listed is None or "none" not in listed
    unsigned = "eyJhbGciOiJub25lIn0.e30."
    by_value = suite.callback(suite.ask(request=unsigned))
    assert by_value["error"] in {"request_not_supported", "invalid_request_object"}
    by_reference = suite.callback(suite.ask(request_uri="https://suite.example/requests/1"))
    assert by_reference["error"] in {"request_uri_not_supported", "invalid_request_uri", "invalid_request"}


def test_heeds_an_essential_claim(suite: Suite) -> None:
    """oidcc-claims-essential: `name` at UserInfo and not in the ID token."""
    assert "name" in suite.sign_in(claims='{"userinfo":{"name":{"essential":true}}}').userinfo


def test_renews(suite: Suite, frozen_clock: FrozenClock) -> None:
    """oidcc-refresh-token: the ID token stays about the same sign-in; another client's refresh token is no good."""
    first = suite.sign_in(scope="openid offline_access", prompt="consent")
    frozen_clock.advance(timedelta(seconds=2))
    refresh = first.tokens["refresh_token"]
    stolen = suite.provider.refresh(SECOND, refresh)
    assert (stolen.status_code, stolen.get_json()["error"]) == (400, "invalid_grant")
    assert stolen.headers["Cache-Control"] == "no-store"
    renewed = suite.tokens(suite.provider.refresh(suite.client, refresh))
    claims = suite.id_token(renewed, nonce=None)
    same: tuple[Any, ...] = ("iss", "sub", "aud", "auth_time")
    assert [claims[name] for name in same] == [first.claims[name] for name in same]
    assert claims.get("azp") == first.claims.get("azp")
    assert claims["iat"] > first.claims["iat"]
    suite.claims_of(suite.provider.userinfo(renewed["access_token"]), claims["sub"])


def test_takes_a_challenge_of_a_client_with_a_secret(suite: Suite) -> None:
    """oidcc-ensure-request-with-valid-pkce-succeeds."""
    response = suite.browser.pages(suite.ask(code_challenge=CHALLENGE, code_challenge_method="S256"))
    code = suite.callback(response)["code"]
    suite.tokens(suite.redeem(code, code_verifier=VERIFIER))


def test_says_of_itself_what_the_plan_reads(suite: Suite) -> None:
    """oidcc-discovery-endpoint-verification."""
    said = suite.discovery
    assert said["issuer"] == suite.issuer
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        assert said[name].startswith(suite.issuer + "/")
    lists = [name for name in said if name.endswith("_supported") and isinstance(said[name], list)]
    assert all(said[name] and all(isinstance(each, str) for each in said[name]) for name in lists)
    flags = [name for name in said if name.endswith("_supported") and name not in lists]
    assert all(isinstance(said[name], bool) for name in flags)
    assert {"code"} <= set(said["response_types_supported"])
    assert "openid" in said["scopes_supported"]
    assert {"subject_types_supported", "claims_supported", "grant_types_supported"} <= said.keys()
    assert "S256" in said["code_challenge_methods_supported"]
