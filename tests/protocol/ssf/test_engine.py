"""Deliveries under way while links change again, lanes are held, and bulk work waits; with real workers."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from sqlalchemy import text

from idp.randomness import SystemRandomness
from idp.signals.catalogue import Channel, EventType, Priority
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database
from idp.transmitter.destinations import Lane
from idp.transmitter.hold import Because, hold, resume
from idp.transmitter.pace import Caps
from tests.looping import wait_for
from tests.protocol.ssf.kit import House
from tests.protocol.ssf.receiver import Received, Reply, receiver
from tests.protocol.ssf.test_worker import doomed, later
from tests.races import race

_LANE = Lane("voucher", Channel.EVENT)


@pytest.fixture
def house(any_database: Database, tmp_path: Path) -> House:
    """An empty outbox by the machine's clock."""
    return House(any_database, tmp_path / "keys")


def change(house: House, version: int, link: str = "link", priority: Priority | None = None) -> None:
    payload, at = {"version": version}, house.clock.now()
    notice = Notice("voucher", EventType.ACCOUNT_LINK_CHANGED, link, payload, at, link, version, priority=priority)
    with house.database.transaction() as connection:
        tell(connection, SystemRandomness(), [notice])


def claims(house: House, received: Received) -> dict[str, Any]:
    published: Any = house.keyring.jwks("events")
    verified = jws.deserialize_compact(received.body, KeySet.import_key_set(published), algorithms=["ES256"])
    said: dict[str, Any] = json.loads(verified.payload)
    return said


def version(house: House, received: Received) -> int:
    (event,) = claims(house, received)["events"].values()
    return int(event["version"])


def subject(house: House, received: Received) -> str:
    return str(claims(house, received)["sub_id"]["sub"])


def test_what_fails_while_a_newer_one_waits_is_not_sent_again(house: House):
    """Account events §3.3: one in flight, one that waits; the one in flight fails, and the newer one says it all."""
    changed = threading.Event()

    def answering(_received: Received) -> Reply:
        if changed.is_set():
            return Reply()
        change(house, 2)
        changed.set()
        return Reply(500)

    with receiver(answering) as server:
        house.addresses.add("voucher", server.url)
        change(house, 1)
        with house.working():
            wait_for(lambda: house.states() == ["superseded", "delivered"])
    assert [version(house, received) for received in server.received] == [1, 2]
    assert [line["outcome"] for line in house.attempts()] == ["http_500", "accepted"]


def test_a_link_that_flaps_while_its_agency_is_down_costs_one_message(house: House):
    """A queue is bounded by links, not by outages: fifty changes, one message when it is back."""
    with receiver() as gone:
        url = gone.url
    house.addresses.add("voucher", url)
    with house.working():
        for number in range(1, 51):
            change(house, number)
        wait_for(lambda: bool(house.attempts()))
        assert house.states().count("pending") <= 2
        with receiver(port=gone.server_address[1]) as server:
            wait_for(lambda: house.states().count("delivered") >= 1 and "pending" not in house.states())
    assert version(house, server.received[-1]) == 50
    assert len(server.received) <= 2


def test_killed_while_a_newer_one_is_told_both_arrive_in_order(house: House):
    """`kill -9` with version 1 under way, version 2 told while its lease still holds: nobody knows whether 1 arrived,
    so it goes again under its `jti`, and then 2."""

    def answering(_received: Received) -> Reply:
        server.released.wait(10)
        return Reply()

    with receiver(answering) as server:
        change(house, 1)
        with doomed(house, server.url) as process:
            wait_for(lambda: len(server.received) == 1)
            process.send_signal(signal.SIGKILL)
            process.wait(5)
        change(house, 2)
        assert house.states() == ["pending", "pending"]
        server.answering = lambda _: Reply()
        with later(house, server.url).working():
            wait_for(lambda: house.states() == ["delivered", "delivered"])
    assert [version(house, received) for received in server.received] == [1, 1, 2]


def test_killed_in_a_capped_lane_its_share_comes_back(house: House):
    """What a dead worker had out counts against the cap until its lease ends, and no longer."""

    def answering(_received: Received) -> Reply:
        server.released.wait(10)
        return Reply()

    with receiver(answering) as server:
        for number in range(6):
            change(house, 1, f"link{number}")
        with house.database.transaction() as connection:
            connection.execute(
                text("INSERT INTO delivery_lanes (relying_party_id, channel, width) VALUES ('voucher', 'event', 2)")
            )
            connection.execute(text("UPDATE delivery_lanes SET clean_since = :at"), {"at": "2999-01-01 00:00:00"})
        with doomed(house, server.url) as process:
            wait_for(lambda: len(server.received) == 2)
            time.sleep(0.2)
            assert len(server.received) == 2
            process.send_signal(signal.SIGKILL)
            process.wait(5)
        house.addresses.add("voucher", server.url)
        assert house.worker().take_turn.lanes_with_work(frozenset()) == []
        server.answering = lambda _: Reply()
        with later(house, server.url).working():
            wait_for(lambda: set(house.states()) == {"delivered"})


