"""The OpenAPI document says what the doors do, and real answers are what it says. OpenAPI 3.1, JSON Schema 2020-12."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from idp.app.agency_api import table
from idp.house import House
from tests.builders import a_person, an_enterprise, link, unlink
from tests.protocol.agency_api.lab import ROOT, Server, server
from tests.protocol.agency_api.test_reconciliation import digest
from tests.protocol.agency_api.test_roster import HONG, row

METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}


@pytest.fixture
def any_house(house: House) -> House:
    """One kind of database is enough for what no database decides."""
    return house


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    answered = app.test_client().get(f"{ROOT}/openapi.json")
    assert answered.status_code == 200
    said: dict[str, Any] = answered.get_json()
    return said


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in METHODS & methods.keys():
            yield path, method.upper(), methods[method]


def test_is_a_document_to_a_strangers_validator(document: dict[str, Any]) -> None:
    """OpenAPI 3.1, held by openapi-spec-validator; every schema in it by jsonschema's metaschema."""
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    for schema in document["components"]["schemas"].values():
        validator_for(schema, Draft202012Validator).check_schema(schema)


def test_names_this_deployment(document: dict[str, Any], house: House) -> None:
    issuer = house.settings.issuer
    assert document["servers"] == [{"url": f"{issuer}{ROOT}"}]
    assert f"{issuer}/oidc/token" in json.dumps(document)


def test_says_what_the_doors_are_and_nothing_else(document: dict[str, Any], app: Flask, house: House) -> None:
    """Every route both ways: none undocumented, none invented, each with the scope that it really takes."""
    real = {(re.sub(r"<(\w+)>", r"{\1}", each.path), each.method, each.scope) for each in table(house).operations}
    said = {
        (path, method, scope)
        for path, method, operation in operations(document)
        for requirement in operation["security"]
        for scope in requirement["machine"]
    }
    assert said == real
    served = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("agency_api.")}
    assert served - {f"{ROOT}/openapi.json", f"{ROOT}/<path:rest>"} == {
        ROOT + re.sub(r"{(\w+)}", r"<\1>", path) for path in document["paths"]
    }
    scopes = document["components"]["securitySchemes"]["machine"]["flows"]["clientCredentials"]["scopes"]
    assert {scope for _path, _method, scope in real} == scopes.keys()


