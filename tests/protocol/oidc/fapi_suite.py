"""The conformance suite's client of FAPI 2.0: authenticates by a key, pushes its requests, proves possession by DPoP;
with Message Signing its requests and our answers are signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from werkzeug.test import TestResponse

from tests.builders import agency, party
from tests.protocol.oidc.assertions import ASSERTION_TYPE, Signer
from tests.protocol.oidc.lab import CHALLENGE, VERIFIER, Browser, Client, Provider
from tests.protocol.oidc.prover import Prover

PAR, TOKEN, USERINFO = "/oidc/par", "/oidc/token", "/oidc/userinfo"
CALLBACK = "https://fapi.example/test/a/onepass/callback"
STATE, NONCE = "s" * 128, "n" * 32
_numbers = count(1)
FIRST_KEY, SECOND_KEY = Signer.ec(), Signer.rsa("PS256")
FIRST = Client("fapi-first", "fapi-first", CALLBACK)
SECOND = Client("fapi-second", "fapi-second", f"{CALLBACK}?dummy1=lorem&dummy2=ipsum")
KEYS: Mapping[str, Signer] = {FIRST.client_id: FIRST_KEY, SECOND.client_id: SECOND_KEY}


def agencies(profile: str) -> dict[str, Any]:
    """Both clients, of that profile."""
    common = {
        "profile": profile,
        "token_endpoint_auth_method": "private_key_jwt",
        "dpop_bound_access_tokens": True,
        "id_token_signed_response_alg": "PS256",
        "authorization_signed_response_alg": "PS256",
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid profile email offline_access",
    }
    return agency(
        "fapi",
        *(
            {**party(each.id, redirect_uris=[each.redirect_uri]), "jwks": KEYS[each.client_id].jwks, **common}
            for each in (FIRST, SECOND)
        ),
    )


@dataclass
class FapiSuite:
    """One client of a run, at a browser."""

    provider: Provider
    signing: bool
    """Whether by the profile Message Signing."""
    client: Client = FIRST
    prover: Prover = field(init=False)
    browser: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.prover = Prover(self.provider.house.clock)
        self.browser = self.provider.browser()

    @property
    def issuer(self) -> str:
        return self.provider.house.settings.issuer

    @property
    def now(self) -> int:
        return int(self.provider.house.clock.now().timestamp())

    def other(self) -> FapiSuite:
        """The second client, with keys of its own, at the same browser."""
        second = FapiSuite(self.provider, self.signing, SECOND)
        second.browser = self.browser
        return second

    def assertion(self, *, signer: Signer | None = None, **changed: Any) -> dict[str, str]:
        """A client assertion as form parameters; None leaves a claim out."""
        claims = {
            "iss": self.client.client_id,
            "sub": self.client.client_id,
            "aud": self.issuer,
            "iat": self.now,
            "exp": self.now + 60,
            "jti": f"fapi-assertion-{next(_numbers)}",
            **changed,
        }
        said = {name: value for name, value in claims.items() if value is not None}
        signed = (signer or KEYS[self.client.client_id]).sign(said)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}

    def request(self, **changed: str | None) -> dict[str, str]:
        """What is pushed, in plain words."""
        usual = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "scope": "openid offline_access",
            "state": STATE,
            "nonce": NONCE,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **({"response_mode": "jwt"} if self.signing else {}),
            **changed,
        }
        return {name: value for name, value in usual.items() if value is not None}

    def request_object(self, *, signer: Signer | None = None, **changed: Any) -> str:
        """The same as a signed request object; None leaves a claim out."""
        times = {"nbf": self.now, "exp": self.now + 300}
        claims = {**self.request(), "iss": self.client.client_id, "aud": self.issuer, **times, **changed}
        said = {name: value for name, value in claims.items() if value is not None}
        return (signer or KEYS[self.client.client_id]).sign(said, typ="oauth-authz-req+jwt")

    def push(
        self, *, assertion: Mapping[str, str] | None = None, dpop: str | None = None, **changed: str | None
    ) -> TestResponse:
        """Push the usual request, `changed`; signed where the profile says so."""
        form = self.request(**changed)
        if self.signing:
            claims: dict[str, Any] = {**form, **changed}
            form = {"request": self.request_object(**claims), "client_id": self.client.client_id}
        return self.post(PAR, form, assertion=assertion, dpop=dpop)

    def post(
        self,
        path: str,
        form: Mapping[str, str],
        *,
        assertion: Mapping[str, str] | None = None,
        dpop: str | None = None,
    ) -> TestResponse:
        """A call by the client's server."""
        sent = {**form, **(self.assertion() if assertion is None else assertion)}
        headers = {} if dpop is None else {"DPoP": dpop}
        return self.provider.app.test_client(use_cookies=False).post(path, data=sent, headers=headers)

    def pushed(self, **changed: Any) -> str:
        """The `request_uri` of a request that is taken."""
        answered = self.push(**changed)
        assert answered.status_code == 201, answered.text
        said = answered.get_json()
        assert 0 < said["expires_in"] <= 600
        assert len(said["request_uri"].rpartition(":")[2]) >= 43
        return str(said["request_uri"])

    def visit(self, request_uri: str, **beside: str) -> TestResponse:
        """The browser at the authorization endpoint."""
        sent = {"client_id": self.client.client_id, "request_uri": request_uri, **beside}
        return self.browser.client.get("/oidc/authorize", query_string=sent)

    def answer(self, response: TestResponse, *, state: str | None = STATE) -> dict[str, Any]:
        """What reached the callback: plain members, or the claims of one JWT and nothing beside it."""
        location = response.headers["Location"]
        registered = dict(parse_qsl(urlsplit(self.client.redirect_uri).query))
        assert location.startswith(self.client.redirect_uri)
        said: dict[str, Any] = dict(parse_qsl(urlsplit(location).query, strict_parsing=True))
        assert registered.items() <= said.items()
        said = {name: value for name, value in said.items() if name not in registered}
        if self.signing:
            assert said.keys() == {"response"}
            said = self.verified(said["response"])
            assert said.pop("aud") == self.client.client_id
            assert self.now < said.pop("exp") <= self.now + 600
        assert said.pop("iss") == self.issuer
        assert said.get("state") == state
        return said

    def verified(self, token: str) -> dict[str, Any]:
        """Claims of a token of ours, by PyJWT."""
        keys = jwt.PyJWKSet.from_dict(self.provider.app.test_client().get("/oidc/jwks").get_json())
        header = jwt.get_unverified_header(token)
        assert header["alg"] == "PS256"
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
        said: dict[str, Any] = jwt.decode(token, keys[header["kid"]], algorithms=["PS256"], options=options)
        return said

    def code(self, **changed: Any) -> str:
        """A code, got by pages."""
        state = changed.get("state", STATE)
        return str(self.answer(self.browser.pages(self.visit(self.pushed(**changed))), state=state)["code"])

    def redeem(
        self,
        code: str,
        *,
        assertion: Mapping[str, str] | None = None,
        dpop: str | None = None,
        **changed: str | None,
    ) -> TestResponse:
        """Present a code with a proof, unless `dpop` is another or empty."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uri,
            "code_verifier": VERIFIER,
            **changed,
        }
        sent = {name: value for name, value in form.items() if value is not None}
        proof = self.prover.proof("POST", TOKEN) if dpop is None else dpop
        return self.post(TOKEN, sent, assertion=assertion, dpop=proof or None)

    def tokens(self, **changed: Any) -> dict[str, Any]:
        """A whole sign-in's tokens."""
        answered = self.redeem(self.code(**changed))
        assert answered.status_code == 200, answered.text
        tokens: dict[str, Any] = answered.get_json()
        assert tokens["token_type"] == "DPoP"
        return tokens

    def refresh(self, token: str, *, dpop: str | None = None) -> TestResponse:
        """Renew."""
        proof = self.prover.proof("POST", TOKEN) if dpop is None else dpop
        return self.post(TOKEN, {"grant_type": "refresh_token", "refresh_token": token}, dpop=proof or None)

    def userinfo(self, token: str, **rest: Any) -> TestResponse:
        """Use an access token with a proof."""
        return self.prover.use(self.provider.app, "GET", USERINFO, token, **rest)


def refused(answered: TestResponse, *errors: str) -> bool:
    """Whether it is a refusal of the status and one of the errors that the suite allows."""
    assert answered.headers["Cache-Control"] == "no-store"
    said = answered.get_json()
    return answered.status_code in {400, 401} and said["error"] in errors
