"""Asking for a verification event, and the one that comes by itself. SSF 1.0 §8.1.4."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from idp.house import House
from idp.transmitter.streams.verify import VerifyStreams
from tests.fakes import FrozenClock
from tests.protocol.ssf.lab import PUSHED, Receiver, Transmitter
from tests.races import race


@pytest.fixture
def transmitter(house: House) -> Transmitter:
    return Transmitter.of(house)


@pytest.fixture
def voucher(transmitter: Transmitter) -> Receiver:
    return transmitter.receiver("voucher")


def nightly(house: House) -> VerifyStreams:
    return VerifyStreams(house.database, house.store, house.clock, house.randomness, house.catalogue)


def test_queues_a_verification_with_its_state(transmitter: Transmitter, voucher: Receiver) -> None:
    """openid-ssf-transmitter-stream-verification-push: 204; the stream is the subject, `state` as it was sent."""
    stream_id = voucher.create(delivery=PUSHED)["stream_id"]
    state = 'x "\\ 한글 \U0001f512\t '
    answered = voucher.verify(stream_id, state=state)
    assert (answered.status_code, answered.data) == (204, b"")
    (row,) = transmitter.queued("voucher")
    assert row["event_type"] == "verification"
    assert row["payload"] == {"state": state}
    assert row["sub_id"] == {"format": "opaque", "id": stream_id}
    assert row["priority"] == 0


def test_leaves_out_a_state_that_was_not_sent(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §8.1.4.2."""
    voucher.verify(voucher.create()["stream_id"])
    assert transmitter.queued("voucher")[0]["payload"] == {}


def test_gathers_no_verifications_that_nobody_fetches(transmitter: Transmitter, voucher: Receiver) -> None:
    """One of an hour ago answers nobody's question any more."""
    stream_id = voucher.create()["stream_id"]
    clock = transmitter.house.clock
    assert isinstance(clock, FrozenClock)
    for state in ("first", "second", "third"):
        assert transmitter.receiver("voucher").verify(stream_id, state=state).status_code == 204
        clock.advance(timedelta(minutes=31))
    assert [(row["payload"]["state"], row["state"]) for row in transmitter.queued("voucher")] == [
        ("first", "expired"),
        ("second", "pending"),
        ("third", "pending"),
    ]


def test_bounds_the_rate_of_each_stream(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §8.1.1, `min_verification_interval`: 429 sooner, never later; a new stream has an interval of its own."""
    made = voucher.create()
    assert voucher.verify(made["stream_id"]).status_code == 204
    refused = voucher.verify(made["stream_id"])
    assert (refused.status_code, refused.get_json()["error"]) == (429, "verified_too_often")
    assert 0 < int(refused.headers["Retry-After"]) <= made["min_verification_interval"]
    clock = transmitter.house.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(timedelta(seconds=made["min_verification_interval"]))
    assert voucher.verify(made["stream_id"]).status_code == 204
    assert voucher.delete(made["stream_id"]).status_code == 204
    assert voucher.verify(voucher.create()["stream_id"]).status_code == 204


def test_counts_no_request_that_it_refused(voucher: Receiver) -> None:
    """A wrong request costs nobody their right one."""
    stream_id = voucher.create()["stream_id"]
    assert voucher.verify(stream_id, state={"x": 1}).status_code == 400
    assert voucher.verify(stream_id, state="x" * 2000).status_code == 400
    assert voucher.verify("another").status_code == 404
    assert voucher.verify(stream_id, state="x").status_code == 204


def test_one_of_many_who_ask_at_once_is_heard(any_house: House) -> None:
    """The interval is spent by one atomic act."""
    transmitter = Transmitter.of(any_house)
    voucher = transmitter.receiver("voucher")
    stream_id = voucher.create()["stream_id"]
    codes = race(lambda _: voucher.verify(stream_id).status_code, 6)
    assert sorted(codes) == [204, *[429] * 5]


def test_verifies_every_stream_once_a_day(any_house: House) -> None:
    """Account events §3.8: by itself, without `state` (SSF 1.0 §8.1.4.1), however many workers do it."""
    transmitter = Transmitter.of(any_house)
    voucher = transmitter.receiver("voucher")
    voucher.create()
    transmitter.refresh()
    assert sum(race(lambda _: nightly(any_house)(), 4)) == 2  # voucher's own, and smtech's of the operator
    (row,) = transmitter.queued("voucher")
    assert row["payload"] == {}
    assert nightly(any_house)() == 0


def test_does_not_heap_them_up(transmitter: Transmitter, voucher: Receiver) -> None:
    """A receiver that was away for a month finds one."""
    voucher.create()
    clock: Any = transmitter.house.clock
    for _ in range(3):
        clock.advance(timedelta(hours=24))
        nightly(transmitter.house)()
    assert transmitter.waiting("voucher") == ["verification"]


@pytest.mark.parametrize("status", ["paused", "disabled"])
def test_verifies_no_stream_that_is_stopped(transmitter: Transmitter, voucher: Receiver, status: str) -> None:
    """SSF 1.0 §8.1.2."""
    stream_id = voucher.create()["stream_id"]
    voucher.set_status(stream_id, status)
    transmitter.refresh()
    nightly(transmitter.house)()
    assert transmitter.waiting("voucher") == []
