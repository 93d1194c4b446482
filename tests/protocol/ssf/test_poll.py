"""Fetching events. RFC 8936, and the poll variants of the OpenID conformance suite's transmitter plan."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select

from idp.app import create_app
from idp.house import House
from idp.settings import Events
from idp.signals.catalogue import Channel, EventType
from idp.signals.models import delivery_attempts
from idp.transmitter.registered_destinations import RegisteredDestinations
from idp.transmitter.streams.long_poll import LongPoll
from idp.transmitter.streams.poll import Fetched
from idp.transmitter.streams.poll_request import PollRequest
from idp.transmitter.worker import lease_for
from tests.browsers import served
from tests.builders import a_person, link, register, unlink
from tests.fakes import FrozenClock
from tests.protocol.ssf.foreign_receiver import ForeignReceiver
from tests.protocol.ssf.lab import AGENCIES, CAEP, POLL, PUSHED, SECRET, Receiver, Transmitter
from tests.races import race

CREDENTIAL = EventType.CREDENTIAL_CHANGE
LEASE = lease_for(Events())


@pytest.fixture
def transmitter(any_house: House) -> Transmitter:
    """On both kinds of database."""
    return Transmitter.of(any_house)


@pytest.fixture
def voucher(transmitter: Transmitter) -> Receiver:
    return transmitter.receiver("voucher")


@pytest.fixture
def stream_id(voucher: Receiver) -> str:
    """A stream whose receiver fetches."""
    return str(voucher.create()["stream_id"])


def advance(transmitter: Transmitter, by: timedelta) -> None:
    clock = transmitter.house.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(by)


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["sets"])


def tell(transmitter: Transmitter, *subjects: str) -> list[str]:
    """One event about each; their names."""
    before = len(transmitter.queued("voucher"))
    for subject in subjects:
        transmitter.tell("voucher", subject, CREDENTIAL)
    return [row["jti"] for row in transmitter.queued("voucher")[before:]]


def states(transmitter: Transmitter) -> list[str]:
    return [row["state"] for row in transmitter.queued("voucher")]


def test_poll_only(transmitter: Transmitter, voucher: Receiver, stream_id: str) -> None:
    """openid-ssf-transmitter-stream-verification-poll-only: the verification with its `state`; not acknowledged, it is
    handed out again after a while, under the same name."""
    voucher.verify(stream_id, state="x")
    first = voucher.poll(stream_id, maxEvents=10)
    (jti,) = names(first)
    assert transmitter.claims(first.get_json()["sets"][jti])["events"] == {
        "https://schemas.openid.net/secevent/ssf/event-type/verification": {"state": "x"}
    }
    assert names(voucher.poll(stream_id)) == []
    advance(transmitter, LEASE)
    assert names(voucher.poll(stream_id)) == [jti]


def test_poll_and_ack(transmitter: Transmitter, voucher: Receiver, stream_id: str) -> None:
    """openid-ssf-transmitter-stream-verification-poll-and-ack: what a request acknowledges it is not given again."""
    voucher.verify(stream_id, state="old")
    (old,) = names(voucher.poll(stream_id))
    advance(transmitter, LEASE)
    voucher.verify(stream_id, state="new")
    (new,) = names(voucher.poll(stream_id, ack=[old]))
    assert new != old
    assert states(transmitter) == ["delivered", "pending"]


def test_ack_only(transmitter: Transmitter, voucher: Receiver, stream_id: str) -> None:
    """openid-ssf-transmitter-stream-verification-ack-only: `maxEvents` 0 hands out nothing and never waits."""
    (jti, *_) = tell(transmitter, "a", "b")
    assert len(names(voucher.poll(stream_id))) == 2
    answered = voucher.call("POST", f"/ssf/streams/{stream_id}/poll", {"maxEvents": 0, "ack": [jti]})
    assert answered.get_json() == {"sets": {}}
    assert states(transmitter) == ["delivered", "pending"]


def test_hands_out_as_many_as_are_wanted(transmitter: Transmitter, voucher: Receiver, stream_id: str) -> None:
    """RFC 8936 §2.2, §2.4: never more than `maxEvents`, the oldest first, and says whether there are more."""
    told = tell(transmitter, *"abcde")
    first = voucher.poll(stream_id, maxEvents=2)
    assert names(first) == told[:2]
    assert first.get_json()["moreAvailable"] is True
    rest = voucher.poll(stream_id, maxEvents=3, ack=told[:2])
    assert names(rest) == told[2:]
    assert "moreAvailable" not in rest.get_json()


def test_keeps_the_order_of_each_subject(transmitter: Transmitter, voucher: Receiver, stream_id: str) -> None:
    """Account events §3.3: a JSON object has no order, so an answer never holds two of one subject."""
    first, second, other = tell(transmitter, "a", "a", "b")
    answer = voucher.poll(stream_id)
    assert sorted(names(answer)) == sorted([first, other])
    assert answer.get_json()["moreAvailable"] is True
    assert names(voucher.poll(stream_id, ack=[other])) == []
    assert names(voucher.poll(stream_id, ack=[first])) == [second]


def test_takes_a_refusal_as_if_it_had_been_pushed(transmitter: Transmitter, voucher: Receiver, stream_id: str) -> None:
    """RFC 8936 §2.4.4: a message refused steps back and at last waits for a person; the receiver's words are not
    kept."""
    jti, other = tell(transmitter, "a", "b")
    assert len(names(voucher.poll(stream_id))) == 2
    said = {jti: {"err": "invalid_request", "description": "홍길동 is unknown"}}
    assert names(voucher.poll(stream_id, setErrs=said, ack=[other])) == []
    (row, _) = transmitter.queued("voucher")
    assert (row["state"], row["attempts"], row["outcome"]) == ("pending", 1, "err_invalid_request")
    for _ in range(5):
        advance(transmitter, timedelta(days=1))
        voucher = transmitter.receiver("voucher")
        assert names(voucher.poll(stream_id)) == [jti]
        voucher.poll(stream_id, setErrs=said)
    (row, _) = transmitter.queued("voucher")
    assert (row["state"], row["attempts"]) == ("refused", 6)
    with transmitter.house.database.reading() as connection:
        assert "홍길동" not in repr(list(connection.execute(select(delivery_attempts))))


def test_believes_a_refusal_before_an_acknowledgement(
    transmitter: Transmitter, voucher: Receiver, stream_id: str
) -> None:
    """A receiver that says both has not got it: nothing is lost."""
    (jti,) = tell(transmitter, "a")
    voucher.poll(stream_id)
    voucher.poll(stream_id, ack=[jti], setErrs={jti: {"err": "invalid_request"}})
    assert states(transmitter) == ["pending"]


def test_takes_no_word_about_anothers_events(transmitter: Transmitter, voucher: Receiver, stream_id: str) -> None:
    """Whose name an event has is known by who asks: other receivers' stay as they are."""
    kamp = transmitter.receiver("kamp")
    kamps = kamp.create()["stream_id"]
    (jti,) = tell(transmitter, "a")
    assert names(kamp.poll(kamps, ack=[jti], setErrs={"unknown": {"err": "x"}})) == []
    assert states(transmitter) == ["pending"]
    assert kamp.poll(stream_id).status_code == 404
    assert kamp.poll(stream_id).get_json() == kamp.poll("nothing").get_json()
    assert names(voucher.poll(stream_id)) == [jti]


