"""The verification pages, a room that asks and collects, and a browser that fills in their forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore
from idp.verification.evidence import Evidence
from tests.fakes import FixedRandomness, FrozenClock
from tests.unit.verification.lab import Room, application, room as build


@dataclass
class Site:
    """The pages, from outside."""

    room: Room
    app: Flask
    collected: list[Evidence] = field(default_factory=list)

    def browser(self) -> Person:
        """Somebody with a browser of their own."""
        return Person(self.app.test_client())


@dataclass
class Person:
    """Follows redirects and fills in what the page asks."""

    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        """Open an address, and where it leads."""
        return self.client.get(path, follow_redirects=True)

    def post(self, page: TestResponse, button: str = "", **values: str) -> TestResponse:
        """Send the form of `page` whose action ends in `button`, with its own token."""
        found = re.search(
            rf'<form[^>]*action="([^"]*{button})"[^>]*>.*?name="csrf_token"[^>]*value="([^"]+)"', page.text, re.S
        )
        assert found is not None, page.text
        sent = {"csrf_token": found[2], **values}
        return self.client.post(unescape(found[1]), data=sent, follow_redirects=True)

    def start(self, method: str) -> TestResponse:
        """Begin a verification."""
        return self.get(f"/start/{method}")

    def choose(self, page: TestResponse, holder: str = "hong_gildong", outcome: str = "approve") -> TestResponse:
        """Let the simulator answer."""
        return self.post(page, "/simulator", holder=holder, outcome=outcome)


def tx_id(page: TestResponse) -> str:
    """The verification a page is of."""
    found = re.search(r"/verification/([\w-]{22})", page.text)
    assert found is not None, page.text
    return found[1]


@pytest.fixture
def site(database: Database, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness) -> Site:
    built = build(database, DatabaseExpiringStore(database, frozen_clock), frozen_clock, fixed_randomness)
    collected: list[Evidence] = []
    return Site(built, application(built, collected), collected)
