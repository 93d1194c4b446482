"""Pushed authorization requests. RFC 9126."""

from __future__ import annotations

from datetime import timedelta
from time import sleep
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.house import House
from idp.storage.expiring.database_store import expiring
from tests.builders import a_person, agency, party, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import (
    AGENCIES,
    BIZINFO,
    CHALLENGE,
    KAMP,
    KAMP_MACHINE,
    VOUCHER,
    Browser,
    Client,
    Provider,
    heard,
    is_a_page,
    request_of,
)
from tests.protocol.oidc.signing_party import claims, push as push_object, signed, signer
from tests.races import RACERS, race

PREFIX = "urn:ietf:params:oauth:request_uri:"
FORM = "application/x-www-form-urlencoded"


def push(provider: Provider, client: Client, **parameters: str | None) -> TestResponse:
    """Push a right request as `client`, but for `parameters`."""
    headers = {} if client.basic is None else {"Authorization": client.basic}
    form = request_of(client, **parameters)
    return provider.app.test_client(use_cookies=False).post("/oidc/par", data=form, headers=headers)


def pushed(provider: Provider, client: Client, **parameters: str | None) -> str:
    """The `request_uri` of a request that was pushed."""
    answer = push(provider, client, **parameters)
    assert answer.status_code == 201, answer.text
    request_uri = answer.get_json()["request_uri"]
    assert isinstance(request_uri, str)
    return request_uri


def arrive(browser: Browser, client: Client, request_uri: str, **beside: str) -> TestResponse:
    """The browser comes with nothing but the reference, and `beside`."""
    query = {"client_id": client.client_id, "request_uri": request_uri, **beside}
    return browser.client.get(f"/oidc/authorize?{urlencode(query)}")


@pytest.mark.parametrize("client", [VOUCHER, KAMP, BIZINFO])
def test_gives_a_reference_that_a_sign_in_can_begin_with(provider: Provider, browser: Browser, client: Client) -> None:
    """RFC 9126 §2.2, fapi2-security-profile-final-happy-flow: 201, no-store; a public client too."""
    answer = push(provider, client)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "application/json"
    assert answer.get_json().keys() == {"request_uri", "expires_in"}
    assert answer.get_json()["expires_in"] == 60
    request_uri = answer.get_json()["request_uri"]
    assert request_uri.startswith(PREFIX)
    assert len(request_uri.removeprefix(PREFIX)) >= 43
    members = heard(browser.pages(arrive(browser, client, request_uri)), client)
    assert members.keys() == {"code", "state", "iss"}
    assert members["state"] == "a state"
    assert provider.redeem(client, members["code"]).status_code == 200


def test_answers_without_pages_too(provider: Provider, browser: Browser) -> None:
    """RFC 9126 §4: a member who is signed in and linked sees no page; once is once there as well."""
    browser.code(VOUCHER)
    request_uri = pushed(provider, VOUCHER, prompt="none")
    assert "code" in heard(arrive(browser, VOUCHER, request_uri), VOUCHER)
    assert is_a_page(arrive(browser, VOUCHER, request_uri), 400)


def test_lets_nothing_that_stands_beside_the_reference_count(provider: Provider, browser: Browser) -> None:
    """RFC 9126 §4, fapi2-security-profile-final-ensure-different-state-inside-and-outside-request-object and
    -state-only-outside-request-object-not-used."""
    browser.code(VOUCHER)
    request_uri = pushed(provider, VOUCHER, state=None)
    beside = {"state": "outer", "scope": "openid profile", "redirect_uri": "https://evil.example/", "prompt": "login"}
    members = heard(arrive(browser, VOUCHER, request_uri, **beside, response_type="token"), VOUCHER)
    assert members.keys() == {"code", "iss"}
    request_uri = pushed(provider, VOUCHER, state="inner")
    assert heard(arrive(browser, VOUCHER, request_uri, state="outer"), VOUCHER)["state"] == "inner"


def test_keeps_long_values_whole(provider: Provider, browser: Browser) -> None:
    """fapi2-security-profile-final-ensure-authorization-request-with-long-state: 384 characters come back."""
    browser.code(VOUCHER)
    request_uri = pushed(provider, VOUCHER, state="s" * 384, nonce="n" * 384)
    assert heard(arrive(browser, VOUCHER, request_uri), VOUCHER)["state"] == "s" * 384


