"""What holds at every address, whoever adds one: read from the application's own map, so that none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.house import House
from tests.builders import a_person, register
from tests.protocol.oidc.lab import AGENCIES, VOUCHER, Browser, Provider, hidden, is_a_page

CALLED_BY_MACHINES = {
    "oidc_back_channel.token": "client authentication",
    "oidc_back_channel.claims": "a bearer token",
    "oidc_pushed_requests.take": "client authentication",
    "oidc_token_state.tell": "client authentication",
    "oidc_token_state.end": "client authentication",
    "oidc.authorize": "turns into the same request by GET",
    "ssf_management.streams": "a bearer token",
    "ssf_management.status": "a bearer token",
    "ssf_management.add_subject": "a bearer token",
    "ssf_management.remove_subject": "a bearer token",
    "ssf_management.verification": "a bearer token",
    "ssf_polling.poll": "a bearer token",
    "oidc.logout": "turns into the same request by GET",
    "agency_api": "a bearer token",
}
"""Posts without a form token, and what stands in its place. Whoever adds one must say it here."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.fixture
def app(house: House) -> Flask:
    register(house, *AGENCIES)
    a_person(house)
    return create_app(house.settings, instead=house)


def doors(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every rule, and an address that it answers."""
    for rule in app.url_map.iter_rules():
        values: dict[str, Any] = {name: 1 if name == "number" else "A" * 22 for name in rule.arguments}
        built = rule.build(values)
        assert built is not None, rule
        yield rule, built[1]


def browsers(app: Flask, house: House) -> dict[str, Any]:
    signed_in = Provider(house, app).browser()
    signed_in.code(VOUCHER)
    return {"nobody": app.test_client(), "a member": signed_in.client}


def test_takes_no_post_without_its_token(app: Flask, house: House) -> None:
    """OWASP CSRF Prevention: every address that takes another method than GET refuses a foreign page's form, or is
    one that has no use for a browser's cookies."""
    for who, client in browsers(app, house).items():
        for rule, path in doors(app):
            for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
                answer = client.open(path, method=method, data={"password": "x", "decision": "accept"})
                if {rule.endpoint, rule.endpoint.partition(".")[0]} & CALLED_BY_MACHINES.keys():
                    assert answer.status_code in {303, 400, 401, 405}, (who, method, path)
                else:
                    assert is_a_page(answer, 400), (who, method, path, answer.status_code)
                    assert "페이지가 만료되었습니다" in answer.text, (who, method, path)


def test_takes_no_head_for_a_post(app: Flask, house: House) -> None:
    """RFC 9110 §9.3.2: no view that shows a page by GET and acts on anything else acts on HEAD, which carries no form
    token."""
    for who, client in browsers(app, house).items():
        for rule, path in doors(app):
            if "POST" in (rule.methods or ()):
                assert client.head(path).status_code == 405, (who, path)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "DELETE"])
def test_breaks_over_no_method(app: Flask, house: House, method: str) -> None:
    """RFC 9110 §9: whatever the method, an answer that was thought of."""
    for who, client in browsers(app, house).items():
        for _rule, path in doors(app):
            answer = client.open(path, method=method)
            assert answer.status_code < 500, (who, method, path)


ODD = ("\x00" * 22, "\x00" * 43, "\U0001f600" * 22, "A" * 5000, "%2e%2e%2f" * 8, "'" * 22)


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_breaks_over_no_address(any_house: House, odd: str) -> None:
    """CWE-158, RFC 3986 §2: whatever stands in an address for an id; PostgreSQL takes no NUL in text, and nobody who
    forges one may see a failure of ours."""
    register(any_house, *AGENCIES)
    a_person(any_house)
    app = create_app(any_house.settings, instead=any_house)
    client = browsers(app, any_house)["a member"]
    page = client.get("/recovery/login-id")
    for rule in app.url_map.iter_rules():
        if rule.arguments:
            built = rule.build({name: 1 if name == "number" else odd for name in rule.arguments})
            assert built is not None
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                answer = client.open(built[1], method=method, data=hidden(page) if method == "POST" else None)
                assert answer.status_code < 500, (method, built[1])


@pytest.mark.parametrize("odd", ["\x00" * 22, "\U0001f600" * 22])
def test_breaks_over_no_query(any_house: House, odd: str) -> None:
    """The same of what follows the question mark."""
    register(any_house, *AGENCIES)
    a_person(any_house)
    app = create_app(any_house.settings, instead=any_house)
    client = browsers(app, any_house)["a member"]
    query = dict.fromkeys(("sign_in", "verification", "page", "before", "to", "type", "q", "agency"), odd)
    for _rule, path in doors(app):
        assert client.get(path, query_string=query).status_code < 500, path


def test_guards_every_page(app: Flask, house: House) -> None:
    """CSP3, clickjacking (frame-ancestors), no cache that keeps a page, no cookie without its flags."""
    for who, client in browsers(app, house).items():
        for method in ("GET", "POST", "OPTIONS"):
            for _rule, path in doors(app):
                answer = client.open(path, method=method)
                place = (who, method, path)
                assert answer.headers.get("X-Content-Type-Options") == "nosniff", place
                if answer.mimetype == "text/html":
                    _assert_guarded(answer, place)
                for cookie in answer.headers.getlist("Set-Cookie"):
                    assert "HttpOnly" in cookie, place
                    assert "SameSite=Lax" in cookie, place
                    assert "Path=/" in cookie, place
                    assert "Domain" not in cookie, place


def _assert_guarded(answer: TestResponse, place: tuple[str, str, str]) -> None:
    if answer.status_code < 300 or answer.status_code >= 400:
        for name, value in HEADERS.items():
            assert answer.headers.get(name) == value, (place, name, answer.headers.get(name))
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy, place
    assert "default-src 'none'" in policy, place
    assert "unsafe" not in policy, place
    assert re.search(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=|javascript:", answer.text) is None, place


def test_reads_no_host_into_an_address(app: Flask, house: House) -> None:
    """Host header injection: no address, cookie or document of ours repeats what a request says of its host."""
    for who, client in browsers(app, house).items():
        for _rule, path in doors(app):
            forged = {
                "X-Forwarded-Host": "evil.example",
                "X-Forwarded-Proto": "https",
                "Forwarded": "host=evil.example",
            }
            answer = client.get(path, headers={"Host": "evil.example", **forged})
            assert b"evil.example" not in answer.data, (who, path)
            assert not any("evil.example" in value for value in answer.headers.values()), (who, path)


def test_sends_no_cookie_over_plain_http_in_production(app: Flask, house: House) -> None:
    """RFC 6265bis §4.1.3.2: behind TLS every cookie is Secure, and one that decides anything begins with __Host-."""
    secure = create_app(house.settings.model_copy(update={"issuer": "https://pass.example"}), instead=house)
    browser = Browser(secure.test_client())
    answers = [browser.authorize(VOUCHER), browser.client.get("/language/en?to=/")]
    cookies = [cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")]
    assert cookies
    for cookie in cookies:
        assert cookie.startswith(("__Host-", "idp_language")), cookie
        assert "Secure" in cookie, cookie
