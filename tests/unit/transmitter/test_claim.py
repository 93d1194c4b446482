"""Claims, leases and what becomes of rows, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from idp.randomness import SystemRandomness
from idp.signals.catalogue import Channel, EventType
from idp.signals.models import delivery_attempts, delivery_lanes, outbox
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database
from idp.transmitter.claim import Claimed, mend_times
from idp.transmitter.destinations import Lane
from idp.transmitter.lane_memory import all_memories
from idp.transmitter.record import Attempt
from idp.transmitter.turn import Turn
from idp.transmitter.verdict import Answer, Verdict
from idp.transmitter.worker import lease_for
from tests.fakes import FrozenClock
from tests.protocol.ssf.kit import EVENTS, House
from tests.statements import explained, heard

_LANE = Lane("voucher", Channel.EVENT)
_LOGOUT = Lane("voucher", Channel.LOGOUT)
_ACCEPTED = Answer(Verdict.ACCEPTED, "accepted", 202)
_DOWN = Answer(Verdict.ENDPOINT_FAILED, "connect")
_REFUSED = Answer(Verdict.MESSAGE_REFUSED, "err_invalid_request", 400)
_LEASE = lease_for(EVENTS)


class _Table(House):
    """A house whose worker sends nothing: the test is the worker."""

    clock: FrozenClock

    def turn(
        self, attempts: Sequence[Attempt] = (), room: int = 100, lane: Lane = _LANE, unsent: Sequence[Claimed] = ()
    ) -> Turn:
        return self.worker().take_turn(lane, attempts, unsent, room)

    def tried(self, row: Claimed, answer: Answer) -> Attempt:
        return Attempt(row, answer, self.clock.now(), 5, "kid", "0" * 64)

    def has_work(self) -> bool:
        return _LANE in self.worker().take_turn.lanes_with_work(frozenset())

    def memory(self) -> Any:
        with self.database.reading() as connection:
            return all_memories(connection).get(_LANE)


@pytest.fixture
def house(any_database: Database, tmp_path: Path) -> _Table:
    """An empty outbox and an address for voucher."""
    made = _Table(any_database, tmp_path / "keys", FrozenClock())
    made.addresses.add("voucher", "http://127.0.0.1:9/events")
    made.addresses.add("voucher", "http://127.0.0.1:9/logout", Channel.LOGOUT)
    return made


def _subjects(turn: Turn) -> list[str]:
    return [row.subject for row in turn.claimed]


def test_claims_only_the_earliest_message_of_a_subject(house: _Table):
    """Account events §3.3: first in, first out for each relying party and subject; others pass."""
    first, second, _ = house.tell("voucher", "a", "a", "b")
    turn = house.turn()
    assert _subjects(turn) == ["a", "b"]
    assert turn.claimed[0].jti == first
    assert _subjects(house.turn()) == []
    after = house.turn([house.tried(turn.claimed[0], _ACCEPTED)])
    assert [row.jti for row in after.claimed] == [second]


def test_does_not_mix_lanes(house: _Table):
    """The same subject at another relying party or on another channel waits for nobody."""
    house.addresses.add("kamp", "http://127.0.0.1:9/")
    house.tell("voucher", "a")
    house.tell("kamp", "a")
    house.tell("voucher", "a", channel=Channel.LOGOUT)
    assert _subjects(house.turn()) == ["a"]
    assert _subjects(house.turn(lane=Lane("kamp", Channel.EVENT))) == ["a"]
    assert _subjects(house.turn(lane=_LOGOUT)) == ["a"]


def test_takes_no_more_than_there_is_room_for(house: _Table):
    """Memory stays bounded, however long the lane."""
    house.tell("voucher", *(f"s{number}" for number in range(30)))
    assert _subjects(house.turn(room=7)) == [f"s{number}" for number in range(7)]
    assert _subjects(house.turn(room=0)) == []
    assert _subjects(house.turn(room=1)) == ["s7"]


def test_two_claimants_never_hold_one_row(house: _Table):
    """Sixteen racers: every row goes to one of them, and no subject to two."""
    house.tell("voucher", *(f"s{number % 40}" for number in range(80)))
    takes = [house.worker().take_turn for _ in range(16)]
    start = threading.Barrier(16)
    claimed: list[Claimed] = []

    def race(index: int) -> None:
        start.wait()
        claimed.extend(takes[index](_LANE, (), (), 5).claimed)

    racers = [threading.Thread(target=race, args=(index,)) for index in range(16)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(row.subject for row in claimed) == sorted(f"s{number}" for number in range(40))


def test_takes_over_when_a_lease_ends(house: _Table):
    """A worker that died leaves its rows; they go out again under the same `jti`."""
    house.tell("voucher", "a")
    dead = house.turn().claimed[0]
    house.clock.advance(_LEASE - timedelta(seconds=1))
    assert not house.has_work()
    house.clock.advance(timedelta(seconds=1))
    assert house.has_work()
    alive = house.turn().claimed[0]
    assert alive.jti == dead.jti
    assert alive.lease_token != dead.lease_token


@pytest.mark.parametrize("answer", [_ACCEPTED, _DOWN, _REFUSED])
def test_a_late_recorder_changes_nothing(house: _Table, answer: Answer):
    """Fencing: whose lease went to somebody else may log what happened and no more."""
    house.tell("voucher", "a")
    stalled = house.turn().claimed[0]
    house.clock.advance(_LEASE)
    house.turn()
    before, memory = house.rows(), house.memory()
    house.turn([house.tried(stalled, answer)], room=0)
    assert house.rows() == before
    assert house.memory() == memory
    assert [(line["outcome"], line["detail"]) for line in house.attempts()] == [(answer.outcome, "lease lost")]


def test_a_late_recorder_does_not_undo_a_settled_row(house: _Table):
    """Delivered stays delivered, whatever a stalled worker comes back with."""
    house.tell("voucher", "a")
    stalled = house.turn().claimed[0]
    house.clock.advance(_LEASE)
    house.turn([house.tried(house.turn().claimed[0], _ACCEPTED)])
    house.turn([house.tried(stalled, _DOWN)])
    assert house.states() == ["delivered"]
    assert house.memory().consecutive_failures == 0


def test_gives_back_what_it_did_not_send(house: _Table):
    """A stop or a failing lane returns rows at once, not when their lease ends; and only its own."""
    house.tell("voucher", "a")
    first = house.turn().claimed
    assert _subjects(house.turn(unsent=first)) == ["a"]
    assert _subjects(house.turn(unsent=first)) == []


def test_a_failing_endpoint_burns_no_message(house: _Table):
    """Account events §3.4: the lane pays with a pause; the messages' own tries stay."""
    house.tell("voucher", "a", "b", "c")
    turn = house.turn()
    assert house.turn([house.tried(row, _DOWN) for row in turn.claimed]).claimed == []
    for _ in range(40):
        house.clock.advance(timedelta(hours=1))
        probe = house.turn()
        assert len(probe.claimed) == 1
        house.turn([house.tried(probe.claimed[0], _DOWN)])
    assert house.states() == ["pending"] * 3
    assert {row["attempts"] for row in house.rows()} == {0}
    assert house.memory().consecutive_failures == 41


