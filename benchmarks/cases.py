"""What one operation is, seen from the client: each case is a closure over one connection that does it once."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from benchmarks.population import CALLBACK, CONSUMER, ENTITY_ID, PASSWORD, SCOPES, SECRET, People
from benchmarks.wire import Answered, Wire

Operation = Callable[[], None]

_VERIFIER = "measured-measured-measured-measured-measured"
_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode()
_FORM_TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Load:
    """Where one client of several aims."""

    port: int
    people: People
    index: int
    clients: int
    connect: Callable[[int], Wire] = Wire

    def wire(self) -> Wire:
        """A new connection, or what stands for one."""
        return self.connect(self.port)

    @property
    def cookies(self) -> itertools.cycle[str]:
        """This client's share of the live sessions."""
        return itertools.cycle(self.people.cookies[self.index :: self.clients])


def discovery(load: Load) -> Operation:
    return _constant(load, "/.well-known/openid-configuration")


def jwks(load: Load) -> Operation:
    return _constant(load, "/oidc/jwks")


def healthz(load: Load) -> Operation:
    """A route of ours that does nothing: what the frame around every request costs."""
    return _constant(load, "/healthz")


def constant(load: Load) -> Operation:
    return _constant(load, "/")


def code_rs256(load: Load) -> Operation:
    """authorize with a live session, then token; PKCE."""
    return _code(load, "rs256")


def code_es256(load: Load) -> Operation:
    return _code(load, "es256")


def authorize(load: Load) -> Operation:
    """The first half of the code flow alone."""
    wire, cookies = load.wire(), load.cookies
    return lambda: _discard(_authorized(wire, next(cookies), "rs256"))


def pushed(load: Load) -> Operation:
    """The same by PAR: pushed by the server, carried as a reference by the browser."""
    wire, cookies = load.wire(), load.cookies

    def operation() -> None:
        answered = _expect(wire.post("/oidc/par", urlencode(_asked("rs256")), _basic("rs256")), 201)
        reference = {"client_id": "rs256", "request_uri": json.loads(answered.body)["request_uri"]}
        wire.cookies = {"idp_session": next(cookies)}
        _code_in(_expect(wire.get(f"/oidc/authorize?{urlencode(reference)}"), 303).location)
        wire.cookies = {}

    return operation


def refresh(load: Load) -> Operation:
    """A confidential client renews: new access token, new RS256 ID token."""
    wire = load.wire()
    token = _redeemed(wire, _authorized(wire, next(load.cookies), "rs256"), "rs256")["refresh_token"]
    body = urlencode({"grant_type": "refresh_token", "refresh_token": token})

    def operation() -> None:
        _tokens(wire.post("/oidc/token", body, _basic("rs256")))

    return operation


def userinfo(load: Load) -> Operation:
    wire = load.wire()
    token = _redeemed(wire, _authorized(wire, next(load.cookies), "rs256"), "rs256")["access_token"]
    bearer = f"Authorization: Bearer {token}\r\n"

    def operation() -> None:
        _expect(wire.get("/oidc/userinfo", bearer), 200)

    return operation


def introspect(load: Load) -> Operation:
    """What an opaque access token stands for, told to its client."""
    wire = load.wire()
    token = _redeemed(wire, _authorized(wire, next(load.cookies), "rs256"), "rs256")["access_token"]
    body = urlencode({"token": token})

    def operation() -> None:
        assert b'"active": true' in _expect(wire.post("/oidc/introspect", body, _basic("rs256")), 200).body

    return operation


def client_credentials(load: Load) -> Operation:
    """An opaque token for a relying party's server."""
    wire, body = load.wire(), urlencode({"grant_type": "client_credentials"})
    return lambda: _discard(_expect(wire.post("/oidc/token", body, _basic("rs256")), 200))


