"""Relying parties under a FAPI 2.0 profile: they sign, push and prove their keys, by libraries of strangers."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from tests.builders import agency, party, register
from tests.protocol.oidc.assertions import ASSERTION_TYPE, Signer
from tests.protocol.oidc.lab import VERIFIER, Browser, Client, Provider, heard, request_of
from tests.protocol.oidc.prover import ISSUER, Prover

ONE = Client("fapi-one", "fapi-one", "https://fapi-one.example/callback")
TWO = Client("fapi-two", "fapi-two", "https://fapi-two.example/callback?dummy1=lorem&dummy2=ipsum")
"""The two that a conformance plan registers; the second has a query in its address."""
SCOPE = "openid profile email offline_access"
_numbers = count(1)


@dataclass
class FapiParty:
    """One of the two that a conformance plan registers, each with keys of its own."""

    provider: Provider
    client: Client
    profile: str = "fapi2_security"
    signer: Signer = field(default_factory=lambda: Signer.rsa("PS256"))
    prover: Prover = field(init=False)

    def __post_init__(self) -> None:
        self.prover = Prover(self.provider.house.clock)

    @property
    def agency(self) -> dict[str, Any]:
        """Its registration."""
        return agency(
            self.client.id,
            party(
                self.client.id,
                redirect_uris=[self.client.redirect_uri],
                token_endpoint_auth_method="private_key_jwt",
                jwks=self.signer.jwks,
                scope=SCOPE,
                grant_types=["authorization_code", "refresh_token"],
                dpop_bound_access_tokens=True,
                profile=self.profile,
            ),
        )

    @property
    def now(self) -> int:
        return int(self.provider.house.clock.now().timestamp())

    def assertion(self, *, signer: Signer | None = None, **changed: Any) -> str:
        """A right client assertion, but for what is `changed`; None leaves a claim out."""
        name = self.client.client_id
        right = {"iss": name, "sub": name, "aud": ISSUER, "iat": self.now, "exp": self.now + 60}
        claims = {**right, "jti": f"{name}-{next(_numbers)}", **changed}
        return (signer or self.signer).sign({key: value for key, value in claims.items() if value is not None})

    def call(
        self, path: str, *, assertion: str | None = "", proof: str | None = "", method: str = "POST", **form: str | None
    ) -> TestResponse:
        """Post `form` with a right assertion and proof, unless others are given; None sends none."""
        sent = dict(form)
        if assertion is not None:
            sent |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion or self.assertion()}
        headers = {} if proof is None else {"DPoP": proof or self.prover.proof("POST", path)}
        body = {name: value for name, value in sent.items() if value is not None}
        client = self.provider.app.test_client(use_cookies=False)
        return client.open(path, method=method, data=body, headers=headers)

    def push(self, *, assertion: str | None = "", proof: str | None = None, **parameters: str | None) -> TestResponse:
        """Push a right request, but for `parameters`."""
        return self.call("/oidc/par", assertion=assertion, proof=proof, **request_of(self.client, **parameters))

    def pushed(self, *, proof: str | None = None, **parameters: str | None) -> str:
        """The `request_uri` of one that was taken."""
        answer = self.push(proof=proof, **parameters)
        assert answer.status_code == 201, answer.text
        request_uri: str = answer.get_json()["request_uri"]
        return request_uri

    def arrive(self, browser: Browser, request_uri: str, **beside: str) -> TestResponse:
        query = {"client_id": self.client.client_id, "request_uri": request_uri, **beside}
        return browser.client.get(f"/oidc/authorize?{urlencode(query)}")

    def answer(self, browser: Browser, *, proof: str | None = None, **parameters: str | None) -> dict[str, str]:
        """What it hears of a request that it pushed."""
        return heard(browser.pages(self.arrive(browser, self.pushed(proof=proof, **parameters))), self.client)

    def code(self, browser: Browser, *, proof: str | None = None, **parameters: str | None) -> str:
        return self.answer(browser, proof=proof, **parameters)["code"]

    def redeem(
        self, code: str, *, assertion: str | None = "", proof: str | None = "", **form: str | None
    ) -> TestResponse:
        """Present a code, rightly unless told otherwise."""
        right = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.client.redirect_uri}
        sent: dict[str, Any] = {**right, "code_verifier": VERIFIER, **form}
        return self.call("/oidc/token", assertion=assertion, proof=proof, **sent)

    def tokens(self, browser: Browser, **parameters: str | None) -> dict[str, Any]:
        answer = self.redeem(self.code(browser, **parameters))
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.get_json()
        return said

    def refresh(self, refresh_token: str, *, assertion: str | None = "", proof: str | None = "") -> TestResponse:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.call("/oidc/token", assertion=assertion, proof=proof, **form)

    def userinfo(self, token: str, **rest: Any) -> TestResponse:
        """At the protected resource that is ours."""
        return self.prover.use(self.provider.app, "GET", "/oidc/userinfo", token, **rest)


def is_refused(answer: TestResponse, *errors: str, status: int = 400) -> None:
    """RFC 6749 §5.2: the registered error, in JSON, in letters that it allows."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/json"
    said = answer.get_json()
    assert said["error"] in errors
    assert said["error_description"].isascii()
    assert not {'"', "\\"} & set(said["error_description"])


def registered(provider: Provider, client: Client, signer: Signer) -> FapiParty:
    """A relying party under the Security Profile, and nothing beside that in its registration."""
    found = FapiParty(provider, client, signer=signer)
    register(provider.house, found.agency)
    return found
