"""A provider at a host with a name, one person who was verified, and a browser that fills in what it is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.audit.models import audit_records
from idp.credentials.one_time_codes import OneTimeCodes
from idp.credentials.recovery_codes import RecoveryCodes
from idp.house import House
from idp.mail.models import outgoing_messages
from idp.mail.post import opened
from idp.members import store as members
from tests.authenticator import Authenticator
from tests.builders import PASSWORD
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import Client, Provider, hidden, hidden_in, request_of

ISSUER = "http://localhost:8000"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@dataclass
class Scene:
    """The provider, and what it wrote down."""

    house: House
    app: Flask
    member_id: str

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.house.clock, FrozenClock)
        return self.house.clock

    def browser(self) -> Browser:
        return Browser(self, self.app.test_client())

    def code(self) -> str:
        """What the member's app shows."""
        return pyotp.TOTP(SECRET).at(self.clock.now())

    def turn_on(self) -> tuple[str, ...]:
        """The second step, as if the member had; their recovery codes."""
        house, now = self.house, self.clock.now()
        with house.database.transaction() as connection:
            row = members.find(connection, self.member_id)
            assert row is not None
            assert row.data_key is not None
            codes = OneTimeCodes(house.cipher, house.randomness)
            codes.register(connection, self.member_id, row.data_key, SECRET, 0, now)
            return RecoveryCodes(house.digester, house.randomness).renew(connection, self.member_id, now)

    def actions(self) -> list[tuple[str, dict[str, Any]]]:
        """What the audit knows of the member, oldest first."""
        with self.house.database.reading() as connection:
            mine = audit_records.c.member_id == self.member_id
            query = select(audit_records).where(mine).order_by(audit_records.c.seq)
            return [(row.action, row.detail) for row in connection.execute(query)]

    def letters(self, name: str) -> list[Any]:
        """The letters of this name that wait, by e-mail."""
        with self.house.database.reading() as connection:
            query = select(outgoing_messages).where(
                outgoing_messages.c.letter == name, outgoing_messages.c.channel == "email"
            )
            rows = connection.execute(query).all()
        return [opened(self.house.cipher, row.id, row.letter, row.sealed)[1] for row in rows]

    def claims(self, client: Client, code: str, alg: str = "RS256") -> dict[str, Any]:
        """The claims of the ID token that a code gives."""
        provider = Provider(self.house, self.app)
        return provider.claims(provider.redeem(client, code).get_json()["id_token"], alg)


@dataclass
class Browser:
    """A browser with cookies."""

    scene: Scene
    client: FlaskClient
    device: Authenticator = field(default_factory=lambda: Authenticator(ISSUER))

    def open(self, path: str) -> TestResponse:
        """An address, and where it leads on our own host."""
        return self.follow(self.client.get(path))

    def follow(self, response: TestResponse) -> TestResponse:
        """Where redirects lead, as long as they stay here."""
        while response.status_code == 303 and response.headers["Location"].startswith("/"):
            response = self.client.get(response.headers["Location"])
        return response

    def ask(self, client: Client, **parameters: str | None) -> TestResponse:
        """Arrive from a relying party."""
        query = request_of(client, **parameters)
        return self.follow(self.client.get("/oidc/authorize", query_string=query))

    def send(self, page: TestResponse, action: str, **fields: str) -> TestResponse:
        """Send the form of `page` whose address ends in `action`, and follow."""
        return self.follow(self.post(page, action, **fields))

    def post(self, page: TestResponse, action: str, **fields: str) -> TestResponse:
        """The same without following."""
        found = re.search(rf'<form[^>]*action="([^"]*{re.escape(action)})"[^>]*>(.*?)</form>', page.text, re.S)
        assert found is not None, page.text
        carried = hidden_in(found[2])
        assert carried["csrf_token"]
        return self.client.post(unescape(found[1]), data={**carried, **fields})

    def password(self, page: TestResponse, password: str = PASSWORD) -> TestResponse:
        return self.send(page, "/password", login_id="honggildong", password=password)

    def agree(self, page: TestResponse) -> TestResponse:
        """Consent, where it is asked."""
        form = re.search(r'<form[^>]*action="(/signin/[^"]+/consent)"', page.text)
        if form is None:
            return page
        values = {"decision": "accept", **hidden(page)}
        return self.follow(self.client.post(form[1], data=values))

    def signed_in(self) -> Browser:
        """After a password, and the second step where one is asked."""
        page = self.password(self.open("/account/"))
        if "/code" in page.text:
            page = self.send(page, "/code", code=self.scene.code())
        assert page.status_code == 200, page.text
        return self

    def is_signed_in(self) -> bool:
        return self.client.get("/account/").status_code == 200

    def options(self, page: TestResponse) -> str:
        """What the page's script is given for the authenticator."""
        found = re.search(r'data-options="([^"]+)"', page.text)
        assert found is not None, page.text
        answer = self.client.post(unescape(found[1]), data=hidden(page))
        assert answer.status_code == 200, answer.text
        return answer.text

    def register_passkey(self) -> TestResponse:
        page = self.open("/account/second-step")
        return self.send(page, "/account/passkeys", credential=self.device.make(self.options(page)))

    def use_passkey(self, page: TestResponse) -> TestResponse:
        """As the script does."""
        self.device.count += 1
        return self.send(page, "/passkey", credential=self.device.use(self.options(page)))