def test_may_be_looked_at_twice_before_it_is_answered(provider: Provider, browser: Browser) -> None:
    """fapi2-security-profile-final-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds."""
    request_uri = pushed(provider, VOUCHER)
    first = arrive(browser, VOUCHER, request_uri)
    assert first.status_code == 303
    assert browser.client.get(first.headers["Location"]).status_code == 200
    assert "code" in heard(browser.pages(arrive(browser, VOUCHER, request_uri)), VOUCHER)


def test_is_answered_once(provider: Provider, browser: Browser) -> None:
    """RFC 9126 §7.3, fapi2-security-profile-final-par-attempt-reuse-request_uri: no second code, also of a sign-in that
    was begun before the first was answered."""
    request_uri = pushed(provider, VOUCHER)
    begun = arrive(browser, VOUCHER, request_uri)
    assert "code" in heard(browser.pages(arrive(browser, VOUCHER, request_uri)), VOUCHER)
    assert is_a_page(arrive(browser, VOUCHER, request_uri), 400)
    assert is_a_page(browser.pages(begun), 400)


def test_is_spent_by_a_refusal_too(provider: Provider, browser: Browser) -> None:
    """RFC 9126 §7.3, fapi2-security-profile-final-user-rejects-authentication."""
    request_uri = pushed(provider, VOUCHER)
    members = heard(browser.pages(arrive(browser, VOUCHER, request_uri), decision="decline"), VOUCHER)
    assert members["error"] == "access_denied"
    assert members["state"] == "a state"
    assert is_a_page(arrive(browser, VOUCHER, request_uri), 400)


def test_is_answered_though_the_member_took_longer_than_the_reference_lives(
    provider: Provider, browser: Browser, clock: FrozenClock
) -> None:
    """RFC 9126 §2.2: the lifetime is that of the reference, not of the sign-in that was begun with it."""
    begun = arrive(browser, VOUCHER, pushed(provider, VOUCHER))
    clock.advance(timedelta(minutes=20))
    assert "code" in heard(browser.pages(begun), VOUCHER)


def test_lapses(provider: Provider, browser: Browser, clock: FrozenClock) -> None:
    """fapi2-security-profile-final-par-attempt-to-use-expired-request_uri."""
    request_uri = pushed(provider, VOUCHER)
    clock.advance(timedelta(seconds=60))
    assert is_a_page(arrive(browser, VOUCHER, request_uri), 400)


def test_belongs_to_the_client_that_pushed_it(provider: Provider, browser: Browser) -> None:
    """RFC 9126 §7.2, fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client."""
    request_uri = pushed(provider, VOUCHER)
    assert is_a_page(arrive(browser, KAMP, request_uri), 400)
    assert is_a_page(browser.client.get(f"/oidc/authorize?{urlencode({'request_uri': request_uri})}"), 400)
    assert "code" in heard(browser.pages(arrive(browser, VOUCHER, request_uri)), VOUCHER)


@pytest.mark.parametrize(
    "request_uri", [PREFIX, PREFIX + "A" * 43, PREFIX + "%00", PREFIX + "한글", PREFIX + "A" * 9000]
)
def test_shows_a_page_for_a_reference_nobody_gave(browser: Browser, request_uri: str) -> None:
    """RFC 9126 §4: without it there is no address to trust, whatever stands beside it."""
    answer = arrive(browser, VOUCHER, request_uri, redirect_uri=VOUCHER.redirect_uri, response_type="code")
    assert is_a_page(answer, 400)


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"request_uri": PREFIX + "A" * 43}, "invalid_request"),
        ({"request_uri": "https://voucher.example/request.jwt"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://voucher.example/other"}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unauthorized_client"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"id_token_hint": "x.y.z"}, "invalid_request"),
    ],
)
def test_refuses_what_the_authorization_endpoint_would(
    provider: Provider, parameters: dict[str, str | None], error: str
) -> None:
    """RFC 9126 §2.1 and §2.3; fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param,
    -par-ensure-pkce-required, -par-plain-pkce-rejected, -ensure-request-object-without-redirect-uri-fails,
    -ensure-response-type-code-idtoken-fails, -ensure-response-type-token-fails."""
    answer = push(provider, VOUCHER, **parameters)
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json()["error"] == error
    description = answer.get_json()["error_description"]
    assert description.isascii()
    assert not {'"', "\\"} & set(description)


