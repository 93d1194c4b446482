"""The OpenID Foundation's conformance suite as a relying party: what it sends, and what it checks in every module."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import jwt
from werkzeug.test import TestResponse

from idp.clock import epoch_seconds
from tests.builders import agency, party
from tests.protocol.oidc.lab import Browser, Client, Provider, carried, request_of

SCOPES = ("profile", "email", "phone", "address")
CLIENT = Client("suite", "suite", "https://suite.example/test/a/onepass/callback", "suite-secret-" + "1" * 32)
SECOND = Client("suite-second", "suite-second", "https://suite.example/test/a/second/callback?dummy1=lorem", "2" * 43)
POSTING = Client("suite-posting", "suite-posting", CLIENT.redirect_uri, "suite-secret-" + "3" * 32)
_REGISTERED = {
    "scope": "openid profile email phone offline_access",
    "grant_types": ["authorization_code", "refresh_token"],
    # No module of these plans but one sends a challenge.
    "require_pkce": False,
}
AGENCIES = (
    agency(
        "suite",
        *(
            party(each.id, client_secret=each.secret, redirect_uris=[each.redirect_uri], **_REGISTERED)
            for each in (CLIENT, SECOND)
        ),
        {
            **party(POSTING.id, client_secret=POSTING.secret, redirect_uris=[POSTING.redirect_uri], **_REGISTERED),
            "token_endpoint_auth_method": "client_secret_post",
        },
    ),
)
_STATE = "s" * 64 + "~._-" * 16
"""128 characters, all of which must come back."""
_OF_AN_ERROR = {"error", "error_description", "error_uri", "state", "iss"}


@dataclass(frozen=True)
class Arrived:
    """One whole sign-in, everything checked."""

    said: Mapping[str, str]
    tokens: Mapping[str, Any]
    claims: Mapping[str, Any]
    userinfo: Mapping[str, Any]


@dataclass
class Suite:
    """One run of a module: a browser, one client and the way in which answers come."""

    provider: Provider
    mode: str = "query"
    client: Client = CLIENT
    browser: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.browser = self.provider.browser()

    @property
    def issuer(self) -> str:
        return self.provider.house.settings.issuer

    @property
    def discovery(self) -> dict[str, Any]:
        """What the provider says of itself."""
        said: dict[str, Any] = self.provider.app.test_client().get("/.well-known/openid-configuration").get_json()
        return said

    def as_client(self, client: Client) -> Suite:
        """The same browser, for another client."""
        other = replace(self, client=client)
        other.browser = self.browser
        return other

    def request(self, **parameters: str | None) -> dict[str, str]:
        """The suite's usual authorization request."""
        usual = {"state": _STATE, "nonce": "n-0S6_WzA2Mj", "code_challenge": None, "code_challenge_method": None}
        mode = None if self.mode == "query" else self.mode
        return request_of(self.client, **{**usual, "response_mode": mode, **parameters})

    def ask(self, **parameters: str | None) -> TestResponse:
        """Send the browser to the authorization endpoint."""
        return self.browser.client.get("/oidc/authorize", query_string=self.request(**parameters))

    def asks_password(self, response: TestResponse) -> bool:
        """Whether a page with a password field is what comes next."""
        location = response.headers.get("Location", "")
        return location.startswith("/signin/") and 'name="password"' in self.browser.client.get(location).text

    def callback(self, response: TestResponse, *, state: str | None = _STATE) -> dict[str, str]:
        """What reached the redirect address, by the way asked for and with what may be in it."""
        way, said = carried(response, self.client)
        assert way == self.mode
        assert said.get("state") == state
        assert said["iss"] == self.issuer
        if "error" in said:
            assert set(said) <= _OF_AN_ERROR
            assert re.fullmatch(r"[ !#-\[\]-~]*", said.get("error_description", ""))
        else:
            assert set(said) == {"code", "iss"} | ({"state"} if state is not None else set())
            _is_unguessable(said["code"])
        return said

    def sign_in(self, **parameters: str | None) -> Arrived:
        """The happy path of every module: ask, sign in, redeem, verify, look at UserInfo."""
        response = self.browser.pages(self.ask(**parameters))
        return self.arrived(
            response, nonce=self.request(**parameters).get("nonce"), state=parameters.get("state", _STATE)
        )

    def arrived(self, response: TestResponse, *, nonce: str | None, state: str | None = _STATE) -> Arrived:
        """The rest of it, once the browser has an answer."""
        said = self.callback(response, state=state)
        tokens = self.tokens(self.redeem(said["code"]))
        claims = self.id_token(tokens, nonce=nonce)
        return Arrived(
            said, tokens, claims, self.claims_of(self.provider.userinfo(tokens["access_token"]), claims["sub"])
        )

    def redeem(self, code: str, **form: str | None) -> TestResponse:
        """Present a code, without a verifier as long as none is given."""
        return self.provider.redeem(self.client, code, **{"code_verifier": None, **form})

    def tokens(self, answered: TestResponse) -> dict[str, Any]:
        """A token response. RFC 6749 §5.1."""
        assert answered.status_code == 200, answered.text
        assert answered.mimetype == "application/json"
        assert answered.headers["Cache-Control"] == "no-store"
        assert answered.headers["Pragma"] == "no-cache"
        tokens: dict[str, Any] = answered.get_json()
        assert tokens["token_type"].lower() == "bearer"
        assert type(tokens["expires_in"]) is int
        assert 0 < tokens["expires_in"] <= 365 * 86400
        for name in {"access_token", "refresh_token"} & tokens.keys():
            _is_unguessable(tokens[name])
        return tokens

    def id_token(self, tokens: Mapping[str, Any], *, nonce: str | None) -> dict[str, Any]:
        """The claims of an ID token. OpenID Connect Core §2, §3.1.3.7; read by PyJWT."""
        keys = jwt.PyJWKSet.from_dict(self.provider.app.test_client().get("/oidc/jwks").get_json())
        header = jwt.get_unverified_header(tokens["id_token"])
        assert header["alg"] == "RS256"
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
        claims: dict[str, Any] = jwt.decode(
            tokens["id_token"],
            keys[header["kid"]],
            algorithms=["RS256"],
            audience=self.client.client_id,
            issuer=self.issuer,
            options=options,
        )
        now = epoch_seconds(self.provider.house.clock.now())
        assert claims["exp"] > now
        assert abs(claims["iat"] - now) <= 300
        assert claims.get("nonce") == nonce
        assert claims["sub"].isascii()
        assert 0 < len(claims["sub"]) <= 255
        assert 0 < claims.get("auth_time", now) <= now
        assert claims.get("acr", "x") != ""
        half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
        assert claims.get("at_hash", _b64(half)) == _b64(half)
        assert not {"name", "email", "phone_number", "address"} & claims.keys(), "scope claims belong at UserInfo"
        return claims

    def claims_of(self, answered: TestResponse, subject: str) -> dict[str, Any]:
        """What UserInfo says. OpenID Connect Core §5.1, §5.3.2."""
        assert answered.status_code == 200, answered.text
        assert answered.mimetype == "application/json"
        said: dict[str, Any] = answered.get_json()
        assert said["sub"] == subject
        assert not [name for name, value in said.items() if value is None or value == ""]
        for name in {"email_verified", "phone_number_verified"} & said.keys():
            assert type(said[name]) is bool
        assert type(said.get("updated_at", 0)) is int
        assert re.fullmatch(r"(\d{4}|0000)-\d\d-\d\d", said.get("birthdate", "2000-01-01"))
        return said


def _is_unguessable(value: str) -> None:
    """At least 128 bits long, as much as its letters can hold."""
    assert len(value) >= 43


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
