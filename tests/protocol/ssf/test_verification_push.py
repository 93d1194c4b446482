"""A verification's whole way to a receiver that others wrote: asked for over HTTP, sent by a worker, verified there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from idp.app import create_app
from idp.clock import SystemClock
from idp.egress import Egress
from idp.house import House
from idp.randomness import SystemRandomness
from idp.settings import Events
from idp.storage.database import Database
from idp.transmitter.metrics import Metrics
from idp.transmitter.personal_parts import PersonalParts
from idp.transmitter.registered_destinations import RegisteredDestinations
from idp.transmitter.sign import Sign
from idp.transmitter.turn import TakeTurn
from idp.transmitter.worker import Worker, lease_for
from tests.browsers import served
from tests.builders import a_house, agency, party, register
from tests.protocol.ssf import kit
from tests.protocol.ssf.foreign_receiver import ForeignReceiver
from tests.protocol.ssf.lab import HEADER, PUSH, SECRET, machine
from tests.protocol.ssf.receiver import Receiver, receiver

EVENTS = Events(idle_wait=timedelta(milliseconds=50), verification_interval=timedelta(seconds=1))


@dataclass
class Stage:
    """A provider, its worker, and somebody else's receiver with an endpoint."""

    house: House
    endpoint: Receiver
    abroad: ForeignReceiver

    def push(self, **more: Any) -> dict[str, Any]:
        delivery = {"method": PUSH, "endpoint_url": self.endpoint.url, **more}
        return self.abroad.create(delivery=delivery)

    def verify(self, stream: dict[str, Any], **more: Any) -> None:
        body = {"stream_id": stream["stream_id"], **more}
        assert self.abroad.send("POST", self.abroad.path("verification_endpoint"), body).status_code == 204

    def arrived(self, count: int, seconds: float = 5) -> bool:
        until = time.monotonic() + seconds
        while len(self.endpoint.received) < count and time.monotonic() < until:
            time.sleep(0.02)
        return len(self.endpoint.received) >= count


def worker_of(house: House) -> Worker:
    lease = lease_for(EVENTS)
    complete = PersonalParts(house.database, house.catalogue, house.directory)
    sign = Sign(house.keyring, house.clock, house.settings.issuer, EVENTS.schema_base, complete)
    destinations = RegisteredDestinations(house.catalogue, house.cipher)
    return Worker(
        database=house.database,
        clock=house.clock,
        events=EVENTS,
        take_turn=TakeTurn(house.database, house.clock, SystemRandomness(), destinations, sign, lease),
        egress=Egress.of(house.settings),
        metrics=Metrics(CollectorRegistry()),
    )


@pytest.fixture
def stage(database: Database, keys_dir: Path) -> Iterator[Stage]:
    """By the machine's clock, with nothing else to do."""
    url = database.engine.url.render_as_string(hide_password=False)
    house = a_house(url, keys_dir, SystemClock(), catalogue_refresh=timedelta(milliseconds=100), events=EVENTS)
    with ExitStack() as stack:
        stack.callback(house.close)
        endpoint = stack.enter_context(receiver())
        host = endpoint.url.removeprefix("http://").removesuffix("/events")
        events = {"managed_by": "receiver", "receiver_hosts": [host], "signing_alg": "RS256"}
        register(house, agency("voucher", party("voucher", events=events, machine_client=machine())))
        time.sleep(0.15)
        port = stack.enter_context(served(create_app(house.settings, instead=house)))
        stack.enter_context(kit.House(house.database, keys_dir).working(worker_of(house)))
        yield Stage(house, endpoint, ForeignReceiver(f"http://127.0.0.1:{port}", "voucher-machine", SECRET))


def test_stream_verification_push(stage: Stage) -> None:
    """openid-ssf-transmitter-stream-verification-push: within five seconds, with the header byte for byte and the state
    as it was sent."""
    stream = stage.push(authorization_header=HEADER)
    stage.verify(stream, state="a state")
    assert stage.arrived(1)
    (received,) = stage.endpoint.received
    assert received.headers["authorization"] == HEADER
    assert received.headers["content-type"] == "application/secevent+jwt"
    claims = stage.abroad.understand(received.body, stream)
    assert list(claims["events"].values()) == [{"state": "a state"}]


def test_stream_verification_error_push_no_auth(stage: Stage) -> None:
    """openid-ssf-transmitter-stream-verification-error-push-no-auth: none given, none sent."""
    stage.verify(stage.push())
    assert stage.arrived(1)
    assert "authorization" not in stage.endpoint.received[0].headers


def test_holds_while_paused_and_tells_when_it_goes_on(stage: Stage) -> None:
    """SSF 1.0 §8.1.2: nothing is transmitted while paused; enabled, stream-updated comes, and what was held."""
    stream = stage.push()
    status = stage.abroad.path("status_endpoint")
    body = {"stream_id": stream["stream_id"], "status": "paused"}
    assert stage.abroad.send("POST", status, body).status_code == 200
    stage.verify(stream, state="held")
    assert not stage.arrived(1, seconds=1)
    assert stage.abroad.send("POST", status, {**body, "status": "enabled"}).status_code == 200
    assert stage.arrived(2)
    said = [stage.abroad.understand(each.body, stream)["events"] for each in stage.endpoint.received]
    assert {next(iter(each)).rpartition("/")[2] for each in said} == {"verification", "stream-updated"}