def test_wants_the_client_to_prove_itself(provider: Provider) -> None:
    """RFC 9126 §2: authenticated as at the token endpoint."""
    post = provider.app.test_client(use_cookies=False).post
    for header, form in (
        (None, request_of(VOUCHER)),
        (VOUCHER.basic, request_of(BIZINFO)),
        ("Basic Og==", request_of(VOUCHER)),
        ("Bearer x", request_of(VOUCHER)),
    ):
        answer = post("/oidc/par", data=form, headers={} if header is None else {"Authorization": header})
        assert answer.status_code == 401, header
        assert answer.get_json()["error"] == "invalid_client"
        assert "WWW-Authenticate" in answer.headers


def test_is_not_for_machines(provider: Provider) -> None:
    """RFC 6749 §5.2: a client that may only act for itself signs nobody in."""
    form = {name: value for name, value in request_of(KAMP).items() if name != "client_id"}
    headers = {"Authorization": KAMP_MACHINE.basic or ""}
    answer = provider.app.test_client(use_cookies=False).post("/oidc/par", data=form, headers=headers)
    assert answer.status_code == 400
    assert answer.get_json()["error"] == "unauthorized_client"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_takes_posts_and_nothing_else(provider: Provider, method: str) -> None:
    """RFC 9126 §2.3, fapi2-security-profile-final-par-attempt-invalid-http-method: 405."""
    headers = {"Authorization": VOUCHER.basic or ""}
    client = provider.app.test_client(use_cookies=False)
    answer = client.open("/oidc/par", method=method, data=request_of(VOUCHER), headers=headers)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert answer.get_json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"client_id": "kamp"}', "application/json", 400),
        (b"client_id=kamp&client_id=kamp", FORM, 400),
        (b"client_id=kamp&state=%ff", FORM, 400),
        (b"client_id=kamp&state=" + b"a" * 20_000, FORM, 400),
        (b"client_id=kamp&a=" + b"a" * 70_000, FORM, 413),
        (b"", FORM, 401),
    ],
)
def test_refuses_bodies_that_leave_doubt_or_are_too_large(
    provider: Provider, body: bytes, kind: str, status: int
) -> None:
    """RFC 6749 §3.2, RFC 9126 §2.3: 413 for what is too large."""
    answer = provider.app.test_client(use_cookies=False).post("/oidc/par", data=body, content_type=kind)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/json"


def test_keeps_no_more_than_a_request_needs(provider: Provider) -> None:
    """RFC 9126 §7: the store is not everybody's; what a request may rightly hold is taken."""
    most = {"state": "s" * 4096, "nonce": "n" * 1024, "claims": '{"userinfo": {"name": null}}', "padding": "p" * 12_000}
    assert push(provider, KAMP, **most).status_code == 201
    answer = push(provider, KAMP, **most, more="m" * 8_000)
    assert answer.status_code == 400
    assert answer.get_json()["error"] == "invalid_request"


def test_keeps_no_secret_and_no_reference(provider: Provider) -> None:
    """Architecture §6: what a store shows lets nobody begin a sign-in or be the client."""
    request_uri = pushed(provider, VOUCHER)
    with provider.house.database.reading() as connection:
        rows = [(row.key, bytes(row.value or b"")) for row in connection.execute(select(expiring))]
    reference = request_uri.removeprefix(PREFIX)
    assert any(key.startswith("pushed:voucher:") for key, _ in rows)
    assert not any(reference in key or reference.encode() in value for key, value in rows)
    assert not any(b"client_secret" in value for _, value in rows)