def test_links_that_flap_under_two_workers_end_as_they_are(house: House):
    """Whatever was superseded, failed or repeated: versions never go back at the receiver, and the last one arrives."""
    heard: dict[str, list[int]] = defaultdict(list)
    lock = threading.Lock()

    def answering(received: Received) -> Reply:
        with lock:
            heard[subject(house, received)].append(version(house, received))
            odd = sum(map(len, heard.values())) % 7 == 0
        return Reply(500 if odd else 202)

    def flap(thread: int) -> None:
        for number in range(1, 31):
            for link in range(2):
                change(house, number, f"link{thread}.{link}")

    with receiver(answering) as server:
        house.addresses.add("voucher", server.url)
        with house.working(house.worker(), house.worker()):
            race(flap, racers=4)
            wait_for(lambda: "pending" not in house.states())
    assert len(heard) == 8
    for versions in heard.values():
        assert versions == sorted(versions)
        assert versions[-1] == 30
    assert set(house.states()) <= {"delivered", "superseded"}


def test_told_to_hold_it_sends_no_more_and_goes_on_when_resumed(house: House):
    """What is under way ends; the rest is kept; nothing is repeated."""

    def slowly(_received: Received) -> Reply:
        time.sleep(0.05)
        return Reply()

    with receiver(slowly) as server:
        house.addresses.add("voucher", server.url, caps=Caps(max_concurrency=2))
        for number in range(60):
            change(house, 1, f"link{number}")
        with house.working():
            wait_for(lambda: len(server.received) > 3)
            with house.database.transaction() as connection:
                hold(connection, _LANE, Because.OPERATOR, house.clock.now())
            wait_for(lambda: not [row for row in house.rows(state="pending") if row["lease_token"]])
            sent = len(server.received)
            assert sent < 60
            time.sleep(0.5)
            assert len(server.received) == sent
            with house.database.transaction() as connection:
                resume(connection, _LANE, house.clock.now())
            wait_for(lambda: len(server.received) > sent)
            with house.database.transaction() as connection:
                connection.execute(text("UPDATE delivery_lanes SET width = NULL"))
            wait_for(lambda: set(house.states()) == {"delivered"})
    assert len(server.received) == 60


def test_an_endpoint_that_is_gone_is_asked_once(house: House):
    """Account events §3.4: 410 holds the lane; no request more until somebody resumes it."""
    with receiver(lambda _: Reply(410)) as server:
        house.addresses.add("voucher", server.url, caps=Caps(max_concurrency=1))
        change(house, 1)
        change(house, 1, "other")
        with house.working():
            wait_for(lambda: bool(house.attempts()))
            time.sleep(1.5)
    assert len(server.received) == 1
    assert house.states() == ["pending", "pending"]


def test_no_more_at_once_than_was_registered(house: House):
    """Account events §3.4: the relying party's cap, with three workers."""
    at_once, most, lock = [0], [0], threading.Lock()

    def counting(_received: Received) -> Reply:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.03)
        with lock:
            at_once[0] -= 1
        return Reply()

    with receiver(counting) as server:
        house.addresses.add("voucher", server.url, caps=Caps(max_concurrency=3))
        for number in range(40):
            change(house, 1, f"link{number}")
        with house.working(*(house.worker() for _ in range(3))):
            wait_for(lambda: set(house.states()) == {"delivered"})
    assert most[0] <= 3
    assert len(server.received) == 40


def test_an_urgent_message_passes_bulk_that_is_in_hand(house: House):
    """Account events §4: first attempt within seconds during a burst; a worker holds what it sends in a second."""

    def slowly(_received: Received) -> Reply:
        time.sleep(0.1)
        return Reply()

    with receiver(slowly) as server:
        house.addresses.add("voucher", server.url, caps=Caps(max_concurrency=2))
        for number in range(200):
            change(house, 1, f"link{number}", Priority.BULK)
        with house.working():
            wait_for(lambda: len(server.received) > 4)
            told = len(server.received)
            change(house, 7, "urgent")
            wait_for(lambda: house.states(subject="urgent") == ["delivered"])
            place = [version(house, received) for received in list(server.received)].index(7)
    assert place - told <= 2 * 20
