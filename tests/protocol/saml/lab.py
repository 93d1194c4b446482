"""An identity provider under test and a browser that fills in its forms."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from idp.house import House
from tests.builders import register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import hidden
from tests.vectors.saml.forge import redirect, request as authn_request

PASSWORD = "Onepass!2026"


@dataclass
class Provider:
    """The identity provider under test, from outside; the registry and the clock are ours to change."""

    house: House
    app: Flask

    def register(self, text: str, **terms: Any) -> None:
        """Register the relying party anew."""
        entry = {"id": "smtech-saml", "protocol": "saml", "name": "SMTECH", "metadata_xml": text, **terms}
        entry.setdefault("release", ["profile", "email"])
        register(self.house, {"id": "smtech", "name": "SMTECH", "relying_party": [entry]})

    @property
    def clock(self) -> FrozenClock:
        clock = self.house.clock
        assert isinstance(clock, FrozenClock)
        return clock

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def browser(self) -> Browser:
        """A browser without cookies."""
        return Browser(self, self.app.test_client())


@dataclass
class Answered:
    """A form that a page of ours would post."""

    action: str
    fields: dict[str, str]

    @property
    def xml(self) -> bytes:
        return base64.b64decode(self.fields["SAMLResponse"], validate=True)

    @property
    def root(self) -> Any:
        return etree.fromstring(self.xml)

    @property
    def codes(self) -> list[str]:
        """Status codes, outer first, without their common beginning."""
        return [
            each.get("Value").rpartition(":")[2]
            for each in self.root.iter("{urn:oasis:names:tc:SAML:2.0:protocol}StatusCode")
        ]

    @property
    def subject(self) -> str:
        return str(next(self.root.iter("{urn:oasis:names:tc:SAML:2.0:assertion}NameID")).text)


@dataclass
class Browser:
    """A browser that fills in our forms."""

    provider: Provider
    client: FlaskClient

    def cookies(self) -> str:
        """The Cookie header it would send."""
        held = (self.client.get_cookie(name) for name in ("idp_session", "idp_form"))
        return "; ".join(f"{cookie.key}={cookie.value}" for cookie in held if cookie is not None)

    def ask(self, query: bytes) -> TestResponse:
        """Follow a provider's redirect to us."""
        # By the raw octets: the test client would rewrite escapes.
        return self.client.get("/saml/sso", environ_overrides={"QUERY_STRING": query.decode("ascii")})

    def ask_plainly(self, identifier: str = "_request", *, content: str = "", **attributes: str | None) -> TestResponse:
        """The same with an unsigned request of the moment."""
        return self.ask(redirect(authn_request(self.provider.now, ID=identifier, content=content, **attributes)))

    def sign_in(self, response: TestResponse, *, decision: str = "accept", collect: bool = True) -> TestResponse:
        """Go through the pages, password and consent, until something else comes."""
        for _step in range(8):
            if response.status_code == 303 and (collect or "/answer/" not in response.headers["Location"]):
                response = self.client.get(response.headers["Location"])
                continue
            form = re.search(r'<form[^>]*action="(/signin/[^"]+)"', response.text)
            if form is None:
                return response
            values = hidden(response) | {"login_id": "honggildong", "password": PASSWORD, "decision": decision}
            response = self.client.post(unescape(form[1]), data=values)
        raise AssertionError("the pages do not end")


def read_form(response: TestResponse) -> Answered:
    """The form in a page that posts itself; fails where there is none."""
    assert response.status_code == 200, response.text
    form = re.search(r'<form[^>]*action="(http[^"]+)"[^>]*data-auto-post', response.text)
    assert form is not None, response.text
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', response.text)
    return Answered(unescape(form[1]), {name: unescape(value) for name, value in fields})
