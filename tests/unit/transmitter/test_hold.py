"""Lanes that are held, by whom, and what becomes of what waits in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.audit.models import audit_records
from idp.signals.catalogue import Channel, EventType
from idp.signals.models import outbox
from idp.storage.database import Database
from idp.transmitter.destinations import Lane
from idp.transmitter.expire import expire_where_held
from idp.transmitter.hold import Because, drop_pending, hold, resume
from idp.transmitter.record import Attempt
from idp.transmitter.turn import Turn
from idp.transmitter.verdict import Answer, Verdict
from tests.fakes import FrozenClock
from tests.protocol.ssf.kit import House

_LANE = Lane("voucher", Channel.EVENT)
_LOGOUT = Lane("voucher", Channel.LOGOUT)
_ACCEPTED = Answer(Verdict.ACCEPTED, "accepted", 202)
_GONE = Answer(Verdict.ENDPOINT_FAILED, "http_410", 410)
_DOWN = Answer(Verdict.ENDPOINT_FAILED, "connect")


def _no_key(code: str = "invalid_key") -> Answer:
    return Answer(Verdict.ENDPOINT_FAILED, f"err_{code}", 400)


class _Table(House):
    clock: FrozenClock

    def turn(self, attempts: Sequence[Attempt] = (), room: int = 100, lane: Lane = _LANE) -> Turn:
        return self.worker().take_turn(lane, attempts, (), room)

    def answer(self, answer: Answer, lane: Lane = _LANE, room: int = 100) -> Turn:
        """Claim, have every row end like this, claim nothing."""
        claimed = self.turn(room=room, lane=lane).claimed
        assert claimed
        return self.turn([Attempt(row, answer, self.clock.now(), 5) for row in claimed], 0, lane)

    def audit(self) -> list[tuple[str, str, Any]]:
        with self.database.reading() as connection:
            query = select(audit_records.c.action, audit_records.c.actor, audit_records.c.detail)
            return [tuple(row) for row in connection.execute(query.order_by(audit_records.c.seq))]

    def hold(self, because: Because, actor: str = "system") -> bool:
        with self.database.transaction() as connection:
            return hold(connection, _LANE, because, self.clock.now(), actor=actor)

    def resume(self, only: Because | None = None) -> bool:
        with self.database.transaction() as connection:
            return resume(connection, _LANE, self.clock.now(), only=only)


@pytest.fixture
def house(any_database: Database, tmp_path: Path) -> _Table:
    made = _Table(any_database, tmp_path / "keys", FrozenClock())
    made.addresses.add("voucher", "http://127.0.0.1:9/events")
    made.addresses.add("voucher", "http://127.0.0.1:9/logout", Channel.LOGOUT)
    return made


def test_sends_nothing_and_keeps_everything_while_held(house: _Table):
    """SSF 1.0 §8.1.2.1: a paused stream's events are kept, and sent once it is enabled."""
    house.tell("voucher", "a", "b")
    assert house.hold(Because.RECEIVER)
    assert house.turn().claimed == []
    assert house.worker().take_turn.lanes_with_work(frozenset()) == []
    house.clock.advance(timedelta(days=90))
    assert house.turn().claimed == []
    assert house.states() == ["pending", "pending"]
    assert house.resume()
    assert len(house.turn().claimed) == 1
    assert [action for action, _, _ in house.audit()] == ["events.held", "events.resumed"]


def test_is_let_go_by_whom_it_is_held(house: _Table):
    """A receiver that enables its stream does not undo what an operator or its own endpoint said."""
    assert house.hold(Because.GONE)
    assert not house.hold(Because.RECEIVER)
    assert not house.resume(only=Because.RECEIVER)
    assert house.hold(Because.OPERATOR, "operator:7")
    assert not house.hold(Because.OPERATOR, "operator:7")
    assert not house.resume(only=Because.GONE)
    assert house.resume(only=Because.OPERATOR)
    assert not house.resume()
    assert house.audit()[1] == ("events.held", "operator:7", {"channel": "event", "because": "operator"})


def test_records_what_was_under_way_when_it_was_held(house: _Table):
    """What has left has left; the row is settled by its answer and stays settled."""
    house.tell("voucher", "a")
    claimed = house.turn().claimed
    house.hold(Because.OPERATOR)
    turn = house.turn([Attempt(claimed[0], _ACCEPTED, house.clock.now(), 5)])
    assert house.states() == ["delivered"]
    assert turn.memory.held


