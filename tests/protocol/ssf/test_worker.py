"""The worker's life: killed at any point, stopped in mid-request, without its database, with a wrong clock."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from idp.clock import SystemClock
from idp.errors import StoreUnavailable
from idp.signals.catalogue import Channel
from idp.storage.database import Database
from idp.transmitter.destinations import Lane
from idp.transmitter.lane_memory import held_memory
from idp.transmitter.turn import TakeTurn, Turn
from idp.transmitter.worker import Chore, Worker
from tests.fakes import FrozenClock
from tests.looping import wait_for
from tests.protocol.ssf.kit import House
from tests.protocol.ssf.receiver import Received, Receiver, Reply, receiver


@pytest.fixture
def house(any_database: Database, tmp_path: Path) -> House:
    """An empty outbox by the machine's clock."""
    return House(any_database, tmp_path / "keys")


def _jti(house: House, received: Received) -> str:
    published: Any = house.keyring.jwks("events")
    verified = jws.deserialize_compact(received.body, KeySet.import_key_set(published), algorithms=["ES256"])
    return str(json.loads(verified.payload)["jti"])


@contextmanager
def doomed(house: House, url: str) -> Iterator[subprocess.Popen[bytes]]:
    address = house.database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.protocol.ssf.doomed", address, str(house.keys_dir), url]
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.kill()


class _ClockAhead:
    def now(self) -> datetime:
        return SystemClock().now() + timedelta(minutes=2)


def later(house: House, url: str) -> House:
    """The same house after every lease has ended."""
    later = House(house.database, house.keys_dir, _ClockAhead())
    later.addresses.add("voucher", url)
    return later


def test_killed_before_the_answer_it_is_sent_again_with_the_same_jti(house: House):
    """`kill -9` with the request under way: at least once, one `jti` (account events §3.3)."""

    def answering(_received: Received) -> Reply:
        server.released.wait(10)
        return Reply()

    with receiver(answering) as server:
        (jti,) = house.tell("voucher", "a")
        with doomed(house, server.url) as process:
            wait_for(lambda: len(server.received) == 1)
            process.send_signal(signal.SIGKILL)
            process.wait(5)
        server.answering = lambda _: Reply()
        again = later(house, server.url)
        with again.working():
            wait_for(lambda: house.states() == ["delivered"])
    assert [_jti(house, received) for received in server.received] == [jti, jti]


def test_killed_between_answer_and_record_it_is_sent_again_with_the_same_jti(house: House):
    """The narrowest window: the receiver said 202 and we died before writing it down."""
    holding = threading.Event()

    def hold_the_lane() -> None:
        with house.database.transaction() as connection:
            held_memory(connection, Lane("voucher", Channel.EVENT))
            holding.set()
            server.released.wait(20)

    def answering(_received: Received) -> Reply:
        threading.Thread(target=hold_the_lane, daemon=True).start()
        holding.wait(10)
        return Reply()

    with receiver(answering) as server:
        (jti,) = house.tell("voucher", "a")
        with doomed(house, server.url) as process:
            wait_for(holding.is_set)
            time.sleep(0.3)  # the answer has arrived, the record waits for the lane
            assert process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait(5)
        assert house.states() == ["pending"]
        server.released.set()
        server.answering = lambda _: Reply()
        again = later(house, server.url)
        with again.working():
            wait_for(lambda: house.states() == ["delivered"])
    assert [_jti(house, received) for received in server.received] == [jti, jti]


def test_killed_over_and_over_nothing_is_lost(house: House):
    """Every message arrives whatever the moment of death; a receiver that drops repeats applies each once, in order."""
    jtis = house.tell("voucher", *(f"s{number % 7}" for number in range(140)))

    def answering(_received: Received) -> Reply:
        time.sleep(0.01)
        return Reply()

    with receiver(answering) as server:
        for more in (3, 40):
            with doomed(house, server.url) as process:
                wait_for(_received_at_least(server, len(server.received) + more))
                process.send_signal(signal.SIGKILL)
                process.wait(5)
            _end_leases(house)
        again = later(house, server.url)
        with again.working():
            wait_for(lambda: set(house.states()) == {"delivered"})
    arrived = [_jti(house, received) for received in server.received]
    assert list(dict.fromkeys(sorted(arrived))) == sorted(jtis)
    for number in range(7):
        mine = [jti for jti in arrived if jti in jtis[number::7]]
        assert list(dict.fromkeys(mine)) == jtis[number::7]