def test_counts_what_is_fetched(transmitter: Transmitter, voucher: Receiver, stream_id: str) -> None:
    """Account events §3.8: events served and acknowledged, per relying party and never per subject."""

    def counted(what: str) -> float:
        labels = {"relying_party": "voucher", "what": what}
        return REGISTRY.get_sample_value("idp_events_fetched_total", labels) or 0

    before = counted("handed_out"), counted("acknowledged")
    told = tell(transmitter, "a", "b")
    voucher.poll(stream_id)
    voucher.poll(stream_id, ack=told)
    assert (counted("handed_out") - before[0], counted("acknowledged") - before[1]) == (2, 2)


def test_two_who_fetch_at_once_share(transmitter: Transmitter, voucher: Receiver, stream_id: str) -> None:
    """RFC 8936 §2.4: while one has an event, nobody else is handed it."""
    told = tell(transmitter, *(f"s{number}" for number in range(12)))
    got = race(lambda _: names(voucher.poll(stream_id, maxEvents=3)), 4)
    assert sorted(each for some in got for each in some) == sorted(told)


def test_records_what_was_handed_out(transmitter: Transmitter, voucher: Receiver, stream_id: str) -> None:
    """Account events §3.5: the key and the digest of the exact token each time, then how it ended."""
    (jti,) = tell(transmitter, "a")
    voucher.poll(stream_id)
    voucher.poll(stream_id, ack=[jti])
    with transmitter.house.database.reading() as connection:
        query = select(delivery_attempts).where(delivery_attempts.c.jti == jti).order_by(delivery_attempts.c.seq)
        rows = list(connection.execute(query).mappings())
    assert [row["outcome"] for row in rows] == ["handed_out", "accepted"]
    assert rows[0]["kid"]
    assert len(rows[0]["message_sha256"]) == 64


