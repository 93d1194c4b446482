"""The token endpoint: who calls, and how. RFC 6749 §2.3, §3.2."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from tests.protocol.oidc.lab import KAMP, VERIFIER, VOUCHER, Browser, Provider


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def post(provider: Provider, code: str, authorization: str | None = None, **form: str) -> TestResponse:
    body = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    headers = {} if authorization is None else {"Authorization": authorization}
    sent = {**body, "redirect_uri": VOUCHER.redirect_uri, **form}
    return provider.app.test_client(use_cookies=False).post("/oidc/token", data=sent, headers=headers)


@pytest.fixture
def code(browser: Browser) -> str:
    return browser.code(VOUCHER)


def test_decodes_both_parts_of_basic(provider: Provider, code: str) -> None:
    """RFC 6749 §2.3.1: each part is form-encoded, percent or plus for a blank, and split at the first colon before."""
    assert VOUCHER.secret is not None
    wholly = basic(quote(VOUCHER.client_id, safe=""), quote(VOUCHER.secret, safe=""))
    assert post(provider, code, wholly).status_code == 200


def test_takes_the_scheme_in_any_case(provider: Provider, code: str) -> None:
    """RFC 9110 §11.1: scheme names are case-insensitive."""
    assert VOUCHER.basic is not None
    assert post(provider, code, VOUCHER.basic.replace("Basic", "bAsIc")).status_code == 200


def test_takes_a_repeated_client_id_that_agrees(provider: Provider, code: str) -> None:
    """RFC 6749 §4.1.3: client_id may stand in the body too."""
    assert post(provider, code, VOUCHER.basic, client_id=VOUCHER.client_id).status_code == 200


@pytest.mark.parametrize(
    ("authorization", "form"),
    [
        (None, {}),
        (None, {"client_id": VOUCHER.client_id}),
        (None, {"client_id": "nobody"}),
        (None, {"client_id": VOUCHER.client_id, "client_secret": VOUCHER.secret}),
        (None, {"client_id": KAMP.client_id, "client_secret": "x"}),
        (VOUCHER.basic, {"client_id": KAMP.client_id}),
        (basic("voucher%3A100%25%2B1", "wrong"), {}),
        (basic("voucher%3A100%25%2B1", ""), {}),
        (basic("nobody", "wrong"), {}),
        (basic("", ""), {}),
        (basic("kamp", ""), {}),
        (basic("kamp", "x"), {"client_id": "kamp"}),
        (basic("%ff", "%ff"), {}),
        ("Basic " + base64.b64encode(b"no colon").decode(), {}),
        ("Basic " + base64.b64encode(b"\xff\xfe:x").decode(), {}),
        ("Basic ???", {}),
        ("Basic \xe9", {}),
        ("Basic", {}),
        ("Bearer abc", {}),
        ("", {}),
    ],
)
def test_refuses_who_does_not_authenticate_as_registered(
    provider: Provider, code: str, authorization: str | None, form: dict[str, str]
) -> None:
    """RFC 6749 §5.2: invalid_client with 401 and a challenge, whether the client is unknown or its secret wrong."""
    answered = post(provider, code, authorization, **form)
    assert answered.status_code == 401
    assert answered.get_json()["error"] == "invalid_client"
    assert answered.headers["WWW-Authenticate"].startswith("Basic ")
    assert answered.headers["Cache-Control"] == "no-store"
    assert post(provider, code, VOUCHER.basic).status_code == 200


def test_refuses_two_methods_at_once(provider: Provider, code: str) -> None:
    """RFC 6749 §2.3: the client MUST NOT use more than one authentication method in each request."""
    assert VOUCHER.secret is not None
    answered = post(provider, code, VOUCHER.basic, client_secret=VOUCHER.secret)
    assert (answered.status_code, answered.get_json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_refuses_a_body_that_is_no_form(provider: Provider, content_type: str) -> None:
    """RFC 6749 §3.2, appendix B."""
    client = provider.app.test_client(use_cookies=False)
    answered = client.post("/oidc/token", data="grant_type=authorization_code", content_type=content_type)
    assert (answered.status_code, answered.get_json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_refuses_other_methods_in_json(provider: Provider, method: str) -> None:
    """RFC 6749 §3.2: the client MUST use POST."""
    answered = provider.app.test_client().open("/oidc/token", method=method)
    assert answered.status_code == 405
    assert answered.headers["Allow"] == "POST"
    assert answered.get_json()["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["grant_type", "code", "client_id", "redirect_uri", "code_verifier"])
def test_refuses_a_repeated_parameter(provider: Provider, name: str) -> None:
    """RFC 6749 §3.2: parameters MUST NOT be included more than once."""
    answered = provider.app.test_client(use_cookies=False).post(
        "/oidc/token",
        data=f"grant_type=authorization_code&{name}=a&{name}=b",
        content_type="application/x-www-form-urlencoded",
    )
    assert (answered.status_code, answered.get_json()["error"]) == (400, "invalid_request")


def test_refuses_an_oversize_body_in_json(provider: Provider) -> None:
    """RFC 9110 §15.5.14."""
    answered = post(provider, "a" * 300_000)
    assert answered.status_code == 413
    assert answered.get_json()["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["client_secret", "client_assertion", "client_assertion_type"])
def test_takes_no_credentials_from_the_address(provider: Provider, name: str) -> None:
    """RFC 6749 §2.3.1: credentials MUST NOT be included in the request URI, where logs keep them."""
    answered = provider.app.test_client().post(f"/oidc/token?{name}=x", data={"grant_type": "x"})
    assert (answered.status_code, answered.get_json()["error"]) == (400, "invalid_request")
