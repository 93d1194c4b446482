"""The description of the endpoints is one, and every answer, also to what is broken, is what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from tests.protocol.oidc import described
from tests.protocol.oidc.described import Operation
from tests.protocol.oidc.lab import KAMP, VOUCHER, Provider, request_of
from tests.protocol.oidc.registrar import Registrar

FORM = "application/x-www-form-urlencoded"
FRONT, BACK = (
    [each for each in described.operations() if each.is_front is front and (each.in_query or each.in_form)]
    for front in (True, False)
)
ERRORS = set(described.document()["components"]["schemas"]["Error"]["properties"]["error"]["enum"])
BROKEN = {
    "empty": "",
    "long": "x" * 100_000,
    "not UTF-8": "%ff%fe",
    "a null": "%00",
    "a line": "a%0d%0aSet-Cookie:%20x=1",
    "markup": quote_plus('"><script>alert(1)</script>'),
    "한글": quote_plus("한글"),
    "json": quote_plus('{"a":' * 900),
}
BROKEN_JSON: tuple[object, ...] = (
    "",
    None,
    1,
    True,
    [],
    {},
    "x" * 70_000,
    ["x"] * 5000,
    "한글\n",
    "http://[",
    "javascript:1",
)
RIGHT = {
    **request_of(VOUCHER),
    "grant_type": "authorization_code",
    "code": "A" * 43,
    "code_verifier": "A" * 43,
}


@pytest.fixture
def provider(registrar: Registrar) -> Provider:
    """The provider with every endpoint there is: clients may register themselves."""
    return Provider(registrar.house, registrar.app)


def names(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def test_is_a_document_to_a_strangers_validator() -> None:
    """OpenAPI 3.1, held by openapi-spec-validator; every schema in it by jsonschema's metaschema."""
    said = described.document()
    assert list(OpenAPIV31SpecValidator(said).iter_errors()) == []
    for schema in said["components"]["schemas"].values():
        validator_for(schema, Draft202012Validator).check_schema(schema)


def test_names_every_door_and_no_other(provider: Provider) -> None:
    """A door that is added is described, and so tested below."""
    rules = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in provider.app.url_map.iter_rules()}
    ours = {rule for rule in rules if rule.startswith("/oidc/")} - {"/oidc/authorize/answer/{pending_id}"}
    described_paths = {each.path for each in described.operations()}
    assert ours == {path for path in described_paths if path.startswith("/oidc/")}
    assert described_paths <= rules


