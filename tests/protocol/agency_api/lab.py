"""The agency API from outside: agencies, their systems, and those systems' servers with tokens."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from idp.agencies.machine_client import MACHINE_SCOPES
from idp.house import House
from tests.builders import agency, party

ROOT = "/agency/v1"
SECRET = "S" * 43
EVENTS = {"authorization_header": "Bearer of-this-test"}


def system(name: str) -> dict[str, Any]:
    """A relying party whose server may ask everything."""
    return party(
        name,
        scope="openid profile",
        events={**EVENTS, "endpoint_url": f"https://{name}.example/events"},
        machine_client={"client_secret": SECRET, "scope": " ".join(MACHINE_SCOPES)},
    )


AGENCIES = (agency("kamp", system("kamp"), system("kamp-mobile")), agency("voucher", system("voucher")))


@dataclass(frozen=True)
class Server:
    """One relying party's server."""

    house: House
    app: Flask
    authorization: str

    def ask(self, method: str, path: str, **options: Any) -> TestResponse:
        """Call with the token."""
        headers = {"Authorization": self.authorization, **options.pop("headers", {})}
        client = self.app.test_client(use_cookies=False)
        return client.open(ROOT + path, method=method, headers=headers, **options)

    def get(self, path: str, **query: Any) -> Any:
        """What it answers, which must be a success."""
        answered = self.ask("GET", path, query_string=query)
        assert answered.status_code == 200, answered.text
        return answered.get_json()

    def send(self, method: str, path: str, said: Any, **options: Any) -> Any:
        """The same, with a body of JSON."""
        answered = self.ask(method, path, json=said, **options)
        assert answered.status_code == 200, answered.text
        return answered.get_json()

    def upload(self, method: str, path: str, lines: Iterable[Any], **options: Any) -> TestResponse:
        """Send lines: bytes as they are, everything else as JSON."""
        body = b"".join((each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in lines)
        # As our server hands a body over: it ends where it ends, whatever was said of its length.
        environ = {"wsgi.input_terminated": True, **options.pop("environ_overrides", {})}
        kind = "application/x-ndjson"
        return self.ask(method, path, data=body, content_type=kind, environ_overrides=environ, **options)

    def all_links(self, **query: Any) -> list[dict[str, Any]]:
        """Every link, page by page."""
        found: list[dict[str, Any]] = []
        page = self.get("/links", **query)
        while page["next_cursor"] is not None:
            found += page["links"]
            page = self.get("/links", **{**query, "cursor": page["next_cursor"]})
        return [*found, *page["links"]]


def server(house: House, app: Flask, name: str, scope: str | None = None) -> Server:
    """The server of a relying party, with a fresh token."""
    form = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
    answered = app.test_client().post("/oidc/token", data=form, auth=(f"{name}-machine", SECRET))
    assert answered.status_code == 200, answered.text
    return Server(house, app, f"Bearer {answered.get_json()['access_token']}")


def problem(answered: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document it must be. RFC 9457."""
    assert answered.status_code == status, answered.text
    assert answered.mimetype == "application/problem+json"
    assert answered.headers["Cache-Control"] == "no-store"
    said: dict[str, Any] = json.loads(answered.text)
    assert said["status"] == status
    assert said["type"] == f"urn:onepass:problem:{code}", said
    assert said["title"]
    return said
