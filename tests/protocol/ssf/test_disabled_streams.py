"""Streams that are disabled are emptied, and no other. SSF 1.0 §8.1.2."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.house import House
from idp.signals.catalogue import EventType
from idp.transmitter.streams import waiting
from idp.transmitter.streams.waiting import DropDisabled
from tests.builders import agency, party, register
from tests.fakes import FrozenClock
from tests.protocol.ssf.lab import HEADER, Receiver, Transmitter, machine
from tests.races import race

CREDENTIAL = EventType.CREDENTIAL_CHANGE


@pytest.fixture
def transmitter(any_house: House) -> Transmitter:
    return Transmitter.of(any_house)


@pytest.fixture
def voucher(transmitter: Transmitter) -> Receiver:
    return transmitter.receiver("voucher")


def drop_disabled(house: House) -> DropDisabled:
    return DropDisabled(house.database, house.clock)


def test_empties_what_a_server_queued_that_had_not_heard(transmitter: Transmitter, voucher: Receiver) -> None:
    """Every process knows the status within `catalogue_refresh`; what it queues until then goes too."""
    voucher.set_status(voucher.create()["stream_id"], "disabled")
    transmitter.tell("voucher", "late", CREDENTIAL)
    transmitter.tell("smtech", "another", CREDENTIAL)
    transmitter.refresh()
    assert drop_disabled(transmitter.house)() == 1
    assert transmitter.waiting("voucher") == []
    assert transmitter.waiting("smtech") == ["credential-change"]


def test_gives_a_new_stream_nothing_of_the_one_that_was_deleted(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §8.1.1.5: also not what was queued a moment too late, and that waits for nobody until then."""
    for made_at_once in (False, True):
        voucher.delete(voucher.create()["stream_id"])
        transmitter.tell("voucher", "late", CREDENTIAL)
        assert made_at_once or drop_disabled(transmitter.house)() == 1
        new = voucher.create()["stream_id"]
        assert transmitter.waiting("voucher") == []
        transmitter.tell("voucher", "new", CREDENTIAL)
        assert drop_disabled(transmitter.house)() == 0
        assert len(voucher.poll(new).get_json()["sets"]) == 1
        voucher.delete(new)


def test_lets_an_operator_register_what_a_receiver_deleted(transmitter: Transmitter, voucher: Receiver) -> None:
    """A deletion is a receiver's word about a stream of its own making; the operator's is enabled and named anew."""
    voucher.delete(voucher.create()["stream_id"])
    events = {"endpoint_url": "https://voucher.example/events", "authorization_header": HEADER}
    register(transmitter.house, agency("voucher", party("voucher", events=events, machine_client=machine())))
    (shown,) = voucher.call("GET", "/ssf/streams").get_json()
    assert shown["stream_id"] == "voucher"
    transmitter.tell("voucher", "new", CREDENTIAL)
    assert drop_disabled(transmitter.house)() == 0
    assert voucher.set_status("voucher", "paused").get_json() == {"stream_id": "voucher", "status": "paused"}
    assert transmitter.waiting("voucher") == ["credential-change"]


def test_keeps_nobody_waiting_for_a_long_queue(
    transmitter: Transmitter, voucher: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million that wait are not dropped in one request; what is left goes by itself."""
    monkeypatch.setattr(waiting, "_BATCHES_AT_ONCE", 0)
    for stop in (voucher.delete, lambda stream_id: voucher.set_status(stream_id, "disabled")):
        stream_id = voucher.create()["stream_id"]
        transmitter.tell("voucher", "old", CREDENTIAL)
        assert stop(stream_id).status_code in (200, 204)
        assert drop_disabled(transmitter.house)() == 1
        assert transmitter.waiting("voucher") == []


def test_asks_for_the_status_and_believes_no_snapshot(transmitter: Transmitter, voucher: Receiver) -> None:
    """A worker that has not heard that a stream is enabled again must not take what was queued since."""
    stream_id = voucher.create()["stream_id"]
    voucher.set_status(stream_id, "disabled")
    transmitter.refresh()
    drop = drop_disabled(transmitter.house)
    assert transmitter.house.catalogue.relying_party("voucher") is not None
    voucher.set_status(stream_id, "enabled")
    transmitter.tell("voucher", "new", CREDENTIAL)
    assert drop() == 0
    assert transmitter.waiting("voucher") == ["stream-updated", "credential-change"]


def test_one_of_two_who_delete_at_once_does(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §8.1.1.5: 204 to one, 404 to the others, and nothing is left."""
    stream_id = voucher.create()["stream_id"]
    voucher.verify(stream_id)
    codes = race(lambda _: voucher.delete(stream_id).status_code, 4)
    assert sorted(codes) == [204, 404, 404, 404]
    assert transmitter.waiting("voucher") == []
    assert voucher.call("GET", "/ssf/streams").get_json() == []


def test_sends_again_after_a_stream_was_deleted_while_paused(transmitter: Transmitter, voucher: Receiver) -> None:
    """A new stream is enabled, whatever became of the one before it."""
    old = voucher.create()["stream_id"]
    voucher.set_status(old, "paused")
    voucher.delete(old)
    new = voucher.create()["stream_id"]
    clock = transmitter.house.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(timedelta(seconds=5))
    assert voucher.call("GET", f"/ssf/status?stream_id={new}").get_json() == {"stream_id": new, "status": "enabled"}
    transmitter.tell("voucher", "a", CREDENTIAL)
    assert len(voucher.poll(new).get_json()["sets"]) == 1