def resolved(document: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in found:
        at: Any = document
        for part in found["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        found = at
    return found


def check(document: dict[str, Any], path: str, method: str, answered: TestResponse) -> None:
    """The answer is one that the document allows, in every part of its body."""
    operation = document["paths"][path][method.lower()]
    where = (path, method, answered.status_code)
    assert str(answered.status_code) in operation["responses"], where
    response = resolved(document, operation["responses"][str(answered.status_code)])
    if "content" not in response:
        assert answered.data == b"", where
        return
    schema = {**response["content"][answered.mimetype]["schema"], "components": document["components"]}
    lines = answered.text.splitlines() if answered.mimetype == "application/x-ndjson" else [answered.text]
    for line in lines:
        found = [error.message for error in Draft202012Validator(schema).iter_errors(json.loads(line))]
        assert found == [], (where, found)


def acts(house: House, kamp: Server) -> Iterator[tuple[str, str, TestResponse]]:
    """Every operation, well and badly asked."""
    members = [a_person(house, f"member.{number}") for number in range(3)]
    ids = [link(house, member, "kamp").id for member in (*members, an_enterprise(house))]
    unlink(house, members[2], "kamp")
    one = "/links/{link_id}"
    yield "/links", "GET", kamp.ask("GET", "/links?limit=2")
    yield "/links", "GET", kamp.ask("GET", "/links?changed_since=2026-01-01T00:00:00Z")
    yield "/links", "GET", kamp.ask("GET", "/links?limit=x")
    read = kamp.ask("GET", f"/links/{ids[0]}")
    yield one, "GET", read
    yield one, "GET", kamp.ask("GET", f"/links/{ids[0]}", headers={"If-None-Match": read.headers["ETag"]})
    yield one, "GET", kamp.ask("GET", "/links/a")
    accounts = f"{one}/accounts"
    yield accounts, "PUT", kamp.ask("PUT", f"/links/{ids[0]}/accounts", json={"agency_accounts": ["a"]})
    yield accounts, "PUT", kamp.ask("PUT", f"/links/{ids[1]}/accounts", json={"agency_accounts": ["a"]})
    yield accounts, "PUT", kamp.ask("PUT", f"/links/{ids[1]}/accounts", json={})
    yield accounts, "PUT", kamp.ask("PUT", "/links/a/accounts", json={"agency_accounts": []})
    yield accounts, "PUT", kamp.ask("PUT", f"/links/{ids[1]}/accounts", data=b"x")
    for act, linked in (("unlink", ids[1]), ("relink", ids[1]), ("relink", ids[2])):
        yield f"{one}/{act}", "POST", kamp.ask("POST", f"/links/{linked}/{act}")
        yield f"{one}/{act}", "POST", kamp.ask("POST", f"/links/a/{act}")
        yield f"{one}/{act}", "POST", kamp.ask("POST", f"/links/a/{act}", data=b"x")
    links = kamp.all_links()
    yield "/links/digest", "GET", kamp.ask("GET", "/links/digest")
    yield "/links/digest", "POST", kamp.ask("POST", "/links/digest", json={"buckets": digest(links[1:])})
    yield "/links/digest", "POST", kamp.ask("POST", "/links/digest", json=1)
    yield "/links/diff", "POST", kamp.upload("POST", "/links/diff", [{**links[0], "version": 99}, *links[2:]])
    yield "/links/diff", "POST", kamp.upload("POST", "/links/diff", [b"x"])
    yield "/links/diff", "POST", kamp.ask("POST", "/links/diff", json=[])
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    yield "/links/diff", "POST", kamp.upload("POST", "/links/diff", links, environ_overrides=chunked)
    said = [{"link_id": each, "version": version} for version, each in enumerate(ids, 1)]
    yield "/links/confirm", "POST", kamp.ask("POST", "/links/confirm", json=[*said, {"link_id": "a", "version": 1}])
    yield "/links/confirm", "POST", kamp.ask("POST", "/links/confirm", json=[said[0]] * 1001)
    yield "/links/confirm", "POST", kamp.ask("POST", "/links/confirm", data=b"x", content_type="text/plain")
    listed = kamp.ask("GET", "/events?limit=2")
    yield "/events", "GET", listed
    key = {"Idempotency-Key": "k" * 20}
    wish = {"jtis": [listed.get_json()["events"][0]["jti"]]}
    yield "/events/replay", "POST", kamp.ask("POST", "/events/replay", json=wish, headers=key)
    yield "/events/replay", "POST", kamp.ask("POST", "/events/replay", json={"jtis": ["b"]}, headers=key)
    yield "/events/replay", "POST", kamp.ask("POST", "/events/replay", json=wish)
    yield "/roster", "GET", kamp.ask("GET", "/roster")
    yield "/roster", "PUT", kamp.upload("PUT", "/roster", [row("x")])
    yield "/roster", "PUT", kamp.upload("PUT", "/roster", [row("y"), b"{"])
    put = kamp.upload("PUT", "/roster?leave_out=true", [row("y", HONG), b"{"])
    yield "/roster", "PUT", put
    yield "/roster", "GET", kamp.ask("GET", "/roster")
    yield "/roster", "PUT", kamp.upload("PUT", "/roster?dry_run=true", [b"{"])
    roster_id = put.get_json()["roster_id"]
    for named in (roster_id, roster_id, "other", 1):
        yield "/roster/undo", "POST", kamp.ask("POST", "/roster/undo", json={"roster_id": named})


def test_says_what_is_answered(document: dict[str, Any], house: House, app: Flask, kamp: Server) -> None:
    """Every operation, well and badly asked, without a token, and with another scope's."""
    seen = set()
    for path, method, answered in acts(house, kamp):
        check(document, path, method, answered)
        seen.add((path, method))
    assert seen == {(path, method) for path, method, _operation in operations(document)}
    for each in table(house).operations:
        path = re.sub(r"<(\w+)>", r"{\1}", each.path)
        url = ROOT + each.path.replace("<link_id>", "a")
        check(document, path, each.method, app.test_client().open(url, method=each.method))
        other = "roster.manage" if each.scope != "roster.manage" else "links.read"
        refused = server(house, app, "kamp", other).ask(each.method, each.path.replace("<link_id>", "a"))
        assert refused.status_code == 403
        check(document, path, each.method, refused)


def test_would_notice_an_answer_that_is_not_in_it(document: dict[str, Any], kamp: Server) -> None:
    """The test above can fail: the same answer against a document that says one thing less."""
    answered = kamp.ask("GET", "/links")
    del document["components"]["schemas"]["LinkPage"]["properties"]["changes_since"]
    with pytest.raises(AssertionError):
        check(document, "/links", "GET", answered)
