"""The provider under test, relying parties that call it, and a browser that fills in its forms."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote_plus, urlencode, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from idp.agencies.machine_client import MACHINE_SCOPES
from idp.house import House
from tests.builders import PASSWORD, agency, party

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""RFC 7636 appendix B."""
assert base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode() == CHALLENGE


@dataclass(frozen=True)
class Client:
    """What a relying party knows of itself."""

    id: str
    client_id: str
    redirect_uri: str
    secret: str | None = None

    @property
    def basic(self) -> str | None:
        """Its Authorization header: both parts form-encoded, then base64 (RFC 6749 §2.3.1)."""
        if self.secret is None:
            return None
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.secret)}"
        return "Basic " + base64.b64encode(pair.encode()).decode()


# Characters that come out wrong where a decoding step is missing or done twice.
VOUCHER = Client(
    "voucher", "voucher:100%+1", "https://voucher.example/callback", "s%3Acret: with+blank & ~%EA%B0%80, long"
)
KAMP = Client("kamp", "kamp", "https://kamp.example/callback")
BIZINFO = Client("bizinfo", "bizinfo", "https://bizinfo.example/callback?tenant=a%20b", "B" * 43)
KAMP_MACHINE = Client("kamp", "kamp-machine", "", "M" * 40)
"""KAMP's server, acting for itself."""

EVENTS = {"authorization_header": "Bearer of-this-test"}
AGENCIES = (
    agency(
        "voucher",
        party(
            "voucher",
            client_id=VOUCHER.client_id,
            client_secret=VOUCHER.secret,
            scope="openid profile email phone enterprise",
            post_logout_redirect_uris=["https://voucher.example/bye"],
            backchannel_logout_uri="https://voucher.example/backchannel",
            events={**EVENTS, "endpoint_url": "https://voucher.example/events"},
        ),
    ),
    agency(
        "kamp",
        party(
            "kamp",
            scope="openid profile email offline_access",
            grant_types=["authorization_code", "refresh_token"],
            id_token_signed_response_alg="ES256",
            backchannel_logout_uri="https://kamp.example/backchannel",
            events={**EVENTS, "endpoint_url": "https://kamp.example/events", "signing_alg": "ES256"},
            machine_client={"client_secret": KAMP_MACHINE.secret, "scope": " ".join(MACHINE_SCOPES)},
        ),
    ),
    agency(
        "bizinfo",
        party(
            "bizinfo",
            client_secret=BIZINFO.secret,
            redirect_uris=[BIZINFO.redirect_uri],
            scope="openid email identity offline_access",
            grant_types=["authorization_code", "refresh_token"],
        ),
    ),
)


@dataclass
class Provider:
    """The provider from outside."""

    house: House
    app: Flask
    _client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self._client = self.app.test_client(use_cookies=False)

    def browser(self) -> Browser:
        """A browser without cookies."""
        return Browser(self.app.test_client())

    def token(self, client: Client, **form: str | None) -> TestResponse:
        """Post to the token endpoint as `client`."""
        headers = {} if client.basic is None else {"Authorization": client.basic}
        sent = {"client_id": client.client_id if client.basic is None else None, **form}
        body = {name: value for name, value in sent.items() if value is not None}
        return self.app.test_client(use_cookies=False).post("/oidc/token", data=body, headers=headers)

    def redeem(self, client: Client, code: str, **form: str | None) -> TestResponse:
        """Present a code, rightly unless told otherwise."""
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri}
        return self.token(client, **{**sent, "code_verifier": VERIFIER, **form})

    def refresh(self, client: Client, refresh_token: str, **form: str | None) -> TestResponse:
        return self.token(client, grant_type="refresh_token", refresh_token=refresh_token, **form)

    def userinfo(self, token: str) -> TestResponse:
        client = self.app.test_client(use_cookies=False)
        return client.get("/oidc/userinfo", headers={"Authorization": f"Bearer {token}"})

    def keys(self) -> KeySet:
        """What a relying party fetches to verify ID tokens."""
        return KeySet.import_key_set(self._client.get("/oidc/jwks").get_json())

    def claims(self, id_token: str, alg: str) -> dict[str, Any]:
        """The claims of an ID token, verified by another library than the one that signed it."""
        token = jwt.decode(id_token, self.keys(), algorithms=[alg])
        assert token.header["alg"] == alg
        return dict(token.claims)


