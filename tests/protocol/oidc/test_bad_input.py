"""Whatever is sent to any address of ours: a clear page or protocol error, never a 500, nothing secret in the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
import structlog
from flask import Flask
from werkzeug.routing import IntegerConverter
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.house import House
from tests.builders import PASSWORD, register
from tests.protocol.oidc.lab import (
    AGENCIES,
    BIZINFO,
    KAMP,
    VOUCHER,
    Browser,
    Provider,
    csrf,
    heard,
    is_a_page,
    request_of,
)

QUERIES = [
    "",
    "x=1&x=2",
    "%ff=%ff",
    "a=%00",
    "&&&=&",
    "page=-1",
    "page=" + "9" * 5000,
    "q=" + "한" * 2000,
    "prompt=none",
]
COOKIES = ["", "x", "A" * 43, "a.b.c", "\u00e9" * 43, "eyJicm93c2VyIjoxfQ.aaaa.bbbb"]
BODIES: list[tuple[bytes, str]] = [
    (b"", ""),
    (b"\xff\xfe", "application/x-www-form-urlencoded"),
    (b"{", "application/json"),
    (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n', "multipart/form-data; boundary=x"),
    (b"a" * 300_000, "application/x-www-form-urlencoded"),
]


def addresses(app: Flask) -> list[str]:
    """Every address of ours, with something in the place of each variable."""
    adapter = app.url_map.bind("127.0.0.1")
    found = []
    for rule in app.url_map.iter_rules():
        numbers = {name for name in rule.arguments if isinstance(rule._converters[name], IntegerConverter)}
        values = {name: 7 if name in numbers else "A" * 22 for name in rule.arguments}
        found.append(adapter.build(rule.endpoint, values))
    return sorted(set(found))


class Heard(logging.Handler):
    """Everything that reaches the log, by either library."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.exc_info or ''}")

    def __call__(self, _logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        self.lines.append(f"{name} {event!r}")
        raise structlog.DropEvent

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture
def log() -> Iterator[Heard]:
    """The log, from the most talkative level on."""
    listening = Heard()
    before = structlog.get_config()
    structlog.configure(processors=[listening], cache_logger_on_first_use=False)
    root = logging.getLogger()
    level = root.level
    root.addHandler(listening)
    root.setLevel(logging.DEBUG)
    yield listening
    root.setLevel(level)
    root.removeHandler(listening)
    structlog.configure(**before)


def test_knows_every_address(provider: Provider) -> None:
    """The list below is made from the application: a door that is added is tested."""
    found = addresses(provider.app)
    assert {"/oidc/token", "/saml/sso", "/account/withdraw", "/healthz"} <= set(found)


@pytest.mark.parametrize("signed_in", [False, True])
def test_fails_at_no_address(provider: Provider, browser: Browser, log: Heard, signed_in: bool) -> None:
    """Issue 2: wrong methods, parameters, bodies and types end in a 4xx or a page, and no reference number."""
    if signed_in:
        browser.code(VOUCHER)
    for address in addresses(provider.app):
        for query in QUERIES:
            answered = browser.client.get(address, query_string=query)
            assert answered.status_code < 500, (address, query)
        for body, kind in BODIES:
            for method in ("POST", "PUT"):
                answered = browser.client.open(address, method=method, data=body, content_type=kind)
                assert answered.status_code < 500, (address, method, kind)
    assert "request.failed" not in log.text
    assert "Traceback" not in log.text


def test_takes_no_forged_cookie(provider: Provider, log: Heard) -> None:
    """Issue 2: forged cookies are nobody's, at every address."""
    for value in COOKIES:
        browser = provider.browser()
        for address in addresses(provider.app):
            header = "; ".join(f"{name}={value}" for name in ("idp_session", "idp_form", "idp_login_id"))
            answered = browser.client.get(address, headers={"Cookie": header})
            assert answered.status_code < 500, (address, value)
        assert heard(browser.authorize(VOUCHER, prompt="none"), VOUCHER)["error"] == "login_required"
    assert "request.failed" not in log.text


@pytest.mark.parametrize("header", ["Basic é", "Basic", "Bearer", "\x7f", "Negotiate x", "Basic " + "A" * 10_000])
def test_takes_no_strange_authorization(provider: Provider, header: str) -> None:
    """RFC 9110 §11.6.2: an Authorization header that we do not understand is a refusal, not a failure."""
    client = provider.app.test_client()
    for address in ("/oidc/token", "/oidc/userinfo", "/oidc/authorize", "/account/"):
        for method in ("GET", "POST"):
            answered = client.open(address, method=method, headers={"Authorization": header}, data={"a": "b"})
            assert answered.status_code < 500


def test_says_nothing_secret_in_the_log(provider: Provider, browser: Browser, log: Heard) -> None:
    """Architecture §11: secrets, tokens, codes, names and addresses never reach a log, in success nor in failure."""
    secrets = [PASSWORD, "hong@example.kr", "01012345678", "1012345678", "홍길동", "honggildong"]
    wrong = browser.pages(browser.authorize(KAMP), password="Wrong!" + PASSWORD)
    assert wrong.status_code == 401
    for client in (KAMP, VOUCHER, BIZINFO):
        scope = "openid email profile offline_access"
        answer = browser.answer(client, scope=scope, state="state-of-mine", login_hint="honggildong")
        gained = provider.redeem(client, answer["code"]).get_json()
        provider.userinfo(gained["access_token"])
        secrets += [answer["code"], gained["access_token"], gained["id_token"], "state-of-mine"]
        secrets += [client.secret, client.basic.partition(" ")[2]] if client.basic and client.secret else []
        if "refresh_token" in gained:
            renewed = provider.refresh(client, gained["refresh_token"]).get_json()
            secrets += [gained["refresh_token"], renewed["refresh_token"], renewed["access_token"]]
            provider.refresh(client, gained["refresh_token"] + "x")
            provider.refresh(client, gained["refresh_token"])
        provider.redeem(client, answer["code"], code_verifier="not-the-verifier-" * 4)
        provider.redeem(client, answer["code"])
        provider.token(client, grant_type=PASSWORD, code=answer["code"])
        provider.userinfo(gained["access_token"])
        browser.authorize(client, redirect_uri="https://evil.example/?" + PASSWORD, state="state-of-mine")
        browser.authorize(client, prompt=PASSWORD, id_token_hint=gained["id_token"])
        browser.client.get(f"/oidc/logout?id_token_hint={gained['id_token']}x")
    session = browser.session_cookie()
    assert session is not None
    secrets += [session, request_of(KAMP)["code_challenge"]]
    assert "oauth.refused" in log.text
    for secret in secrets:
        assert secret not in log.text, secret


def test_says_nothing_of_what_a_database_error_held(provider: Provider, browser: Browser, log: Heard) -> None:
    """SQLAlchemy quotes a failing statement's parameters unless told not to: sealed profiles, digests, tokens."""
    asked = browser.authorize(VOUCHER).headers["Location"]
    token = csrf(browser.client.get(asked))
    with provider.house.database.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE audit_records")
    sent = {"login_id": "honggildong", "password": PASSWORD, "csrf_token": token}
    answered = browser.client.post(f"{asked}/password", data=sent)
    assert answered.status_code in (500, 503)
    assert "127.0.0.1" not in log.text
    for secret in (PASSWORD, "honggildong", asked.rpartition("/")[2]):
        assert secret not in log.text + unquote(answered.text).replace(asked, "")


def test_bounds_the_sign_ins_that_one_address_begins(house: House) -> None:
    """Anybody may ask, and each question waits for half an hour: a page with Retry-After; others are not hindered."""
    register(house, *AGENCIES)
    few = house.settings.model_copy(
        update={"sign_in": house.settings.sign_in.model_copy(update={"begun_per_address": 3})}
    )
    app = create_app(few, instead=replace(house, settings=few))

    def begin(address: str) -> TestResponse:
        query = urlencode(request_of(VOUCHER))
        return app.test_client().get(f"/oidc/authorize?{query}", environ_base={"REMOTE_ADDR": address})

    assert [begin("192.0.2.7").status_code for _ in range(4)] == [303, 303, 303, 429]
    refused = begin("192.0.2.7")
    assert refused.headers["Retry-After"] == "1800"
    assert is_a_page(refused, 429)
    assert begin("192.0.2.8").status_code == 303
