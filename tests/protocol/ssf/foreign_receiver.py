"""A receiver that shares no code with the provider: Authlib for its token, requests for HTTP, PyJWT for signatures, and
jsonschema for what events say. It knows what is published and nothing else."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from authlib.integrations.requests_client import OAuth2Session
from jsonschema import Draft202012Validator
from requests import Response

_TIMEOUT = 10
_OWN = {"iss", "iat", "jti", "aud", "txn", "sub_id", "events"}


@dataclass
class ForeignReceiver:
    """One agency's server at `address`."""

    address: str
    client_id: str
    secret: str
    scope: str = "ssf.manage ssf.read"
    session: OAuth2Session = field(init=False)
    metadata: dict[str, Any] = field(init=False)
    keys: jwt.PyJWKSet = field(init=False)
    seen: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The claims of everything it took, by `jti`."""

    def __post_init__(self) -> None:
        self.session = OAuth2Session(self.client_id, self.secret, scope=self.scope)
        token = self.session.fetch_token(f"{self.address}/oidc/token", grant_type="client_credentials")
        assert 0 < token["expires_in"] <= 3600
        self.metadata = self.get("/.well-known/ssf-configuration").json()
        self.keys = jwt.PyJWKSet.from_dict(self.get(self.path("jwks_uri")).json())

    def path(self, name: str) -> str:
        """The path of an address in the metadata: it names the issuer, and the test serves it elsewhere."""
        return "/" + str(self.metadata[name]).split("/", 3)[3]

    def get(self, path: str, **parameters: str) -> Response:
        response: Response = self.session.get(self.address + path, params=parameters, timeout=_TIMEOUT)
        return response

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Response:
        response: Response = self.session.request(method, self.address + path, json=body, timeout=_TIMEOUT + 30)
        return response

    def create(self, **body: Any) -> dict[str, Any]:
        """A stream, checked as SSF 1.0 §8.1.1.1 wants its receiver to."""
        response = self.send("POST", self.path("configuration_endpoint"), body)
        assert response.status_code == 201, response.text
        stream: dict[str, Any] = response.json()
        assert stream["iss"] == self.metadata["issuer"]
        assert set(stream["events_delivered"]) <= set(stream["events_supported"])
        return stream

    def poll(self, stream: Mapping[str, Any], **body: Any) -> dict[str, Any]:
        """One answer, its events verified. RFC 8936 §2.4."""
        path = "/" + str(stream["delivery"]["endpoint_url"]).split("/", 3)[3]
        response = self.send("POST", path, {"returnImmediately": True, **body})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        assert answer.keys() <= {"sets", "moreAvailable"}
        for jti, token in answer["sets"].items():
            claims = self.understand(token, stream)
            assert claims["jti"] == jti
            self.seen[jti] = claims
        return answer

    def drain(self, stream: Mapping[str, Any], most: int = 10) -> list[Mapping[str, Any]]:
        """Everything there is, acknowledged, in the order in which it came."""
        came: list[Mapping[str, Any]] = []
        ack: list[str] = []
        while True:
            answer = self.poll(stream, maxEvents=most, ack=ack)
            ack = list(answer["sets"])
            came += [self.seen[jti] for jti in ack]
            if not ack:
                return came

    def understand(self, token: str, stream: Mapping[str, Any]) -> Mapping[str, Any]:
        """The claims of an event that is as RFC 8417 and SSF 1.0 §4 want it."""
        header = jwt.get_unverified_header(token)
        assert header["typ"] == "secevent+jwt"
        (key,) = [each for each in self.keys.keys if each.key_id == header["kid"]]
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=["RS256", "ES256"], audience=stream["aud"], issuer=self.metadata["issuer"]
        )
        assert claims.keys() == _OWN
        assert isinstance(claims["iat"], int)
        assert claims["iat"] <= time.time()
        ((uri, event),) = claims["events"].items()
        if uri.endswith("/account-link-changed"):
            self._schema(uri).validate(event)
        if uri.endswith(("/verification", "/stream-updated")):
            assert claims["sub_id"] == {"format": "opaque", "id": stream["stream_id"]}
        else:
            assert uri in stream["events_delivered"]
        return claims

    def _schema(self, uri: str) -> Draft202012Validator:
        path = "/" + uri.split("/", 3)[3]
        schema = self.get(f"{path}.json").json()
        Draft202012Validator.check_schema(schema)
        return Draft202012Validator(schema)