def test_sends_one_probe_while_a_lane_fails(house: _Table):
    """Not a stampede: one message at a time until one is answered, then all."""
    house.tell("voucher", "a", "b", "c")
    house.turn([house.tried(row, _DOWN) for row in house.turn().claimed])
    assert not house.has_work()
    house.clock.advance(timedelta(seconds=2))
    probe = house.turn().claimed
    assert len(probe) == 1
    assert not house.has_work()
    assert house.turn().claimed == []
    assert len(house.turn([house.tried(probe[0], _ACCEPTED)]).claimed) == 2


def test_probes_with_another_message_than_the_one_that_failed(house: _Table):
    """A message that makes its receiver crash must not keep the lane shut for good."""
    house.tell("voucher", "poison", "b", "c")
    seen: set[str] = set()
    for _ in range(4):
        turn = house.turn(room=1)
        seen.update(_subjects(turn))
        house.turn([house.tried(row, _DOWN) for row in turn.claimed], room=0)
        house.clock.advance(timedelta(hours=1))
    assert seen == {"poison", "b", "c"}


def test_an_odd_failure_puts_off_only_its_own_message(house: _Table):
    """Many acceptances beside one 500: the lane goes on, the message waits ever longer and keeps its tries."""
    house.tell("voucher", "a", "b", "poison", "poison")
    turn = house.turn()
    answers = {"a": _ACCEPTED, "b": _ACCEPTED, "poison": Answer(Verdict.ENDPOINT_FAILED, "http_500", 500)}
    house.turn([house.tried(row, answers[row.subject]) for row in turn.claimed])
    assert house.memory().consecutive_failures == 0
    assert house.states(subject="poison") == ["pending", "pending"]
    assert not house.has_work()
    house.tell("voucher", "c")
    assert _subjects(house.turn()) == ["c"]
    house.clock.advance(timedelta(seconds=2))
    assert _subjects(house.turn()) == ["poison"]