def test_answers_429_to_a_client_that_pushes_too_much(any_house: House) -> None:
    """RFC 9126 §2.3: too many requests. A public client's share is that of one network."""
    few = any_house.settings.model_copy(
        update={
            "authorization": any_house.settings.authorization.model_copy(
                update={"pushes_per_minute": 2, "public_pushes_per_minute": 1}
            )
        }
    )
    object.__setattr__(any_house, "settings", few)
    register(any_house, *AGENCIES)
    provider = Provider(any_house, create_app(few, instead=any_house))
    for client, told in ((VOUCHER, [201, 201, 429]), (KAMP, [201, 429, 429])):
        assert [push(provider, client).status_code for _ in range(3)] == told
        refused = push(provider, client)
        assert refused.headers["Retry-After"] == "60"
        assert refused.mimetype == "application/json"
    elsewhere = provider.app.test_client(use_cookies=False)
    answer = elsewhere.post("/oidc/par", data=request_of(KAMP), environ_base={"REMOTE_ADDR": "192.0.2.9"})
    assert answer.status_code == 201


def test_can_be_demanded_of_everybody(house: House) -> None:
    """RFC 9126 §5: require_pushed_authorization_requests in our metadata; the refusal goes to a registered address."""
    settings = house.settings.model_copy(
        update={"authorization": house.settings.authorization.model_copy(update={"require_pushed": True})}
    )
    object.__setattr__(house, "settings", settings)
    register(house, *AGENCIES)
    a_person(house)
    provider = Provider(house, create_app(settings, instead=house))
    browser = provider.browser()
    metadata = browser.client.get("/.well-known/openid-configuration").get_json()
    assert metadata["require_pushed_authorization_requests"] is True
    assert heard(browser.authorize(VOUCHER), VOUCHER)["error"] == "invalid_request"
    assert is_a_page(browser.authorize(VOUCHER, redirect_uri="https://evil.example/"), 400)
    assert "code" in heard(browser.pages(arrive(browser, VOUCHER, pushed(provider, VOUCHER))), VOUCHER)


def test_can_be_demanded_of_one_client(provider: Provider, browser: Browser) -> None:
    """RFC 9126 §6: require_pushed_authorization_requests in its registration, or a profile that implies it."""
    other = party("bizinfo", client_secret=BIZINFO.secret, require_pushed_authorization_requests=True)
    register(provider.house, agency("bizinfo", {**other, "redirect_uris": [BIZINFO.redirect_uri]}))
    assert heard(browser.authorize(BIZINFO), BIZINFO)["error"] == "invalid_request"
    assert "code" in heard(browser.pages(arrive(browser, BIZINFO, pushed(provider, BIZINFO))), BIZINFO)
    assert "code" in heard(browser.pages(browser.authorize(VOUCHER)), VOUCHER)


def test_says_where_to_push(browser: Browser) -> None:
    """RFC 9126 §5."""
    metadata = browser.client.get("/.well-known/openid-configuration").get_json()
    assert metadata["pushed_authorization_request_endpoint"] == "http://127.0.0.1:8000/oidc/par"
    assert metadata["require_pushed_authorization_requests"] is False


def test_is_answered_to_one_of_sixteen(racing: Provider) -> None:
    """RFC 9126 §7.3, architecture §11: sixteen browsers' answers to one pushed request, one code."""
    browsers: list[Browser] = []
    for _racer in range(RACERS):
        browser = racing.browser()
        browser.code(VOUCHER)
        browsers.append(browser)
    request_uri = pushed(racing, VOUCHER, prompt="none")
    answers: list[Any] = race(lambda racer: arrive(browsers[racer], VOUCHER, request_uri))
    assert sorted(answer.status_code for answer in answers) == [303, *[400] * (RACERS - 1)]


def test_takes_one_signed_object_of_sixteen(racing: Provider) -> None:
    """RFC 7519 §4.1.7, architecture §11: sixteen servers that push one object with a `jti`, one of them is told 201."""
    register(racing.house, signer())
    sleep(racing.house.settings.catalogue_refresh.total_seconds())
    request = signed(claims(racing.house.clock, jti="one of its kind"))
    answers: list[Any] = race(lambda _racer: push_object(racing, request=request))
    assert sorted(answer.status_code for answer in answers) == [201, *[400] * (RACERS - 1)]
    assert {answer.get_json().get("error") for answer in answers} == {None, "invalid_request_object"}
