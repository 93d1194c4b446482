"""What a stream's status does to its events. SSF 1.0 §8.1.2."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from idp.house import House
from idp.signals.catalogue import Channel
from idp.transmitter.destinations import Lane
from idp.transmitter.hold import Because, hold
from idp.transmitter.streams.operators_pause import OperatorsPause
from tests.builders import a_person, link, unlink
from tests.protocol.ssf.lab import (
    LINK_CHANGED,
    PUSHED,
    Receiver,
    Transmitter,
)


@pytest.fixture
def transmitter(house: House) -> Transmitter:
    return Transmitter.of(house)


@pytest.fixture
def voucher(transmitter: Transmitter) -> Receiver:
    """A receiver that manages its stream and has none yet."""
    return transmitter.receiver("voucher")


def test_queues_what_the_stream_delivers(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §8.1.1: a receiver MUST be able to rely on `events_delivered`."""
    member = a_person(transmitter.house)
    voucher.create(events_requested=[LINK_CHANGED], delivery=PUSHED)
    transmitter.refresh()
    link(transmitter.house, member, "voucher")
    assert transmitter.waiting("voucher") == ["account-link-changed"]


def test_stops_without_losing_anything_while_paused(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §8.1.2: paused, events SHOULD be held; enabled again, the receiver is told so."""
    member = a_person(transmitter.house)
    stream_id = voucher.create(delivery=PUSHED)["stream_id"]
    transmitter.refresh()
    assert voucher.set_status(stream_id, "paused", reason="maintenance").status_code == 200
    transmitter.refresh()
    link(transmitter.house, member, "voucher")
    assert transmitter.waiting("voucher") == ["account-link-changed"]
    assert voucher.set_status(stream_id, "enabled").status_code == 200
    assert voucher.set_status(stream_id, "enabled").status_code == 200
    assert transmitter.waiting("voucher") == ["account-link-changed", "stream-updated"]
    told = transmitter.queued("voucher")[-1]
    assert told["payload"] == {"status": "enabled"}
    assert told["sub_id"] == {"format": "opaque", "id": stream_id}


def test_keeps_nothing_while_disabled(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §8.1.2: disabled, the transmitter will not hold any events: neither what waited nor what comes."""
    member = a_person(transmitter.house)
    stream_id = voucher.create(delivery=PUSHED)["stream_id"]
    transmitter.refresh()
    link(transmitter.house, member, "voucher")
    assert voucher.set_status(stream_id, "disabled").status_code == 200
    assert transmitter.waiting("voucher") == []
    transmitter.refresh()
    unlink(transmitter.house, member, "voucher")
    assert transmitter.waiting("voucher") == []
    answered = voucher.verify(stream_id)
    assert (answered.status_code, answered.get_json()["error"]) == (400, "invalid_stream_request")


def test_deletes_what_waits_with_the_stream(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §8.1.1.5: a later stream has another name and nothing of this one's."""
    stream_id = voucher.create()["stream_id"]
    assert voucher.verify(stream_id, state="old").status_code == 204
    assert voucher.delete(stream_id).status_code == 204
    assert transmitter.waiting("voucher") == []
    assert voucher.create()["stream_id"] != stream_id


@pytest.mark.parametrize("status", ["ENABLED", "on", "", None, 1, ["enabled"], {"status": "enabled"}])
def test_error_wrong_status(voucher: Receiver, status: Any) -> None:
    """SSF 1.0 §8.1.2.2: 400 where it is none of the three."""
    stream_id = voucher.create()["stream_id"]
    assert voucher.set_status(stream_id, status).status_code == 400
    assert voucher.set_status(stream_id, "paused", reason={"x": 1}).status_code == 400
    assert voucher.set_status(stream_id, "paused", reason="x" * 300).status_code == 400
    assert voucher.call("GET", f"/ssf/status?stream_id={stream_id}").get_json()["status"] == "enabled"


def pausing(house: House, pause: Callable[[float], None]) -> OperatorsPause:
    return OperatorsPause(house.database, house.clock, house.randomness, "operator:test", timedelta(seconds=1), pause)


def test_tells_before_an_operator_stops_and_when_it_goes_on(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §8.1.5: stream-updated MUST be sent before stopping, and upon re-enabling; one that does not answer hears
    it afterwards."""
    lane = Lane("voucher", Channel.EVENT)
    stream_id = voucher.create()["stream_id"]
    heard: list[str] = []

    def receiver_fetches(_: float) -> None:
        heard.extend(names := list(voucher.poll(stream_id).get_json()["sets"]))
        voucher.poll(stream_id, ack=names)

    assert pausing(transmitter.house, receiver_fetches).stop(lane)
    (told,) = transmitter.queued("voucher")
    assert heard == [told["jti"]]
    assert told["payload"]["status"] == "paused"
    assert voucher.call("GET", f"/ssf/status?stream_id={stream_id}").get_json()["status"] == "paused"
    assert not pausing(transmitter.house, receiver_fetches).stop(lane)
    assert pausing(transmitter.house, receiver_fetches).start(lane)
    assert transmitter.queued("voucher")[-1]["payload"] == {"status": "enabled"}
    slept: list[float] = []
    assert pausing(transmitter.house, slept.append).stop(lane)
    assert sum(slept) == pytest.approx(1)


def test_leaves_a_receivers_own_pause_alone(transmitter: Transmitter, voucher: Receiver) -> None:
    """An operator who lets a lane go does not enable what its receiver paused."""
    lane = Lane("voucher", Channel.EVENT)
    stream_id = voucher.create()["stream_id"]
    voucher.set_status(stream_id, "paused")
    assert pausing(transmitter.house, lambda _: None).start(lane)
    assert transmitter.waiting("voucher") == []
    assert voucher.call("GET", f"/ssf/status?stream_id={stream_id}").get_json()["status"] == "paused"
    assert voucher.set_status(stream_id, "enabled").get_json()["status"] == "enabled"
    assert transmitter.waiting("voucher") == ["stream-updated"]


def test_shows_what_others_stopped(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §8.1.2: a stream that is not sent says so and why; its receiver starts what its own endpoint stopped, but
    not what an operator did."""
    house, lane = transmitter.house, Lane("voucher", Channel.EVENT)
    stream_id = voucher.create(delivery=PUSHED)["stream_id"]
    at = f"/ssf/status?stream_id={stream_id}"
    for because, after in ((Because.GONE, "enabled"), (Because.MISCONFIGURED, "enabled"), (Because.OPERATOR, "paused")):
        with house.database.transaction() as connection:
            hold(connection, lane, because, house.clock.now())
        stopped = voucher.call("GET", at).get_json()
        assert stopped["status"] == "paused"
        assert stopped["reason"]
        assert voucher.set_status(stream_id, "enabled").get_json()["status"] == after
    told = [row["payload"] for row in transmitter.queued("voucher")]
    assert told == [{"status": "enabled"}, {"status": "enabled"}]


def test_goes_on_where_the_receiver_mended_its_delivery(transmitter: Transmitter, voucher: Receiver) -> None:
    """Account events §3.4: an endpoint that is gone stops its lane; another one starts it, an operator's stop stays."""
    stream_id = voucher.create(delivery=PUSHED)["stream_id"]
    for because, after in ((Because.GONE, "enabled"), (Because.OPERATOR, "paused")):
        with transmitter.house.database.transaction() as connection:
            hold(connection, Lane("voucher", Channel.EVENT), because, transmitter.house.clock.now())
        described = {"stream_id": stream_id, "description": "as it was"}
        assert voucher.call("PATCH", "/ssf/streams", described).status_code == 200
        at = f"/ssf/status?stream_id={stream_id}"
        assert voucher.call("GET", at).get_json()["status"] == "paused"
        delivery = {**PUSHED, "endpoint_url": "https://push.example/other"}
        moved = {"stream_id": stream_id, "delivery": delivery}
        assert voucher.call("PATCH", "/ssf/streams", moved).status_code == 200
        assert voucher.call("GET", at).get_json()["status"] == after
