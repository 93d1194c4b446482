"""An operator who lets clients register themselves, and clients that do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.agencies.self_registration.make_token import MakeInitialAccessToken
from idp.agencies.self_registration.policy import RegistrationPolicy
from idp.house import House
from tests.protocol.oidc.lab import Client

CALLBACK = "https://dynamic.example/callback"
METADATA: dict[str, Any] = {"redirect_uris": [CALLBACK], "client_name": "스스로 등록한 시스템"}
POLICY = RegistrationPolicy(
    hosts=("dynamic.example", "127.0.0.1"),
    scopes=("openid", "profile", "email", "offline_access"),
    grant_types=frozenset({"authorization_code", "refresh_token", "implicit"}),
    response_types=frozenset({"code", "id_token", "id_token token"}),
    authentication_methods=frozenset(
        {"client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "tls_client_auth"}
    ),
)


@dataclass
class Registrar:
    """The registration endpoint from outside; `token` is an initial access token that is good."""

    house: House
    app: Flask
    token: str = ""
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client(use_cookies=False)
        if not self.token:
            self.token = self.new_token()

    def new_token(
        self,
        policy: RegistrationPolicy = POLICY,
        *,
        uses: int = 100,
        lifetime: timedelta = timedelta(days=7),
        agency_id: str = "voucher",
    ) -> str:
        """Another initial access token."""
        make = MakeInitialAccessToken(self.house.database, self.house.clock, self.house.randomness)
        return make(agency_id, policy, uses=uses, lifetime=lifetime, actor="test")[0]

    def post(self, body: Any = None, *, token: str | None = None, **headers: str) -> TestResponse:
        """Register what `body` says; octets are sent as they are."""
        sent = body if isinstance(body, bytes) else json.dumps(METADATA if body is None else body).encode()
        authorization = f"Bearer {self.token if token is None else token}"
        given = {"Authorization": authorization, "Content-Type": "application/json", **headers}
        return self.app.test_client(use_cookies=False).post("/oidc/register", data=sent, headers=given)

    def registered(self, **metadata: Any) -> dict[str, Any]:
        """What a client is told that registers `metadata`."""
        answer = self.post({**METADATA, **metadata})
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.get_json()
        return told

    def manage(self, told: dict[str, Any], method: str = "GET", body: Any = None) -> TestResponse:
        """Go to the client's own address with its registration access token."""
        return self.app.test_client(use_cookies=False).open(
            told["registration_client_uri"].removeprefix(self.house.settings.issuer),
            method=method,
            headers={"Authorization": f"Bearer {told['registration_access_token']}"},
            json=body,
        )

    def refusal(self, **metadata: Any) -> tuple[int, str]:
        """Status and error of a registration that is refused; checks what every refusal keeps to."""
        answer = self.post({**METADATA, **metadata})
        said = answer.get_json()
        assert answer.mimetype == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
        description = said.get("error_description", "")
        assert description.isascii()
        assert not set('"\\') & set(description)
        return answer.status_code, said["error"]


def as_client(told: dict[str, Any], redirect_uri: str = CALLBACK) -> Client:
    """A client that goes by what it was told."""
    return Client(told["client_id"], told["client_id"], redirect_uri, told.get("client_secret"))


def sent_back(told: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a client sends to change its registration: all of it, without what is ours to say. RFC 7592 §2.2."""
    ours = {"registration_access_token", "registration_client_uri", "client_id_issued_at", "client_secret_expires_at"}
    return {name: value for name, value in {**told, **changes}.items() if name not in ours}
