"""The transmitter as receivers see it over HTTP, and two of them with tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.house import House
from idp.signals.catalogue import EventType
from idp.signals.models import outbox
from idp.signals.outbox import Notice, tell
from tests.builders import agency, party, register
from tests.fakes import FrozenClock

ISSUER = "http://127.0.0.1:8000"
PUSH, POLL = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"
CAEP = "https://schemas.openid.net/secevent/caep/event-type"
RISC = "https://schemas.openid.net/secevent/risc/event-type"
SSF = "https://schemas.openid.net/secevent/ssf/event-type"
LINK_CHANGED = "https://schemas.onepass.example/secevent/link/event-type/account-link-changed"
SECRET = "a-machine-secret-of-more-than-32-characters"
ENDPOINT = "https://push.example/events"
HEADER = "Bearer what-only-we-two-know"
BOTH = "ssf.manage ssf.read"
RECEIVER = {"managed_by": "receiver", "receiver_hosts": ["push.example", "127.0.0.1:9999"]}
PUSHED = {"method": PUSH, "endpoint_url": ENDPOINT, "authorization_header": HEADER}


def machine(scope: str = BOTH) -> dict[str, str]:
    return {"client_secret": SECRET, "scope": scope}


AGENCIES = (
    agency("voucher", party("voucher", events=RECEIVER, machine_client=machine())),
    agency("kamp", party("kamp", events={**RECEIVER, "standard_events_only": True}, machine_client=machine())),
    agency(
        "smtech",
        party(
            "smtech",
            events={"endpoint_url": "https://smtech.example/events", "authorization_header": HEADER},
            machine_client=machine(),
        ),
    ),
    agency("bizinfo", party("bizinfo", machine_client=machine())),
    agency("reader", party("reader", events=RECEIVER, machine_client=machine("ssf.read"))),
)


@dataclass
class Receiver:
    """One relying party's server with a token in its hands."""

    app: Flask
    id: str
    token: str = field(init=False)

    def __post_init__(self) -> None:
        form = {"grant_type": "client_credentials"}
        answered = self._client().post("/oidc/token", data=form, auth=(f"{self.id}-machine", SECRET))
        self.token = answered.get_json()["access_token"]

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, raw: bytes | None = None
    ) -> TestResponse:
        """One request; `raw` in place of JSON, `token` in place of ours."""
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        if body is None and raw is None:
            return self._client().open(path, method=method, headers=headers)
        octets = json.dumps(body).encode() if raw is None else raw
        return self._client().open(path, method=method, headers=headers, data=octets, content_type="application/json")

    def create(self, **body: Any) -> dict[str, Any]:
        answered = self.call("POST", "/ssf/streams", body)
        assert answered.status_code == 201, answered.text
        found: dict[str, Any] = answered.get_json()
        return found

    def read(self, stream_id: str) -> TestResponse:
        return self.call("GET", f"/ssf/streams?stream_id={stream_id}")

    def delete(self, stream_id: str) -> TestResponse:
        return self.call("DELETE", f"/ssf/streams?stream_id={stream_id}")

    def set_status(self, stream_id: str, status: Any, **more: Any) -> TestResponse:
        return self.call("POST", "/ssf/status", {"stream_id": stream_id, "status": status, **more})

    def verify(self, stream_id: str, **more: Any) -> TestResponse:
        return self.call("POST", "/ssf/verify", {"stream_id": stream_id, **more})

    def poll(self, stream_id: str, **body: Any) -> TestResponse:
        return self.call("POST", f"/ssf/streams/{stream_id}/poll", {"returnImmediately": True, **body})

    def _client(self) -> FlaskClient:
        return self.app.test_client(use_cookies=False)


@dataclass
class Transmitter:
    """The transmitter under test."""

    house: House
    app: Flask

    @classmethod
    def of(cls, house: House) -> Transmitter:
        register(house, *AGENCIES)
        return cls(house, create_app(house.settings, instead=house))

    def receiver(self, relying_party_id: str) -> Receiver:
        return Receiver(self.app, relying_party_id)

    def metadata(self) -> dict[str, Any]:
        answered = self.app.test_client().get("/.well-known/ssf-configuration")
        assert answered.status_code == 200
        found: dict[str, Any] = answered.get_json()
        return found

    def queued(self, relying_party_id: str) -> list[Mapping[str, Any]]:
        """What the outbox holds for a relying party, oldest first."""
        query = select(outbox).where(outbox.c.relying_party_id == relying_party_id).order_by(outbox.c.seq)
        with self.house.database.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def waiting(self, relying_party_id: str) -> list[str]:
        """The types of what waits for it."""
        return [row["event_type"] for row in self.queued(relying_party_id) if row["state"] == "pending"]

    def tell(self, relying_party_id: str, subject: str, *types: EventType) -> None:
        """Queue messages about a subject, as the house would."""
        house = self.house
        with house.database.transaction() as connection:
            notices = [Notice(relying_party_id, each, subject, {}, house.clock.now()) for each in types]
            tell(connection, house.randomness, notices)

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of an event, its signature verified by another library than the one that made it."""
        published: Any = self.house.keyring.jwks("events")
        return dict(jwt.decode(token, KeySet.import_key_set(published), algorithms=["RS256", "ES256"]).claims)

    def refresh(self) -> None:
        """Let every process see the catalogue as it is now."""
        assert isinstance(self.house.clock, FrozenClock)
        self.house.clock.advance(self.house.settings.catalogue_refresh)