@dataclass
class Browser:
    """A browser with cookies, whose person is 홍길동 unless told otherwise."""

    client: FlaskClient

    def authorize(self, client: Client, **parameters: str | None) -> TestResponse:
        """Arrive from `client` with a right request, but for `parameters`; None leaves one out."""
        return self.client.get(f"/oidc/authorize?{urlencode(request_of(client, **parameters))}")

    def pages(
        self,
        response: TestResponse,
        *,
        login_id: str = "honggildong",
        password: str = PASSWORD,
        decision: str = "accept",
    ) -> TestResponse:
        """Go through the pages until we are sent elsewhere, or nothing is left to fill in."""
        for _step in range(8):
            location = response.headers.get("Location", "")
            if response.status_code == 303 and location.startswith("/"):
                response = self.client.get(location)
                continue
            form = re.search(r'<form[^>]*action="(/signin/[^"]+)"', response.text)
            if response.status_code != 200 or form is None:
                return response
            values = {"login_id": login_id, "password": password, "decision": decision, **hidden(response)}
            response = self.client.post(unescape(form[1]), data=values)
        raise AssertionError("the pages do not end")

    def answer(self, client: Client, **parameters: str | None) -> dict[str, str]:
        """What `client` hears in the end, by way of its own address."""
        return heard(self.pages(self.authorize(client, **parameters)), client)

    def code(self, client: Client, **parameters: str | None) -> str:
        """A code for `client`."""
        return self.answer(client, **parameters)["code"]

    def session_cookie(self) -> str | None:
        cookie = self.client.get_cookie("idp_session")
        return cookie.value if cookie is not None else None


def request_of(client: Client, **parameters: str | None) -> dict[str, str]:
    """A right authorization request, but for `parameters`."""
    right = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": "openid",
        "state": "a state",
        "nonce": "a nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**right, **parameters}.items() if value is not None}


def heard(response: TestResponse, client: Client) -> dict[str, str]:
    """The parameters that a redirect carries to `client`; fails where it goes elsewhere."""
    assert response.status_code == 303, (response.status_code, response.text)
    location = response.headers["Location"]
    assert location.startswith(client.redirect_uri), location
    rest = location[len(client.redirect_uri) :]
    assert rest[:1] == ("&" if "?" in client.redirect_uri else "?")
    assert urlsplit(location).fragment == ""
    found = parse_qs(rest[1:], strict_parsing=True, keep_blank_values=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


def carried(response: TestResponse, client: Client) -> tuple[str, dict[str, str]]:
    """By which way what reaches `client`; fails where anything goes elsewhere, or by two ways."""
    if response.status_code == 200:
        action = re.search(r'<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*data-auto-post', response.text)
        assert action is not None, response.text
        assert unescape(action[1]) == client.redirect_uri
        return "form_post", hidden(response)
    location = response.headers["Location"]
    if "#" not in location:
        return "query", heard(response, client)
    address, _, encoded = location.partition("#")
    assert (response.status_code, address) == (303, client.redirect_uri)
    return "fragment", dict(parse_qsl(encoded, strict_parsing=True, keep_blank_values=True))


def csrf(response: TestResponse) -> str:
    """The form token in a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', response.text)
    assert found is not None, response.text
    return found[1]


def hidden(response: TestResponse) -> dict[str, str]:
    """The hidden fields of a page, its form token among them."""
    return hidden_in(response.text)


def hidden_in(html: str) -> dict[str, str]:
    """The hidden fields of a page or of one of its forms."""
    fields = re.findall(r'<input[^>]*type="hidden"[^>]*>', html)
    pairs = ((re.search(r'name="([^"]*)"', each), re.search(r'value="([^"]*)"', each)) for each in fields)
    return {unescape(name[1]): unescape(value[1]) for name, value in pairs if name and value}


def is_a_page(response: TestResponse, status: int) -> bool:
    """Whether this is an error shown here and sent nowhere."""
    return (
        response.status_code == status
        and response.mimetype == "text/html"
        and "Location" not in response.headers
        and "<h1" in response.text
    )