def test_holds_where_the_endpoint_is_gone_for_good(house: _Table):
    """Account events §3.4: 410 pauses, and never deletes; RFC 9110 §15.5.11."""
    house.tell("voucher", "a", "b")
    assert house.answer(_GONE, room=1).memory.held_because == "gone"
    house.clock.advance(timedelta(days=30))
    assert house.turn().claimed == []
    assert house.states() == ["pending", "pending"]
    assert house.audit() == [("events.held", "system", {"channel": "event", "because": "gone"})]


def test_does_not_ask_anybody_to_look_after_logout_messages(house: _Table):
    """They mean nothing after a day: the lane probes on, and they are given up."""
    house.tell("voucher", "a", channel=Channel.LOGOUT)
    assert not house.answer(_GONE, _LOGOUT).memory.held


def test_holds_after_one_configuration_error_about_three_events(house: _Table):
    """Account events §3.4: what is said of three is true of all; they keep their tries."""
    house.tell("voucher", "a", "b", "c", "d")
    for number in range(3):
        assert not house.turn(room=0).memory.held, number
        house.answer(_no_key(), room=1)
        house.clock.advance(timedelta(hours=1))
    assert house.turn().memory.held_because == "misconfigured"
    assert {row["attempts"] for row in house.rows()} == {0}
    assert house.resume()
    assert not house.answer(_no_key(), room=1).memory.held


def test_holds_for_no_error_that_only_one_event_has(house: _Table):
    """One message, refused again and again, is that message's own trouble."""
    house.tell("voucher", "a")
    for _ in range(6):
        assert not house.answer(_no_key()).memory.held
        house.clock.advance(timedelta(hours=1))


def test_an_acceptance_takes_back_what_was_said_of_the_configuration(house: _Table):
    """Two say so, one is accepted, two more say so: that is no fault of the configuration."""
    house.tell("voucher", *"abcdef")
    answers = [_no_key(), _no_key(), _ACCEPTED, _no_key(), _no_key("invalid_issuer"), _no_key()]
    for answer in answers:
        assert not house.answer(answer, room=1).memory.held
        house.clock.advance(timedelta(hours=1))


def test_drops_what_a_disabled_stream_must_not_keep(house: _Table):
    """SSF 1.0 §8.1.2.1: disabled holds nothing. In pieces; what is under way is its worker's; other lanes are not
    touched; and no link is taken for told."""
    house.tell("voucher", *(f"s{number}" for number in range(8)))
    house.tell("voucher", "a", channel=Channel.LOGOUT)
    claimed = house.turn(room=1).claimed
    counts: list[int] = []
    while not counts or counts[-1]:
        with house.database.transaction() as connection:
            counts.append(drop_pending(connection, _LANE, house.clock.now(), limit=5))
    assert counts == [5, 2, 0]
    assert house.states(channel="event") == ["pending"] + ["dropped"] * 7
    assert house.states(channel="logout") == ["pending"]
    house.turn([Attempt(claimed[0], _ACCEPTED, house.clock.now(), 5)])
    assert house.states(channel="event")[0] == "delivered"
    assert [detail["count"] for _, _, detail in house.audit()] == [5, 2]


def test_gives_up_old_revocations_of_sessions_where_nothing_may_be_sent(house: _Table):
    """Account events §3.3: useless after seven days, where they were tried in vain or are held; and only these."""
    house.tell("voucher", "a", "b")
    with house.database.transaction() as connection:
        values = {"event_type": EventType.SESSION_REVOKED.value, "priority": 0}
        connection.execute(update(outbox).where(outbox.c.subject == "a").values(**values))
    house.clock.advance(timedelta(days=8))
    assert expire_where_held(house.database, house.clock.now()) == 0
    house.hold(Because.OPERATOR)
    assert expire_where_held(house.database, house.clock.now()) == 1
    assert [(row["state"], row["outcome"]) for row in house.rows()] == [("expired", "expired"), ("pending", None)]


def test_gives_up_an_old_revocation_that_failed(house: _Table):
    """It was tried, in vain, for a week."""
    house.tell("voucher", "a")
    with house.database.transaction() as connection:
        connection.execute(update(outbox).values(event_type=EventType.SESSION_REVOKED.value, priority=0))
    house.answer(_DOWN)
    assert house.states() == ["pending"]
    house.clock.advance(timedelta(days=8))
    house.answer(_DOWN)
    assert house.states() == ["expired"]
