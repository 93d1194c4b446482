"""How many messages may go now, in all workers together."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies

from idp.randomness import SystemRandomness
from idp.signals.catalogue import Channel, EventType, Priority
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database
from idp.transmitter.claim import Claimed
from idp.transmitter.destinations import Lane
from idp.transmitter.pace import Caps, returned, room, taken, width
from idp.transmitter.record import Attempt
from idp.transmitter.schedule import LaneMemory, Lease
from idp.transmitter.verdict import Answer, Verdict
from idp.transmitter.worker import lease_for
from tests.fakes import FrozenClock
from tests.protocol.ssf.kit import EVENTS, House

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_LANE = Lane("voucher", Channel.EVENT)
_LEASE = lease_for(EVENTS)
_FREE = LaneMemory()


def _lease(rows: int, token: str = "t", until: datetime = _NOW + _LEASE) -> Lease:  # of a lease
    return Lease(token, rows, until)


def test_takes_what_is_wanted_where_nothing_is_said():
    """No cap, nothing failing."""
    assert room(_FREE, Caps(), _NOW, 100) == 100
    assert width(_FREE, Caps(), _NOW) is None


def test_counts_what_every_worker_has_out():
    """Account events §3.4: the relying party's cap is one, however many workers there are."""
    caps = Caps(max_concurrency=8)
    memory = taken(taken(_FREE, caps, _lease(5), _NOW), caps, _lease(2, "u"), _NOW)
    assert room(memory, caps, _NOW, 100) == 1
    assert room(returned(memory, ["t", "t", "u"], _NOW, _LEASE), caps, _NOW, 100) == 4
    assert room(memory, caps, _NOW + _LEASE, 100) == 8


def test_the_narrower_limit_counts():
    """A lane that comes back slowly, one that has a cap, or both."""
    narrow = LaneMemory(width=2, clean_since=_NOW)
    assert width(narrow, Caps(max_concurrency=8), _NOW) == 2
    assert width(narrow, Caps(max_concurrency=8), _NOW + timedelta(minutes=2)) == 8
    assert room(LaneMemory(consecutive_failures=1), Caps(8), _NOW, 100) == 1


def test_forgets_leases_that_a_clock_ahead_has_written():
    """Nothing waits for next year."""
    memory = taken(_FREE, Caps(), _lease(5, until=_NOW + timedelta(days=365)), _NOW)
    assert returned(memory, [], _NOW, _LEASE).leases == ()


@given(
    strategies.integers(1, 100_000),
    strategies.lists(strategies.tuples(strategies.integers(1, 50), strategies.floats(0, 3)), max_size=60),
)
def test_never_sends_more_in_a_minute_than_was_registered(per_minute: int, steps: list[tuple[int, float]]):
    """A token bucket: over any stretch at most its rate, and what may go at once."""
    caps, memory, now, sent = Caps(max_per_minute=per_minute), _FREE, _NOW, 0
    for wanted, pause in steps:
        now += timedelta(seconds=pause)
        count = room(memory, caps, now, wanted)
        memory = taken(memory, caps, _lease(count), now)
        sent += count
        allowed = per_minute * ((now - _NOW).total_seconds() + 1) / 60
        assert sent <= max(allowed, per_minute * (now - _NOW).total_seconds() / 60 + 1) + 1e-3 * sent


def test_reaches_the_rate_that_was_registered():
    """Asked every 200 ms for a minute, it is used up and no more."""
    caps, memory, now, sent = Caps(max_per_minute=1000), _FREE, _NOW, 0
    for _ in range(300):
        count = room(memory, caps, now, 100)
        memory = taken(memory, caps, _lease(count), now)
        sent += count
        now += timedelta(milliseconds=200)
    assert 990 <= sent <= 1020


class _Table(House):
    clock: FrozenClock


@pytest.fixture
def house(any_database: Database, tmp_path: Path) -> _Table:
    return _Table(any_database, tmp_path / "keys", FrozenClock())


def test_racing_workers_keep_to_a_cap_together(house: _Table):
    """Sixteen workers claim at once: never more out than the relying party can take, nor more than its rate."""
    house.addresses.add("voucher", "http://127.0.0.1:9/", caps=Caps(max_concurrency=7))
    house.addresses.add("kamp", "http://127.0.0.1:9/", caps=Caps(max_per_minute=600))
    for party in ("voucher", "kamp"):
        house.tell(party, *(f"s{number}" for number in range(80)))
    takes = [house.worker().take_turn for _ in range(16)]
    start = threading.Barrier(16)
    claimed: list[Claimed] = []

    def race(index: int) -> None:
        start.wait()
        claimed.extend(takes[index](_LANE, (), (), 5).claimed)
        claimed.extend(takes[index](Lane("kamp", Channel.EVENT), (), (), 5).claimed)

    racers = [threading.Thread(target=race, args=(index,)) for index in range(16)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert [row.relying_party_id for row in claimed].count("voucher") == 7
    assert [row.relying_party_id for row in claimed].count("kamp") == 10
    assert _LANE not in takes[0].lanes_with_work(frozenset())
    accepted = Answer(Verdict.ACCEPTED, "accepted", 202)
    done = [Attempt(row, accepted, house.clock.now(), 5) for row in claimed if row.relying_party_id == "voucher"]
    assert len(takes[0](_LANE, done[:3], (), 100).claimed) == 3
    house.clock.advance(_LEASE)
    assert len(takes[0](_LANE, (), (), 100).claimed) == 7


def test_ten_thousand_in_bulk_delay_nobody(house: _Table):
    """Account events §3.3: bulk never delays what is urgent; the next claim has it first, also where bulk of the same
    subject must go before."""
    house.addresses.add("voucher", "http://127.0.0.1:9/")
    now = house.clock.now()

    def notice(event_type: EventType, subject: str, priority: Priority | None = None) -> Notice:
        return Notice("voucher", event_type, subject, {}, now, priority=priority)

    with house.database.transaction() as connection:
        bulk = [notice(EventType.ACCOUNT_PURGED, f"s{number}", Priority.BULK) for number in range(10_000)]
        tell(connection, SystemRandomness(), bulk)
        tell(connection, SystemRandomness(), [notice(EventType.ACCOUNT_LINK_CHANGED, "fresh")])
        tell(connection, SystemRandomness(), [notice(EventType.SESSION_REVOKED, "s9999")])
    take = house.worker().take_turn
    first = take(_LANE, (), (), 3).claimed
    assert [(row.subject, row.event_type) for row in first[:2]] == [
        ("s9999", "account-purged"),
        ("fresh", "account-link-changed"),
    ]
    accepted = Answer(Verdict.ACCEPTED, "accepted", 202)
    second = take(_LANE, [Attempt(first[0], accepted, now, 5)], (), 1).claimed
    assert [(row.subject, row.event_type) for row in second] == [("s9999", "session-revoked")]