def _received_at_least(server: Receiver, count: int) -> Callable[[], bool]:
    return lambda: len(server.received) >= count


def _end_leases(house: House) -> None:
    with house.database.transaction() as connection:
        connection.execute(text("UPDATE outbox SET leased_until = NULL, lease_token = NULL"))


def test_told_to_stop_it_finishes_what_is_under_way_and_gives_back_the_rest(house: House):
    """SIGTERM: no message is cut off, none is left leased, and the process ends with status 0."""
    answering = threading.Event()

    def slowly(_received: Received) -> Reply:
        answering.set()
        time.sleep(0.3)
        return Reply()

    with receiver(slowly) as server:
        house.tell("voucher", *(f"s{number}" for number in range(60)))
        with doomed(house, server.url) as process:
            wait_for(answering.is_set)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
    delivered = house.rows(state="delivered")
    assert len(delivered) == len(server.received) < 60
    assert not [row for row in house.rows() if row["lease_token"] is not None]


def test_a_receiver_that_is_down_for_a_while_hears_everything(house: House):
    """Connection refused, then up: nothing is lost, nothing is repeated."""
    with receiver() as gone:
        url = gone.url
        port = gone.server_address[1]
    house.addresses.add("voucher", url)
    jtis = house.tell("voucher", "a", "b", "c")
    with house.working():
        wait_for(lambda: bool(house.attempts()))
        server = _listen_again(port)
        wait_for(lambda: set(house.states()) == {"delivered"})
    server.shutdown()
    server.server_close()
    assert sorted(_jti(house, received) for received in server.received) == sorted(jtis)


def _listen_again(port: int) -> Receiver:
    server = Receiver(lambda _: Reply(), port=port)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


@pytest.mark.parametrize("jump", [timedelta(days=-300), timedelta(hours=-1), timedelta(days=300)])
def test_a_clock_that_jumps_loses_nothing(any_database: Database, tmp_path: Path, jump: timedelta):
    """Written before the jump, delivered after it; a jump back is noticed against the steady clock."""
    clock = FrozenClock()
    house = House(any_database, tmp_path / "keys", clock)
    clock.advance(timedelta(days=400))  # the keys are older than any jump
    with receiver() as server, house.working():
        time.sleep(0.2)
        house.tell("voucher", "a", "b")
        house.tell("voucher", "c", channel=Channel.LOGOUT)
        clock.advance(jump)
        house.addresses.add("voucher", server.url)
        house.addresses.add("voucher", server.url, Channel.LOGOUT)
        server.answering = lambda received: Reply(200 if "logout_token" in received.body else 202)
        wait_for(lambda: set(house.states()) == {"delivered"})


class _Flaky(TakeTurn):
    """A database that goes away for a while."""

    def __call__(self, *arguments: Any) -> Any:
        _fail_sometimes()
        return super().__call__(*arguments)

    def lanes_with_work(self, busy: frozenset[Lane]) -> list[Lane]:
        _fail_sometimes()
        return super().lanes_with_work(busy)


_failures: list[int] = []


def _fail_sometimes() -> None:
    if _failures:
        _failures.pop()
        raise StoreUnavailable("database: gone for a moment")


def _with(worker: Worker, kind: type[TakeTurn]) -> Worker:
    taken = worker.take_turn
    worker.take_turn = kind(taken.database, taken.clock, taken.randomness, taken.destinations, taken.sign, taken.lease)
    return worker