def test_a_refused_message_becomes_a_dead_letter(house: _Table):
    """Account events §3.4: five more tries within 31 hours, then it waits for a person and the next one goes."""
    house.tell("voucher", "a", "a", "b")
    house.turn([house.tried(house.turn(room=1).claimed[0], _REFUSED)], room=0)
    others = house.turn().claimed
    assert [row.subject for row in others] == ["b"]
    house.turn([house.tried(others[0], _ACCEPTED)], room=0)
    for minutes in (1, 10, 60, 360, 1440):
        assert house.rows(subject="a")[0]["attempts"] > 0
        house.clock.advance(timedelta(minutes=minutes))
        row = house.turn(room=1).claimed[0]
        assert row.subject == "a"
        house.turn([house.tried(row, _REFUSED)], room=0)
    first, second = house.rows(subject="a")
    assert (first["state"], first["attempts"], first["outcome"]) == ("refused", 6, "err_invalid_request")
    assert second["state"] == "pending"
    assert [row.seq for row in house.turn().claimed if row.subject == "a"] == [second["seq"]]


def test_records_every_attempt_and_no_personal_data(house: _Table):
    """Account events §3.5, §3.8: number, time, key, hash of the exact message, how it ended."""
    jti, *_ = house.tell("voucher", "a")
    house.turn([house.tried(house.turn().claimed[0], _DOWN)])
    house.clock.advance(timedelta(minutes=1))
    house.turn([house.tried(house.turn().claimed[0], _ACCEPTED)])
    lines = house.attempts()
    assert [(line["jti"], line["number"], line["outcome"], line["status"]) for line in lines] == [
        (jti, 1, "connect", None),
        (jti, 2, "accepted", 202),
    ]
    assert set(lines[0]) == {column.name for column in delivery_attempts.c}
    assert "a" not in [value for line in lines for value in line.values()]


def test_gives_up_logout_messages_after_a_day(house: _Table):
    """A session is long over by then; events are never given up."""
    house.tell("voucher", "a", "b", channel=Channel.LOGOUT)
    house.tell("voucher", "a")
    house.turn([house.tried(house.turn(room=1, lane=_LOGOUT).claimed[0], _DOWN)], room=0, lane=_LOGOUT)
    house.clock.advance(timedelta(hours=25))
    assert house.states(channel="logout") == ["pending", "pending"]
    house.turn([house.tried(house.turn(room=1, lane=_LOGOUT).claimed[0], _DOWN)], room=0, lane=_LOGOUT)
    assert house.states(channel="logout") == ["expired", "expired"]
    assert house.states(channel="event") == ["pending"]


def test_delivers_even_an_old_logout_message_if_the_endpoint_is_up(house: _Table):
    """A clock that jumped a day ahead gives up nothing that was not tried."""
    house.tell("voucher", "a", channel=Channel.LOGOUT)
    house.clock.advance(timedelta(days=400))
    house.turn([house.tried(house.turn(lane=_LOGOUT).claimed[0], _ACCEPTED)], lane=_LOGOUT)
    assert house.states() == ["delivered"]


def test_keeps_what_has_no_destination(house: _Table):
    """A relying party whose endpoint is not registered: rows wait, nothing is claimed."""
    house.tell("nowhere", "a")
    lane = Lane("nowhere", Channel.EVENT)
    assert house.worker().take_turn.lanes_with_work(frozenset()) == []
    assert house.turn(lane=lane).claimed == []
    house.addresses.add("nowhere", "http://127.0.0.1:9/")
    assert house.worker().take_turn.lanes_with_work(frozenset()) == [lane]


def test_leaves_unknown_channels_to_a_newer_release(house: _Table):
    """Old and new releases run side by side (architecture §12)."""
    house.tell("voucher", "a")
    with house.database.transaction() as connection:
        connection.execute(update(outbox).values(channel="carrier"))
    assert house.worker().take_turn.lanes_with_work(frozenset()) == []


