"""Clients proven by the certificate of their connection, as a trusted proxy hands it on. RFC 8705 §2."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from pydantic import ValidationError
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.house import House
from idp.storage.database import Database
from tests.builders import a_house, a_person, agency, party, register
from tests.certificates import Shown, a_name, made
from tests.fakes import FrozenClock
from tests.protocol.oidc.assertions import ASSERTION_TYPE, Signer, by_keys, claims
from tests.protocol.oidc.behind_proxy import PROXIED, PROXY, STRANGER
from tests.protocol.oidc.lab import AGENCIES, Provider

ADDRESS = "https://mtls.login.example"
SUBJECT = "CN=client 1,O=Voucher\\, Agency,C=KR"
ALTERNATIVES = (
    x509.DNSName("rp.example"),
    x509.DNSName("*.wild.example"),
    x509.UniformResourceIdentifier("https://rp.example/id"),
    x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
    x509.IPAddress(ipaddress.ip_address("2001:db8::7")),
    x509.RFC822Name("Ops@rp.example"),
)


@pytest.fixture
def house(database: Database, keys_dir: Path, frozen_clock: FrozenClock) -> Iterator[House]:
    """Behind a proxy that hands certificates on."""
    url = database.engine.url.render_as_string(hide_password=False)
    told = {**PROXIED, "address": ADDRESS}
    house = a_house(url, keys_dir, frozen_clock, client_certificates=told, trusted_proxies=1)
    yield house
    house.close()


@pytest.fixture
def provider(house: House) -> Provider:
    register(house, *AGENCIES)
    a_person(house)
    return Provider(house, create_app(house.settings, instead=house))


@pytest.fixture(scope="module")
def authority() -> Shown:
    return made(a_name((x509.NameOID.COMMON_NAME, "an authority")), authority=True)


@pytest.fixture(scope="module")
def shown(authority: Shown) -> Shown:
    return made(alternatives=ALTERNATIVES, by=authority)


def call(
    provider: Provider,
    shown: Shown | None,
    *,
    verified: str = "SUCCESS",
    peer: str = PROXY,
    client_id: str = "shows",
    **form: str,
) -> TestResponse:
    """Ask for a machine token over a connection that showed a certificate."""
    headers = {
        "X-Forwarded-For": "198.51.100.4",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "mtls.login.example",
    }
    if shown is not None:
        headers |= {"X-Client-Cert": shown.escaped_pem, "X-Client-Verify": verified}
    return provider.app.test_client(use_cookies=False).post(
        "/oidc/token",
        data={"grant_type": "client_credentials", "client_id": client_id, **form},
        headers=headers,
        environ_base={"REMOTE_ADDR": peer},
    )


def by_name(provider: Provider, **subject: str) -> None:
    fields = by_keys(token_endpoint_auth_method="tls_client_auth")
    named = {f"tls_client_auth_{kind}": value for kind, value in subject.items()}
    register(provider.house, agency("shows", party("shows", **fields, **named)))


def by_key(provider: Provider, *keys: dict[str, Any]) -> None:
    fields = by_keys(token_endpoint_auth_method="self_signed_tls_client_auth", jwks={"keys": list(keys)})
    register(provider.house, agency("shows", party("shows", **fields)))


def jwk(shown: Shown, **members: Any) -> dict[str, Any]:
    return {**Signer(shown.key, "ES256").jwk, **members}


def refused(answered: TestResponse) -> bool:
    return (answered.status_code, answered.get_json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "subject",
    [
        {"subject_dn": SUBJECT},
        {"subject_dn": "cn=CLIENT 1, o=voucher\\, agency, c=kr"},
        {"san_dns": "rp.example"},
        {"san_dns": "RP.EXAMPLE"},
        {"san_uri": "https://rp.example/id"},
        {"san_ip": "192.0.2.7"},
        {"san_ip": "2001:0db8:0:0::7"},
        {"san_email": "Ops@RP.example"},
    ],
)
def test_knows_a_client_by_what_its_certificate_names(
    provider: Provider, shown: Shown, subject: dict[str, str]
) -> None:
    """RFC 8705 §2.1.2: one of five."""
    by_name(provider, **subject)
    assert call(provider, shown).status_code == 200


@pytest.mark.parametrize(
    "subject",
    [
        {"subject_dn": "CN=client 2,O=Voucher\\, Agency,C=KR"},
        {"subject_dn": "C=KR,O=Voucher\\, Agency,CN=client 1"},
        {"subject_dn": "CN=client 1"},
        {"san_dns": "other.example"},
        {"san_dns": "a.wild.example"},
        {"san_dns": "rp.example."},
        {"san_dns": "https://rp.example/id"},
        {"san_uri": "https://rp.example/ID"},
        {"san_uri": "rp.example"},
        {"san_ip": "192.0.2.8"},
        {"san_email": "ops@rp.example"},
        {"san_email": "rp.example"},
    ],
)
def test_knows_nobody_by_another_name(provider: Provider, shown: Shown, subject: dict[str, str]) -> None:
    """Neither by one that is alike, nor by the right one of another kind."""
    by_name(provider, **subject)
    assert refused(call(provider, shown))


@pytest.mark.parametrize("subject", [{"subject_dn": "no name"}, {"subject_dn": ""}, {"san_ip": "rp.example"}])
def test_registers_nobody_whom_no_certificate_could_name(provider: Provider, subject: dict[str, str]) -> None:
    """RFC 8705 §2.1.2: a mistake in a name shows when it is written, and not when the client calls."""
    with pytest.raises(ValidationError):
        by_name(provider, **subject)


@pytest.mark.parametrize("verified", ["NONE", "FAILED:unable to verify the first certificate", "", "success"])
def test_takes_no_name_that_no_authority_vouches_for(provider: Provider, shown: Shown, verified: str) -> None:
    """RFC 8705 §2.1: anybody can write any name into a certificate of their own."""
    by_name(provider, subject_dn=SUBJECT)
    assert refused(call(provider, shown, verified=verified))
    assert refused(call(provider, made(), verified=verified))


def test_believes_no_header_from_elsewhere(provider: Provider, shown: Shown) -> None:
    """Whoever reaches the server beside the proxy proves nothing, whatever it claims to be."""
    by_name(provider, subject_dn=SUBJECT)
    assert refused(call(provider, shown, peer=STRANGER))
    assert refused(call(provider, shown, peer="127.0.0.1"))
    assert call(provider, shown).status_code == 200


def test_needs_the_certificate(provider: Provider, shown: Shown) -> None:
    """fapi2: ensure-holder-of-key-required, where the certificate is what authenticates: `invalid_client`."""
    by_name(provider, subject_dn=SUBJECT)
    assert refused(call(provider, None))
    by_key(provider, jwk(shown))
    assert refused(call(provider, None))


def test_refuses_a_certificate_out_of_its_time(provider: Provider, authority: Shown) -> None:
    """Also one that proxies let through because nobody need verify it."""
    old = made(by=authority, until=datetime(2001, 1, 1, tzinfo=UTC))
    by_name(provider, subject_dn=SUBJECT)
    assert refused(call(provider, old))
    by_key(provider, jwk(old))
    assert refused(call(provider, old))


@pytest.mark.parametrize("verified", ["FAILED:self signed certificate", "NONE", "SUCCESS"])
def test_knows_a_client_by_the_key_it_registered(provider: Provider, verified: str) -> None:
    """RFC 8705 §2.2: whoever signed the certificate is not asked."""
    mine = made()
    by_key(provider, jwk(made()), jwk(mine, kid="second"))
    assert call(provider, mine, verified=verified).status_code == 200
    assert refused(call(provider, made(), verified="SUCCESS"))


def test_knows_a_client_by_the_certificate_it_registered(provider: Provider) -> None:
    """RFC 8705 §2.2.2: with `x5c` it is that certificate, and no later one for the same key."""
    mine = made()
    by_key(provider, jwk(mine, x5c=[base64.b64encode(mine.der).decode()]))
    assert call(provider, mine).status_code == 200
    assert refused(call(provider, made(key=mine.key)))
    for chain in ([], ["?"], [base64.b64encode(made().der).decode()]):
        by_key(provider, jwk(mine, x5c=chain))
        assert refused(call(provider, mine))


def test_knows_rsa_keys_too(provider: Provider) -> None:
    """RFC 8705 says nothing of algorithms."""
    mine = made(rsa_key=True)
    by_key(provider, Signer(mine.key, "RS256").jwk)
    assert call(provider, mine).status_code == 200


def test_takes_no_name_of_a_client_that_registered_its_key(provider: Provider, shown: Shown) -> None:
    """The two methods are two: neither stands in for the other."""
    by_key(provider, jwk(made()))
    assert refused(call(provider, shown))
    by_name(provider, subject_dn="CN=somebody else")
    assert refused(call(provider, shown))


def test_takes_no_certificate_from_clients_of_other_methods(provider: Provider, shown: Shown) -> None:
    """A certificate beside is fine, and proves nothing."""
    signer = Signer(shown.key, "ES256")
    register(provider.house, agency("shows", party("shows", **by_keys(jwks=signer.jwks))))
    assert refused(call(provider, shown))
    assertion = signer.sign(claims(provider, "shows"))
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    assert call(provider, shown, **form).status_code == 200


def test_takes_the_address_for_certificates_as_audience(provider: Provider, shown: Shown) -> None:
    """RFC 8705 §5: who calls the alias may well name it (OpenID Connect Core §9)."""
    signer = Signer(shown.key, "ES256")
    register(provider.house, agency("shows", party("shows", **by_keys(jwks=signer.jwks))))
    for audience, good in ((f"{ADDRESS}/oidc/token", True), (ADDRESS, False), (f"{ADDRESS}/oidc/userinfo", False)):
        assertion = signer.sign(claims(provider, "shows", aud=audience))
        form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        assert (call(provider, shown, **form).status_code == 200) == good


def test_refuses_a_secret_beside_a_certificate_of_a_client_that_has_none(provider: Provider, shown: Shown) -> None:
    """One method, as registered."""
    by_name(provider, subject_dn=SUBJECT)
    assert refused(call(provider, shown, client_secret="x" * 40))
    assert refused(call(provider, shown, client_id="nobody"))
    assert refused(call(provider, shown, client_id=""))


def test_publishes_what_works(provider: Provider) -> None:
    """RFC 8705 §5; fapi2: mtls_endpoint_aliases only of endpoints that exist, and never of the browser's."""
    said = provider.app.test_client().get("/.well-known/openid-configuration").get_json()
    methods = said["token_endpoint_auth_methods_supported"]
    assert {"tls_client_auth", "self_signed_tls_client_auth", "private_key_jwt"} <= set(methods)
    assert {"PS256", "ES256", "EdDSA", "RS256"} <= set(said["token_endpoint_auth_signing_alg_values_supported"])
    aliases = said["mtls_endpoint_aliases"]
    assert aliases["token_endpoint"] == f"{ADDRESS}/oidc/token"
    assert "authorization_endpoint" not in aliases
    for name, address in aliases.items():
        assert said[name].replace(said["issuer"], ADDRESS) == address


def test_pushes_requests_with_a_certificate(provider: Provider, shown: Shown) -> None:
    """RFC 9126 §2: the client authenticates as at the token endpoint."""
    by_name(provider, subject_dn=SUBJECT)
    form = {
        "client_id": "shows",
        "response_type": "code",
        "redirect_uri": "https://shows.example/callback",
        "scope": "openid",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    for headers, status in (({"X-Client-Cert": shown.escaped_pem, "X-Client-Verify": "SUCCESS"}, 201), ({}, 401)):
        answered = provider.app.test_client(use_cookies=False).post(
            "/oidc/par", data=form, headers=headers, environ_base={"REMOTE_ADDR": PROXY}
        )
        assert answered.status_code == status
