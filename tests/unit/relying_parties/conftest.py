"""A relying party with a transmitter to talk to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from relying_parties.site import Site
from tests.unit.relying_parties.transmitter import AUTHORIZATION, Transmitter

Push = Callable[..., TestResponse]


@pytest.fixture
def transmitter() -> Transmitter:
    """Publishes its keys and counts who asks."""
    return Transmitter()


@pytest.fixture
def site(transmitter: Transmitter, tmp_path: Path) -> Site:
    """A relying party that trusts that transmitter."""
    return transmitter.open(tmp_path)


@pytest.fixture
def push(site: Site) -> Push:
    """Posts a body to the event endpoint as the transmitter would."""

    def send(
        body: bytes, *, authorization: str = AUTHORIZATION, content_type: str = "application/secevent+jwt"
    ) -> TestResponse:
        headers = {"Authorization": authorization, "Content-Type": content_type, "Accept": "application/json"}
        return site.app.test_client().post("/events", data=body, headers=headers)

    return send