@pytest.mark.parametrize("operation", BACK, ids=names)
def test_answers_what_is_broken_with_a_registered_error(provider: Provider, operation: Operation) -> None:
    """RFC 6749 §3.2 (a parameter MUST NOT be repeated), §5.2: in JSON, for nobody's cache, with a challenge to 401."""
    for what, body in broken(operation.in_form):
        for headers in ({}, {"Authorization": str(VOUCHER.basic)}, {"Authorization": "Bearer x", "DPoP": "x"}):
            answered = ask(provider, operation, body, headers)
            refuses_in_json(operation, answered, what)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_answers_broken_metadata_with_a_registered_error(registrar: Registrar, method: str) -> None:
    """RFC 7591 §3.2.2, RFC 7592 §2.2: every member of every wrong kind, and what is no object; 400 or less."""
    told = registrar.registered()
    path = "/oidc/register" if method == "POST" else "/oidc/register/{client_id}"
    [operation] = [each for each in described.operations() if (each.path, each.method) == (path, method)]
    token = registrar.token if method == "POST" else told["registration_access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    client, address = registrar.app.test_client(), path.replace("{client_id}", told["client_id"])
    right = {"redirect_uris": told["redirect_uris"], "client_id": told["client_id"]}
    metadata = [{**right, name: value} for name in operation.in_json for value in BROKEN_JSON]
    bodies = [json.dumps(each).encode() for each in [*metadata, *BROKEN_JSON]]
    for body in [*bodies, b"", b"{", b"\xff", b'{"a": 1, "a": 2}', b"[" * 60_000, b'{"redirect_uris": [NaN]}']:
        answered = client.open(address, method=method, data=body, headers=headers, content_type="application/json")
        refuses_in_json(operation, answered, str(body[:80]))


@pytest.mark.parametrize("operation", BACK, ids=names)
def test_takes_no_other_body_and_no_other_method(provider: Provider, operation: Operation) -> None:
    """RFC 6749 §3.2: a form by POST; RFC 9110 §15.5.6: 405 says what is allowed."""
    client = provider.app.test_client()
    for kind in ("", "application/json", "text/plain", "multipart/form-data; boundary=x", FORM + "; charset=euc-kr"):
        sent = b'{"grant_type": "authorization_code"}'
        answered = client.open(operation.path, method=operation.method, data=sent, content_type=kind)
        refuses_in_json(operation, answered, kind)
    taken = {each.method for each in described.operations() if each.path == operation.path} | {"HEAD", "OPTIONS"}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - taken:
        answered = client.open(operation.path, method=method)
        assert answered.status_code == 405, method
        assert set(answered.headers["Allow"].split(", ")) <= taken
        assert answered.get_json()["error"] in ERRORS


@pytest.mark.parametrize("operation", FRONT, ids=names)
def test_shows_what_is_broken_or_tells_whoever_asked(provider: Provider, operation: Operation) -> None:
    """RFC 6749 §4.1.2.1, RFC 9700 §4.11: a page here, or a registered error at the address that was registered."""
    for what, sent in broken(operation.in_form or operation.in_query):
        answered = ask(provider, operation, sent, {})
        for _ in range(3):
            assert operation.disagreements(answered) == [], (what, answered.headers)
            assert answered.headers["Cache-Control"] == "no-store", what
            location = answered.headers.get("Location", "")
            if not location.startswith("/oidc/"):
                break
            answered = provider.app.test_client().get(location)
        if location.startswith("/") or answered.status_code != 303:
            continue
        assert location.startswith(VOUCHER.redirect_uri + "?"), (what, location)
        said = parse_qs(urlsplit(location).query)
        assert set(said) <= {"error", "error_description", "state", "iss"}, what
        assert said["error"][0] in ERRORS, what
        assert re.fullmatch(r"[ !#-\[\]-~]*", said.get("error_description", [""])[0]), what
        assert said["iss"] == [provider.house.settings.issuer]


def broken(parameters: list[str]) -> Iterator[tuple[str, str]]:
    """Every parameter once in every broken way, all others right; and none at all."""
    yield "nothing", ""
    right = {name: value for name, value in RIGHT.items() if name in parameters}
    for name in parameters:
        others = urlencode({other: value for other, value in right.items() if other != name})
        for how, value in BROKEN.items():
            yield f"{name} {how}", f"{others}&{name}={value}"
        once = f"{name}={quote_plus(right.get(name, 'x'))}"
        yield f"{name} twice", f"{others}&{once}&{once}"


def ask(provider: Provider, operation: Operation, sent: str, headers: Mapping[str, str]) -> TestResponse:
    client = provider.app.test_client()
    if operation.method == "GET":
        return client.get(f"{operation.path}?{sent}", headers=headers)
    return client.open(operation.path, method=operation.method, data=sent, content_type=FORM, headers=headers)


def refuses_in_json(operation: Operation, answered: TestResponse, what: str) -> None:
    assert answered.status_code < 500, what
    if answered.status_code >= 400:
        assert operation.disagreements(answered) == [], (what, answered.text)
    assert answered.headers["Cache-Control"] == "no-store", what
    assert answered.headers["X-Content-Type-Options"] == "nosniff", what
    assert ("WWW-Authenticate" in answered.headers) or answered.status_code != 401, what


def test_describes_what_kamp_is_answered(provider: Provider) -> None:
    """The right way through every door, by the words of the description."""
    browser = provider.browser()
    by = {(each.method, each.path): each for each in described.operations()}
    gained = provider.redeem(KAMP, browser.code(KAMP, scope="openid offline_access"))
    answers = {
        ("POST", "/oidc/token"): gained,
        ("GET", "/oidc/userinfo"): provider.userinfo(gained.get_json()["access_token"]),
        ("POST", "/oidc/par"): provider.app.test_client().post("/oidc/par", data=request_of(KAMP)),
        ("GET", "/oidc/authorize"): browser.authorize(KAMP, prompt="none"),
        ("GET", "/oidc/jwks"): provider.app.test_client().get("/oidc/jwks"),
        ("GET", "/oidc/logout"): provider.app.test_client().get("/oidc/logout"),
        ("GET", "/.well-known/openid-configuration"): provider.app.test_client().get(
            "/.well-known/openid-configuration"
        ),
    }
    for key, answered in answers.items():
        assert answered.status_code < 400, (key, answered.text)
        assert by[key].disagreements(answered) == [], key