def sign_in(load: Load) -> Operation:
    """A browser without a session: page, 아이디 and 비밀번호 (Argon2id), code, token; consent was given before."""
    wire = load.wire()
    people = itertools.cycle(load.people.login_ids[load.index :: load.clients])

    def operation() -> None:
        wire.cookies.clear()
        page_at = _expect(wire.get(_question("rs256")), 303).location
        page = _expect(wire.get(page_at), 200)
        form_token = _FORM_TOKEN.search(page.body)
        assert form_token is not None
        form = {"csrf_token": form_token[1].decode(), "login_id": next(people), "password": PASSWORD}
        following = _expect(wire.post(f"{page_at}/password", urlencode(form)), 303).location
        while not following.startswith(CALLBACK):
            following = _expect(wire.get(following), 303).location
        _redeemed(wire, _code_in(following), "rs256")

    return operation


def saml_sso(load: Load) -> Operation:
    """An unsigned AuthnRequest with a live session; the Response is signed, and the assertion in it."""
    wire, cookies = load.wire(), load.cookies

    def operation() -> None:
        wire.cookies["idp_session"] = next(cookies)
        page = _expect(wire.get(f"/saml/sso?SAMLRequest={_authn_request(load.port)}&RelayState=here"), 200)
        assert b"SAMLResponse" in page.body

    return operation


CASES: dict[str, Callable[[Load], Operation]] = {
    "discovery": discovery,
    "jwks": jwks,
    "healthz": healthz,
    "userinfo": userinfo,
    "refresh": refresh,
    "introspect": introspect,
    "credentials": client_credentials,
    "authorize": authorize,
    "pushed": pushed,
    "code-rs256": code_rs256,
    "code-es256": code_es256,
    "saml-sso": saml_sso,
    "sign-in": sign_in,
}


def _constant(load: Load, target: str) -> Operation:
    wire = load.wire()
    return lambda: _discard(_expect(wire.get(target), 200))


def _code(load: Load, client: str) -> Operation:
    wire, cookies = load.wire(), load.cookies
    return lambda: _discard(_redeemed(wire, _authorized(wire, next(cookies), client), client))


def _authorized(wire: Wire, cookie: str, client: str) -> str:
    wire.cookies = {"idp_session": cookie}
    code = _code_in(_expect(wire.get(_question(client)), 303).location)
    wire.cookies = {}
    return code


def _question(client: str) -> str:
    return "/oidc/authorize?" + urlencode(_asked(client))


def _asked(client: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": CALLBACK,
        "scope": " ".join(SCOPES),
        "state": secrets.token_urlsafe(16),
        "nonce": secrets.token_urlsafe(16),
        "code_challenge": _CHALLENGE,
        "code_challenge_method": "S256",
    }


def _code_in(location: str) -> str:
    return parse_qs(urlsplit(location).query)["code"][0]


def _redeemed(wire: Wire, code: str, client: str) -> dict[str, str]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": _VERIFIER,
    }
    return _tokens(wire.post("/oidc/token", urlencode(form), _basic(client)))


def _tokens(answered: Answered) -> dict[str, str]:
    tokens: dict[str, str] = json.loads(_expect(answered, 200).body)
    assert tokens["id_token"]
    return tokens


def _basic(client: str) -> str:
    pair = base64.b64encode(f"{client}:{SECRET}".encode()).decode()
    return f"Authorization: Basic {pair}\r\n"


def _authn_request(port: int) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    xml = (
        '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
        ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0"'
        f' ID="_{secrets.token_hex(16)}" IssueInstant="{now}" Destination="http://127.0.0.1:{port}/saml/sso"'
        f' AssertionConsumerServiceURL="{CONSUMER}"><saml:Issuer>{ENTITY_ID}</saml:Issuer></samlp:AuthnRequest>'
    )
    deflater = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return quote(base64.b64encode(deflater.compress(xml.encode()) + deflater.flush()), safe="")


def _expect(answered: Answered, status: int) -> Answered:
    if answered.status != status:
        raise RuntimeError(f"answered {answered.status}, not {status}: {unescape(answered.body.decode())[:600]}")
    return answered


def _discard(_value: object) -> None:
    """A lambda that is called for its effect."""
