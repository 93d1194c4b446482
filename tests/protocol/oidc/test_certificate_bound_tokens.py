"""Access tokens that are bound to a certificate. RFC 8705 §3, §4."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.house import House
from idp.storage.database import Database
from tests.builders import a_house, a_person, agency, party, register
from tests.certificates import Shown, made
from tests.fakes import FrozenClock
from tests.protocol.oidc.behind_proxy import PROXY, STRANGER
from tests.protocol.oidc.lab import AGENCIES, BIZINFO, KAMP, VERIFIER, Client, Provider
from tests.protocol.oidc.prover import base64url
from tests.protocol.oidc.test_token_state import introspect

BOTH = "openid email offline_access links.read"


@pytest.fixture
def house(database: Database, keys_dir: Path, frozen_clock: FrozenClock) -> Iterator[House]:
    """Behind a proxy that hands certificates on."""
    told = {"header": "X-Client-Cert", "form": "escaped_pem", "proxies": ["172.18.0.0/16"]}
    house = a_house(
        database.engine.url.render_as_string(hide_password=False), keys_dir, frozen_clock, client_certificates=told
    )
    yield house
    house.close()


@pytest.fixture
def provider(house: House) -> Provider:
    """비즈인포 and the public client of KAMP, both with tokens bound to their certificates."""
    register(house, *AGENCIES)
    a_person(house)
    bound = {"tls_client_certificate_bound_access_tokens": True, "scope": BOTH}
    grants = ["authorization_code", "refresh_token"]
    bizinfo = party(
        "bizinfo",
        **bound,
        client_secret=BIZINFO.secret,
        redirect_uris=[BIZINFO.redirect_uri],
        grant_types=[*grants, "client_credentials"],
    )
    kamp = party("kamp", **{**bound, "scope": "openid email offline_access"}, grant_types=grants)
    register(house, agency("bizinfo", bizinfo), agency("kamp", kamp))
    return Provider(house, create_app(house.settings, instead=house))


@pytest.fixture(scope="module")
def shown() -> Shown:
    return made()


@pytest.fixture(scope="module")
def other() -> Shown:
    return made()


def x5t(shown: Shown) -> str:
    return base64url(shown.x509.fingerprint(hashes.SHA256()))


def send(
    provider: Provider, method: str, path: str, by: Shown | None, *, peer: str = PROXY, **rest: Any
) -> TestResponse:
    """Ask over a connection that showed a certificate."""
    headers = {**rest.pop("headers", {}), **({"X-Client-Cert": by.escaped_pem} if by is not None else {})}
    client = provider.app.test_client(use_cookies=False)
    return client.open(path, method=method, headers=headers, environ_base={"REMOTE_ADDR": peer}, **rest)


def ask(provider: Provider, client: Client, by: Shown | None, **form: str) -> TestResponse:
    basic = {"Authorization": client.basic} if client.basic is not None else {}
    data = {"client_id": client.client_id, **form}
    return send(provider, "POST", "/oidc/token", by, headers=basic, data=data)


def start(provider: Provider, client: Client, by: Shown | None) -> TestResponse:
    code = provider.browser().code(client, scope="openid email offline_access")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri}
    return ask(provider, client, by, **form, code_verifier=VERIFIER)


def use(provider: Provider, path: str, token: str, by: Shown | None, **rest: Any) -> TestResponse:
    return send(provider, "GET", path, by, headers={"Authorization": f"Bearer {token}"}, **rest)


def error(answered: TestResponse) -> tuple[int, str]:
    return answered.status_code, answered.get_json()["error"]


def test_is_good_on_a_connection_with_the_certificate_only(provider: Provider, shown: Shown, other: Shown) -> None:
    """RFC 8705 §3: a Bearer token by name; another certificate, none, or one that a stranger wrote: invalid_token."""
    given = start(provider, BIZINFO, shown).get_json()
    token = given["access_token"]
    assert given["token_type"] == "Bearer"
    assert use(provider, "/oidc/userinfo", token, shown).status_code == 200
    for by in (None, other):
        answered = use(provider, "/oidc/userinfo", token, by)
        assert error(answered) == (401, "invalid_token")
        assert answered.headers["WWW-Authenticate"].startswith("Bearer ")
    assert error(use(provider, "/oidc/userinfo", token, shown, peer=STRANGER)) == (401, "invalid_token")
    assert introspect(provider, BIZINFO, token)["cnf"] == {"x5t#S256": x5t(shown)}


def test_guards_the_agency_api(provider: Provider, shown: Shown, other: Shown) -> None:
    """RFC 8705 §3: tokens of relying parties' servers too."""
    given = ask(provider, BIZINFO, shown, grant_type="client_credentials", scope="links.read").get_json()
    token = given["access_token"]
    assert use(provider, "/agency/v1/links", token, shown).status_code == 200
    for by in (None, other):
        assert use(provider, "/agency/v1/links", token, by).status_code == 401


def test_gives_nothing_to_who_shows_none(provider: Provider) -> None:
    """ensure-holder-of-key-required (mTLS): invalid_request, and the code is not lost by it."""
    for client in (BIZINFO, KAMP):
        assert error(start(provider, client, None)) == (400, "invalid_request")
    assert error(ask(provider, BIZINFO, None, grant_type="client_credentials")) == (400, "invalid_request")


def test_binds_the_refresh_token_of_a_public_client(provider: Provider, shown: Shown, other: Shown) -> None:
    """RFC 8705 §4: nothing else binds it; whoever steals it neither renews it nor ends it."""
    token = start(provider, KAMP, shown).get_json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    assert error(ask(provider, KAMP, other, **form)) == (400, "invalid_grant")
    assert error(ask(provider, KAMP, None, **form))[0] == 400
    again = ask(provider, KAMP, shown, **form).get_json()
    assert use(provider, "/oidc/userinfo", again["access_token"], shown).status_code == 200


def test_lets_a_confidential_client_renew_its_certificate(provider: Provider, shown: Shown, other: Shown) -> None:
    """RFC 8705 §6.2: certificates run out before grants do."""
    token = start(provider, BIZINFO, shown).get_json()["refresh_token"]
    again = ask(provider, BIZINFO, other, grant_type="refresh_token", refresh_token=token).get_json()["access_token"]
    assert use(provider, "/oidc/userinfo", again, other).status_code == 200
    assert use(provider, "/oidc/userinfo", again, shown).status_code == 401


def test_binds_nothing_of_who_did_not_register_that(provider: Provider, shown: Shown) -> None:
    """RFC 8705 §3.4: a certificate that happens to be there binds no token."""
    house = provider.house
    plain = party("bizinfo", client_secret=BIZINFO.secret, redirect_uris=[BIZINFO.redirect_uri], scope="openid email")
    register(house, agency("bizinfo", plain))
    given = start(provider, BIZINFO, shown).get_json()
    assert use(provider, "/oidc/userinfo", given["access_token"], None).status_code == 200


def test_publishes_that_it_can(provider: Provider) -> None:
    """RFC 8705 §3.3."""
    said = provider.app.test_client().get("/.well-known/openid-configuration").get_json()
    assert said["tls_client_certificate_bound_access_tokens"] is True