def test_a_worker_leaves_it_alone(transmitter: Transmitter, voucher: Receiver, stream_id: str) -> None:
    """Fetched events are pushed by nobody; moved to push and back, the same rows go the other way."""
    house = transmitter.house
    destinations = RegisteredDestinations(house.catalogue, house.cipher)

    def goes_to() -> str | None:
        transmitter.refresh()
        found = destinations.destination("voucher", Channel.EVENT)
        return found.url if found is not None else None

    (jti,) = tell(transmitter, "a")
    assert goes_to() is None
    assert destinations.awaits("voucher", Channel.EVENT)
    voucher.call("PATCH", "/ssf/streams", {"stream_id": stream_id, "delivery": PUSHED})
    assert goes_to() == PUSHED["endpoint_url"]
    assert not destinations.awaits("voucher", Channel.EVENT)
    assert voucher.poll(stream_id).status_code == 404
    voucher.call("PATCH", "/ssf/streams", {"stream_id": stream_id, "delivery": {"method": POLL}})
    assert goes_to() is None
    assert names(voucher.poll(stream_id)) == [jti]


def test_gives_nothing_while_paused_or_disabled(transmitter: Transmitter, voucher: Receiver, stream_id: str) -> None:
    """SSF 1.0 §8.1.2; what is acknowledged counts all the same, and disabled keeps not even what was handed out."""
    first, second = tell(transmitter, "a", "b")
    voucher.poll(stream_id, maxEvents=1)
    voucher.set_status(stream_id, "paused")
    assert names(voucher.poll(stream_id, ack=[first])) == []
    assert states(transmitter) == ["delivered", "pending"]
    voucher.set_status(stream_id, "enabled")
    assert second in names(voucher.poll(stream_id))
    voucher.set_status(stream_id, "disabled")
    assert "pending" not in states(transmitter)
    assert names(voucher.poll(stream_id)) == []


@pytest.mark.parametrize(
    "body",
    [
        {"maxEvents": -1},
        {"maxEvents": "10"},
        {"maxEvents": True},
        {"maxEvents": 1.5},
        {"returnImmediately": "true"},
        {"ack": "x"},
        {"ack": [1]},
        {"ack": ["x" * 1000]},
        {"ack": {}},
        {"ack": [f"{number:x}" for number in range(10_001)]},
        {"setErrs": []},
        {"setErrs": {"x": "invalid_request"}},
        {"setErrs": {"x": {}}},
        {"setErrs": {"x": {"err": 1}}},
    ],
)
def test_refuses_what_it_does_not_understand(house: House, body: dict[str, Any]) -> None:
    """RFC 8936 §2.2: nothing is applied of a request that is wrong in any part."""
    transmitter = Transmitter.of(house)
    voucher = transmitter.receiver("voucher")
    stream = str(voucher.create()["stream_id"])
    (jti,) = tell(transmitter, "a")
    assert voucher.poll(stream, **{"ack": [jti], **body}).status_code == 400
    assert voucher.call("POST", f"/ssf/streams/{stream}/poll", raw=b"{broken").status_code == 400
    assert voucher.call("POST", f"/ssf/streams/{stream}/poll", {}, token="x").status_code == 401
    assert voucher.call("GET", f"/ssf/streams/{stream}/poll").status_code == 405
    assert states(transmitter) == ["pending"]


class Waiting:
    """A poll that finds something at the `at`-th look."""

    def __init__(self, at: int) -> None:
        self.at, self.looks, self.asked = at, 0, list[PollRequest]()

    def __call__(self, _relying_party_id: str, _stream_id: str, request: PollRequest) -> Fetched:
        self.asked.append(request)
        return Fetched({"jti": "token"} if self.looks >= self.at else {})

    def has_some(self, _relying_party_id: str) -> bool:
        self.looks += 1
        return self.looks >= self.at