def test_mends_what_a_clock_ahead_has_written(house: _Table):
    """The wall clock was a year ahead and is put right: nothing waits for next year."""
    house.clock.advance(timedelta(days=365))
    house.tell("voucher", "fresh", "leased", "down")
    with house.database.transaction() as connection:
        future = house.clock.now()
        connection.execute(
            update(outbox).where(outbox.c.subject == "leased").values(lease_token="t", leased_until=future)
        )
        connection.execute(update(outbox).where(outbox.c.subject == "down").values(sends=1, due_at=future))
        connection.execute(text("INSERT INTO delivery_lanes (relying_party_id, channel) VALUES ('voucher', 'event')"))
        connection.execute(update(delivery_lanes).values(consecutive_failures=1, retry_at=future))
    house.clock.advance(timedelta(days=-365))
    assert not house.has_work()
    with house.database.transaction() as connection:
        assert mend_times(connection, house.clock.now(), _LEASE) == 5
        assert mend_times(connection, house.clock.now(), _LEASE) == 0
    for subject in ("down", "fresh", "leased"):
        turn = house.turn()
        assert len(turn.claimed) == (1 if turn.memory.failing else 2), subject
        house.turn([house.tried(row, _ACCEPTED) for row in turn.claimed], room=0)
        if not house.rows(state="pending"):
            break
    assert house.states() == ["delivered"] * 3


def test_leaves_honest_times_alone(house: _Table):
    """A live lease, a dead letter's wait and a resting lane are not taken for a clock's doing."""
    house.tell("voucher", "leased", "refused", "down")
    turn = house.turn()
    answers = {"refused": _REFUSED, "down": _DOWN}
    house.turn([house.tried(row, answers[row.subject]) for row in turn.claimed[1:]])
    before = house.rows()
    with house.database.transaction() as connection:
        assert mend_times(connection, house.clock.now(), _LEASE) == 0
    assert house.rows() == before


def test_reads_the_start_of_a_long_lane_and_no_more(house: _Table):
    """5,000 wait, half of them behind another of their subject: a claim reads along both indexes and sorts nothing."""
    house.tell("voucher", *(f"s{number}" for number in range(2500)), *(f"s{number}" for number in range(2500)))
    plans: list[str] = []

    def listen(statement: str, values: Any) -> None:
        if statement.lstrip().startswith("SELECT candidate.seq"):
            plans.append(explained(house.database, statement, values))

    with heard(house.database, listen):
        house.turn(room=50)
    assert len(plans) == 1
    assert "ix_outbox_due" in plans[0]
    assert "ix_outbox_order" in plans[0]
    assert "Sort" not in plans[0]
    assert "TEMP B-TREE" not in plans[0]


def _changed(house: _Table, version: int, event_type: EventType = EventType.ACCOUNT_LINK_CHANGED) -> None:
    notice = Notice("voucher", event_type, "a", {"version": version}, house.clock.now(), "link", version)
    with house.database.transaction() as connection:
        tell(connection, SystemRandomness(), [notice])


@pytest.mark.parametrize("answer", [_DOWN, _REFUSED])
def test_what_comes_back_while_a_newer_change_waits_is_superseded(house: _Table, answer: Answer):
    """Account events §3.3: one under way, one that waits. Failed or refused, the older one is not sent again."""
    _changed(house, 1)
    claimed = house.turn().claimed
    _changed(house, 2)
    assert house.states() == ["pending", "pending"]
    house.turn([house.tried(claimed[0], answer)], room=0)
    assert [(row["state"], row["sends"]) for row in house.rows()] == [("superseded", 1), ("pending", 0)]
    assert len(house.attempts()) == 1


def test_what_is_given_back_while_a_newer_change_waits_is_superseded(house: _Table):
    """Claimed, not sent, and given back at a stop: only the newer one remains."""
    _changed(house, 1)
    claimed = house.turn().claimed
    _changed(house, 2)
    house.turn(room=0, unsent=claimed)
    assert house.states() == ["superseded", "pending"]


def test_a_purge_that_failed_is_sent_again_whatever_waits(house: _Table):
    """It is a fact of its own, and keeps its place."""
    _changed(house, 2, EventType.ACCOUNT_PURGED)
    claimed = house.turn().claimed
    _changed(house, 3)
    house.turn([house.tried(claimed[0], _DOWN)], room=0)
    assert house.states() == ["pending", "pending"]
    house.clock.advance(timedelta(minutes=1))
    assert [row.event_type for row in house.turn().claimed] == ["account-purged"]
