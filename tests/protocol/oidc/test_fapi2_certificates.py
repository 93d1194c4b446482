"""FAPI 2.0 Security Profile Final with certificates in the place of DPoP, and of assertions too. RFC 8705."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.house import House
from idp.storage.database import Database
from tests.builders import a_house, a_person, register
from tests.certificates import Shown, a_name, made
from tests.fakes import FrozenClock
from tests.protocol.oidc.assertions import Signer
from tests.protocol.oidc.behind_proxy import PROXIED, PROXY
from tests.protocol.oidc.fapi_party import ONE, TWO, FapiParty, is_refused
from tests.protocol.oidc.lab import Client, Provider
from tests.protocol.oidc.prover import ISSUER

METHODS = ["private_key_jwt", "self_signed_tls_client_auth", "tls_client_auth"]


@dataclass
class CertifiedParty(FapiParty):
    """Shows a certificate at each call; proves itself by it unless its method is another."""

    method: str = "private_key_jwt"
    shown: Shown | None = None
    name: str = field(default="", repr=False)

    @property
    def agency(self) -> dict[str, Any]:
        found = super().agency
        registration = found["relying_party"][0]
        registration |= {"dpop_bound_access_tokens": False, "tls_client_certificate_bound_access_tokens": True}
        registration |= {"token_endpoint_auth_method": self.method}
        if self.method == "tls_client_auth":
            registration |= {"tls_client_auth_san_dns": self.name}
            del registration["jwks"]
        return found

    def call(self, path: str, *, assertion: str | None = "", proof: str | None = "", **form: Any) -> TestResponse:
        """Over a connection with `shown`, if there is one."""
        del proof
        method = form.pop("method", "POST")
        sent = {name: value for name, value in form.items() if value is not None}
        if self.method == "private_key_jwt" and assertion is not None:
            sent |= {"client_assertion": assertion or self.assertion()}
            sent |= {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
        else:
            sent["client_id"] = self.client.client_id
        return self.send(path, method, data=sent)

    def send(self, path: str, method: str, **rest: Any) -> TestResponse:
        headers = rest.pop("headers", {})
        if self.shown is not None:
            headers = {**headers, "X-Client-Cert": self.shown.escaped_pem, "X-Client-Verify": "SUCCESS"}
        client = self.provider.app.test_client(use_cookies=False)
        return client.open(path, method=method, headers=headers, environ_base={"REMOTE_ADDR": PROXY}, **rest)

    def userinfo(self, token: str, **_rest: Any) -> TestResponse:
        return self.send("/oidc/userinfo", "GET", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def house(database: Database, keys_dir: Path, frozen_clock: FrozenClock) -> Iterator[House]:
    """Behind a proxy that hands certificates on."""
    url = database.engine.url.render_as_string(hide_password=False)
    house = a_house(url, keys_dir, frozen_clock, client_certificates=PROXIED)
    yield house
    house.close()


@pytest.fixture
def provider(house: House) -> Provider:
    a_person(house)
    return Provider(house, create_app(house.settings, instead=house))


def certified(provider: Provider, client: Client, method: str) -> CertifiedParty:
    name = f"{client.id}.example"
    shown = made(a_name((x509.NameOID.COMMON_NAME, client.id)), alternatives=(x509.DNSName(name),))
    signer = Signer(shown.key, "ES256")
    found = CertifiedParty(provider, client, signer=signer, method=method, shown=shown, name=name)
    register(provider.house, found.agency)
    return found


@pytest.fixture(params=METHODS)
def pair(request: pytest.FixtureRequest, provider: Provider) -> tuple[CertifiedParty, CertifiedParty]:
    """Two relying parties, by each of the three methods."""
    return certified(provider, ONE, request.param), certified(provider, TWO, request.param)


def test_fapi2_happy_flow_with_certificates(pair: tuple[CertifiedParty, CertifiedParty]) -> None:
    """fapi2-happy-flow with mutual TLS: the token of one is of no use with the other's certificate, or with none."""
    browser = pair[0].provider.browser()
    for one, other in (pair, pair[::-1]):
        members = one.answer(browser)
        assert members.keys() == {"code", "state", "iss"}
        assert members["iss"] == ISSUER
        said = one.redeem(members["code"]).get_json()
        assert said["token_type"] == "Bearer"
        assert one.provider.claims(said["id_token"], "PS256")["nonce"] == "a nonce"
        assert one.userinfo(said["access_token"]).status_code == 200
        assert other.userinfo(said["access_token"]).status_code == 401
        bare = one.provider.app.test_client(use_cookies=False)
        assert (
            bare.get("/oidc/userinfo", headers={"Authorization": f"Bearer {said['access_token']}"}).status_code == 401
        )


def test_fapi2_ensure_holder_of_key_required_with_certificates(pair: tuple[CertifiedParty, CertifiedParty]) -> None:
    """fapi2-ensure-holder-of-key-required with mutual TLS: no certificate, no token."""
    one, _ = pair
    code = one.code(one.provider.browser())
    shown, one.shown = one.shown, None
    if one.method == "private_key_jwt":
        is_refused(one.redeem(code), "invalid_request", "invalid_grant")
    else:
        is_refused(one.redeem(code), "invalid_client", status=401)
    one.shown = shown
    assert one.redeem(code).status_code == 200


def test_fapi2_ensure_authorization_code_is_bound_to_client_with_certificates(
    pair: tuple[CertifiedParty, CertifiedParty],
) -> None:
    """fapi2-ensure-authorization-code-is-bound-to-client and fapi2-ensure-client-id-in-token-endpoint with mutual
    TLS."""
    one, two = pair
    code = one.code(one.provider.browser())
    is_refused(two.redeem(code, redirect_uri=ONE.redirect_uri), "invalid_grant")
    two.shown, other = one.shown, two.shown
    if one.method != "private_key_jwt":
        is_refused(two.redeem(code), "invalid_client", status=401)
    two.shown = other
    assert one.redeem(code).status_code == 200


def test_fapi2_refresh_token_with_certificates(pair: tuple[CertifiedParty, CertifiedParty]) -> None:
    """fapi2-refresh-token with mutual TLS: bound to the client and not rotated."""
    one, two = pair
    refresh_token = one.tokens(one.provider.browser(), scope="openid offline_access")["refresh_token"]
    is_refused(two.refresh(refresh_token), "invalid_grant")
    for _ in range(2):
        again = one.refresh(refresh_token)
        assert again.status_code == 200
        assert again.get_json().get("refresh_token", refresh_token) == refresh_token