def long_poll(poll: Any, pause: Any = lambda _: None, seats: int = 1) -> LongPoll:
    return LongPoll(poll, timedelta(seconds=20), seats, pause)


WAITS = PollRequest(None, return_immediately=False, acknowledged=frozenset({"acknowledged"}))


def test_waits_until_there_is_something() -> None:
    """RFC 8936 §2.2: without `returnImmediately` the answer waits; what was acknowledged is applied once, at first."""
    poll = Waiting(at=3)
    assert long_poll(poll)("voucher", "s", WAITS).sets == {"jti": "token"}
    assert poll.looks == 3
    assert [request.acknowledged for request in poll.asked] == [{"acknowledged"}, frozenset()]


def test_does_not_wait_for_ever() -> None:
    """The longest wait is bounded, and a paused stream is not waited for."""
    slept = list[float]()
    assert long_poll(Waiting(at=10_000), slept.append)("voucher", "s", WAITS).sets == {}
    assert sum(slept) == 20
    for request in (PollRequest(0, False, frozenset()), PollRequest(None, True, frozenset())):
        assert long_poll(Waiting(at=2), slept.append)("voucher", "s", request).sets == {}
    assert sum(slept) == 20


def test_keeps_no_more_threads_than_it_has_seats_for() -> None:
    """A server must go on signing members in while receivers wait for events."""
    sleeping, wake = threading.Event(), threading.Event()

    def sleep(_: float) -> None:
        sleeping.set()
        wake.wait(10)

    polling = long_poll(Waiting(at=1), sleep)
    first = threading.Thread(target=lambda: polling("voucher", "s", WAITS))
    first.start()
    try:
        assert sleeping.wait(10)
        assert polling("kamp", "s", WAITS).sets == {}
    finally:
        wake.set()
        first.join(10)
    assert long_poll(Waiting(at=1), sleep, seats=0)("voucher", "s", WAITS).sets == {}


@pytest.fixture
def abroad(any_house: House) -> Iterator[ForeignReceiver]:
    """A receiver of other people's parts, over HTTP, by the machine's clock."""
    house = any_house
    register(house, *AGENCIES)
    with served(create_app(house.settings, instead=house)) as port:
        yield ForeignReceiver(f"http://127.0.0.1:{port}", "voucher-machine", SECRET)


def test_serves_a_receiver_that_others_wrote(any_house: House, abroad: ForeignReceiver) -> None:
    """RFC 8936, RFC 8417: Authlib, requests, PyJWT and jsonschema agree with everything that comes, in order."""
    house = any_house
    stream = abroad.create()
    assert isinstance(house.clock, FrozenClock)
    house.clock.advance(house.settings.catalogue_refresh)
    member = a_person(house)
    abroad.send("POST", abroad.path("verification_endpoint"), {"stream_id": stream["stream_id"], "state": "s"})
    link(house, member, "voucher")
    came = abroad.drain(stream)
    unlink(house, member, "voucher")
    link(house, member, "voucher")
    came += abroad.drain(stream)
    kinds = [next(iter(claims["events"])).rpartition("/")[2] for claims in came]
    assert kinds[0] == "verification"
    versions = [
        event["version"]
        for claims in came
        for uri, event in claims["events"].items()
        if uri.endswith("/account-link-changed")
    ]
    assert versions == sorted(versions)
    assert versions[0] == 1
    assert len(versions) >= 2
    assert f"{CAEP}/session-revoked" in stream["events_delivered"]


def test_records_what_is_handed_out_for_ever_ever_more_seldom(
    transmitter: Transmitter, voucher: Receiver, stream_id: str
) -> None:
    """A receiver that fetches and never acknowledges costs a line at its first, second, fourth and eighth time."""
    (jti,) = tell(transmitter, "a")
    for _ in range(9):
        assert names(voucher.poll(stream_id)) == [jti]
        advance(transmitter, LEASE)
    voucher.poll(stream_id, ack=[jti])
    with transmitter.house.database.reading() as connection:
        query = select(delivery_attempts.c.number, delivery_attempts.c.outcome).order_by(delivery_attempts.c.seq)
        lines = [tuple(row) for row in connection.execute(query)]
    assert lines == [(1, "handed_out"), (2, "handed_out"), (4, "handed_out"), (8, "handed_out"), (10, "accepted")]
