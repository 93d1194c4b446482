"""Clients whose keys lie at their own address, read over real sockets. OpenID Connect Registration §2 (`jwks_uri`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from idp.app import create_app
from idp.house import House
from idp.oidc.client_keys import ClientKeySets
from tests.builders import a_person, agency, party, register
from tests.hosting import Host, always, document, hosting, saying
from tests.protocol.oidc.assertions import ASSERTION_TYPE, Signer, by_keys, call, claims, refused
from tests.protocol.oidc.lab import Browser, Client, Provider

SIGNS = Client("signs", "signs", "https://signs.example/callback")


@dataclass
class Hands:
    """A clock that only grows, by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Hosted:
    """What the client signs with and hosts now."""

    signer: Signer


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def provider(house: House, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> Provider:
    monkeypatch.setattr("idp.app.clients.ClientKeySets", lambda fetch: ClientKeySets(fetch, hands))
    a_person(house)
    return Provider(house, create_app(house.settings, instead=house))


@pytest.fixture
def hosted() -> Hosted:
    return Hosted(Signer.ec("first"))


@pytest.fixture
def host(provider: Provider, hosted: Hosted) -> Iterator[Host]:
    with hosting(saying(lambda: hosted.signer.jwks)) as running:
        known_by(provider, f"{running.url}/keys")
        yield running


def known_by(provider: Provider, address: str) -> None:
    fields = by_keys(
        jwks_uri=address,
        grant_types=["authorization_code", "refresh_token", "client_credentials"],
        scope="openid offline_access ssf.read",
    )
    register(provider.house, agency("signs", party("signs", **fields)))


def asked(provider: Provider, signer: Signer) -> int:
    return call(provider, signer.sign(claims(provider, "signs"))).status_code


def proof(provider: Provider, signer: Signer) -> dict[str, str]:
    return {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signer.sign(claims(provider, "signs")),
    }


def test_reads_the_keys_of_a_client(provider: Provider, host: Host, hosted: Hosted) -> None:
    """oidcc-registration-jwks-uri: read when they are needed, and once."""
    assert [asked(provider, hosted.signer) for _ in range(3)] == [200] * 3
    assert len(host.requests) == 1
    assert host.requests[0].startswith(b"GET /keys HTTP/1.1")


def test_reads_them_again_when_the_client_changed_them(
    provider: Provider, browser: Browser, host: Host, hosted: Hosted, hands: Hands
) -> None:
    """oidcc-refresh-token-rp-key-rotation: other keys at the same address, and a refresh with them a minute later."""
    code = browser.code(SIGNS, scope="openid offline_access", prompt="consent")
    tokens = provider.redeem(SIGNS, code, **proof(provider, hosted.signer)).get_json()
    old, hosted.signer = hosted.signer, Signer.ec("second")
    hands.now += 60
    renewed = provider.refresh(SIGNS, tokens["refresh_token"], **proof(provider, hosted.signer))
    assert renewed.status_code == 200
    later = renewed.get_json().get("refresh_token", tokens["refresh_token"])
    assert refused(provider.refresh(SIGNS, later, **proof(provider, old)))
    assert len(host.requests) == 2


def test_does_not_read_again_for_every_key_that_somebody_makes_up(
    provider: Provider, host: Host, hosted: Hosted
) -> None:
    """Whoever knows a client's id, and anybody does, must not make us knock at its door."""
    stranger = Signer.ec("made-up")
    assert asked(provider, hosted.signer) == 200
    assert [asked(provider, stranger) for _ in range(20)] == [401] * 20
    assert len(host.requests) == 1


def test_refuses_a_client_whose_keys_cannot_be_had(provider: Provider, signer: Signer, hands: Hands) -> None:
    """RFC 6749 §5.2: `invalid_client`; the reason is in our log, and the host is left alone for a while."""
    with hosting(always(document(b"gone", "text/plain", "404 Not Found"))) as broken, capture_logs() as lines:
        known_by(provider, broken.url)
        assert asked(provider, signer) == 401
        assert asked(provider, signer) == 401
        assert len(broken.requests) == 1
        hands.now += 11
        assert asked(provider, signer) == 401
        assert len(broken.requests) == 2
    events = {(line["event"], line.get("why")) for line in lines}
    assert ("fetch.failed", "status 404") in events
    assert ("client_keys.unreadable", "status 404") in events


def test_is_not_led_inside_by_a_registration(provider: Provider, signer: Signer) -> None:
    """CWE-918: a registered address is its owner's word; where it leads is looked at each time."""
    for address in ("https://169.254.169.254/keys", "https://10.0.0.1/keys", "https://[64:ff9b::a00:1]/keys"):
        known_by(provider, address)
        with capture_logs() as lines:
            assert asked(provider, signer) == 401
        assert ("fetch.failed", "address refused") in {(line["event"], line.get("why")) for line in lines}