def test_outlives_a_database_that_goes_away(house: House):
    """A failover is no reason to die: results are kept and written when it is back."""
    with receiver() as server:
        house.addresses.add("voucher", server.url)
        _failures[:] = [1, 1]
        house.tell("voucher", "a")
        with house.working(_with(house.worker(), _Flaky)):
            wait_for(lambda: house.states() == ["delivered"])
    assert len(server.received) == 1
    # Who asked first got over it: the loop, a lane, or the figures.
    troubles = ({"what": what} for what in ("store_unavailable", "chore_figures"))
    assert sum(house.registry.get_sample_value("idp_worker_trouble_total", trouble) or 0 for trouble in troubles) == 2


class _Broken(TakeTurn):
    def lanes_with_work(self, busy: frozenset[Lane]) -> list[Lane]:  # noqa: ARG002
        raise RuntimeError("a mistake of ours")


def test_a_broken_loop_is_not_silent(house: House):
    """A worker that is up and does nothing is the worst kind (account events §3.8): it ends, and says so."""
    worker = _with(house.worker(), _Broken)
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(worker.run())
    assert caught.group_contains(RuntimeError)


class _BreaksAtOdd(TakeTurn):
    def __call__(self, lane: Lane, attempts: Any, unsent: Any, wanted: int) -> Turn:
        if lane.relying_party_id == "odd":
            raise KeyError("a mistake of ours")
        return super().__call__(lane, attempts, unsent, wanted)


def test_what_breaks_in_one_lane_or_chore_costs_nobody_else(house: House):
    """A mistake of ours that one agency's message or one member's record shows: the others go on hearing."""

    def broken() -> None:
        raise KeyError("a mistake of ours")

    def troubles(what: str) -> float:
        return house.registry.get_sample_value("idp_worker_trouble_total", {"what": what}) or 0

    with receiver() as server:
        for each in ("odd", "voucher"):
            house.addresses.add(each, server.url)
        house.tell("odd", "a")
        with house.working(_with(house.worker([Chore("odd", timedelta(milliseconds=500), broken)]), _BreaksAtOdd)):
            wait_for(lambda: troubles("broken_lane") == 1)
            wait_for(lambda: troubles("broken_odd") >= 2)
            house.tell("voucher", "a")
            wait_for(lambda: house.states(relying_party_id="voucher") == ["delivered"])
    assert troubles("broken_lane") == 1


def test_does_the_houses_chores_and_gets_over_one_that_fails(house: House):
    """Sealing and sweeping go on beside the deliveries; two sealers at once may collide."""
    done: list[str] = []

    def collide() -> None:
        done.append("seal")
        raise IntegrityError("", {}, Exception())

    chores = [
        Chore("seal", timedelta(milliseconds=20), collide),
        Chore("sweep", timedelta(milliseconds=20), lambda: done.append("sweep")),
    ]
    with house.working(house.worker(chores)):
        wait_for(lambda: done.count("seal") > 1 and done.count("sweep") > 1)


def test_shows_figures_per_relying_party(house: House):
    """Account events §3.8."""
    replies = iter([Reply(500)])
    house.registry = CollectorRegistry()
    house.__post_init__()
    with receiver(lambda _: next(replies, Reply())) as server:
        house.tell("nowhere", "a")
        house.tell("voucher", "a")
        house.addresses.add("voucher", server.url)
        with house.working():
            wait_for(lambda: house.states(relying_party_id="voucher") == ["delivered"])
            wait_for(_shown(house, "idp_events_attempts_total", 1, outcome="accepted"))
    voucher = {"relying_party": "voucher", "channel": "event"}
    value = house.registry.get_sample_value
    assert value("idp_events_attempts_total", voucher | {"outcome": "http_500"}) == 1
    assert value("idp_events_commit_to_accepted_seconds_count", voucher) == 1
    assert value("idp_events_pending", {"relying_party": "nowhere", "channel": "event"}) == 1
    assert value("idp_events_without_destination", {"relying_party": "nowhere", "channel": "event"}) == 1
    progress = value("idp_worker_last_progress_timestamp_seconds")
    assert progress is not None
    assert abs(progress - SystemClock().now().timestamp()) < 30


def _shown(house: House, name: str, value: float, **labels: str) -> Callable[[], bool]:
    labels = {"relying_party": "voucher", "channel": "event"} | labels
    return lambda: house.registry.get_sample_value(name, labels) == value
