"""A provider, its members, and browsers that are signed in without the pages that lead there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.audit.models import audit_records
from idp.house import House
from idp.members import store as members
from idp.members.profile import Profile
from idp.sessions.assurance import by_password
from idp.sessions.device import Device
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.signals.models import outbox
from tests.builders import PASSWORD
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import csrf

CI = "c" * 86 + "=="


@dataclass
class Site:
    """The pages from outside, and what they leave behind."""

    house: House
    app: Flask

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.house.clock, FrozenClock)
        return self.house.clock

    @property
    def sessions(self) -> Sessions:
        house, limits = self.house, self.house.settings.sessions
        return Sessions(
            *(house.store, house.clock, house.randomness, house.digester, limits.idle, limits.absolute),
            house.database,
            lambda: Device("203.0.113.10", "Firefox · Linux"),
        )

    def signed_in(self, member_id: str) -> Visit:
        """A browser whose member has signed in this moment."""
        with self.house.database.reading() as connection:
            row = members.find(connection, member_id)
        assert row is not None
        cookie, session = self.sessions.start(member_id, row.session_epoch, by=by_password(self.clock.now()))
        client = self.app.test_client()
        client.set_cookie("idp_session", cookie)
        return Visit(self, client, member_id, session)

    def profile(self, member_id: str) -> Profile:
        with self.house.database.reading() as connection:
            row = members.find(connection, member_id)
        assert row is not None
        found = self.house.directory.profile(row)
        assert found is not None
        return found

    def actions(self, member_id: str) -> list[tuple[str, dict[str, Any]]]:
        """What the audit knows of a member."""
        with self.house.database.reading() as connection:
            query = select(audit_records).where(audit_records.c.member_id == member_id).order_by(audit_records.c.seq)
            return [(row.action, row.detail) for row in connection.execute(query)]

    def logouts(self) -> list[tuple[str, dict[str, Any]]]:
        """Relying party and payload of every logout queued."""
        with self.house.database.reading() as connection:
            query = select(outbox).where(outbox.c.channel == "logout").order_by(outbox.c.seq)
            return [(row.relying_party_id, row.payload) for row in connection.execute(query)]


@dataclass
class Visit:
    """One browser of one member."""

    site: Site
    client: FlaskClient
    member_id: str
    session: Session

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def token(self) -> str:
        """A form token; the header's own forms have one on every page."""
        return csrf(self.client.get("/account/"))

    def tied(self) -> dict[str, str]:
        """What every form here carries: its token, and whose page it stands on."""
        return form_of(self.client.get("/account/"), "/account/sign-out")

    def post(self, path: str, **fields: str) -> TestResponse:
        """Send a form with what it carries."""
        return self.client.post(path, data={**self.tied(), **fields})

    def filled(self, path: str, **fields: str) -> TestResponse:
        """Open the page at `path` and send its form as it stands, but for `fields`."""
        page = self.client.get(path)
        assert page.status_code == 200, page.status_code
        return self.client.post(path, data={**form_of(page, path), **fields})

    def cookie(self) -> str | None:
        found = self.client.get_cookie("idp_session")
        return found.value if found is not None else None

    def is_signed_in(self) -> bool:
        return self.client.get("/account/").status_code == 200

    def sign_in_again(self, answer: TestResponse, login_id: str = "honggildong") -> TestResponse:
        """Through the sign-in page that `answer` leads to, and on."""
        page = self.client.get(answer.headers["Location"])
        form = re.search(r'<form[^>]*action="(/signin/[^"]+/password)"', page.text)
        assert form is not None, page.text
        values = {"login_id": login_id, "password": PASSWORD, "csrf_token": csrf(page)}
        return self.client.post(unescape(form[1]), data=values, follow_redirects=True)


def form_of(page: TestResponse, action: str) -> dict[str, str]:
    """The values in the form that posts to `action`, as a browser would send them."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page.text, re.S)
    assert found is not None, page.text
    values: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", found[1]):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name is not None and 'type="checkbox"' not in tag:
            values[name[1]] = unescape(value[1]) if value is not None else ""
    for name_, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', found[1], re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        first = re.search(r'<option value="([^"]*)"', body)
        values[name_] = chosen[1] if chosen is not None else first[1] if first is not None else ""
    return values
