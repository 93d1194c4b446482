"""Making messages anew: what was refused, once its cause is mended, and what a receiver lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.audit.models import audit_records
from idp.errors import NotFound
from idp.house import House as BuiltHouse
from idp.links import store
from idp.randomness import SystemRandomness
from idp.signals.catalogue import EventType
from idp.signals.models import outbox
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database
from idp.transmitter import replay
from idp.transmitter.claim import mend_times
from idp.transmitter.deliveries import attempts, lanes, messages
from idp.transmitter.metrics import waiting_by_lane
from idp.transmitter.record import Attempt
from idp.transmitter.replay import NotReplayable, Replay, Replayed
from idp.transmitter.verdict import Answer, Verdict
from tests.builders import a_person, agency, link, party, register
from tests.fakes import FrozenClock
from tests.protocol.ssf.kit import House
from tests.races import race
from tests.statements import explained, heard

_EVENTS = {"endpoint_url": "https://kamp.example/events", "authorization_header": "Bearer of-this-test"}
_ACCEPTED = Answer(Verdict.ACCEPTED, "accepted", 202)


class _Table(House):
    clock: FrozenClock

    @property
    def replay(self) -> Replay:
        return Replay(self.database, self.clock, SystemRandomness())

    def change(self, version: int, link: str = "link", party: str = "voucher", **settled: Any) -> str:
        """A change of a link that ended as `settled` says; its `jti`."""
        notice = Notice(
            party, EventType.ACCOUNT_LINK_CHANGED, link, {"version": version}, self.clock.now(), link, version
        )
        with self.database.transaction() as connection:
            tell(connection, SystemRandomness(), [notice])
            last = select(outbox.c.seq).order_by(outbox.c.seq.desc()).limit(1).scalar_subquery()
            connection.execute(
                update(outbox).where(outbox.c.seq == last).values(settled_at=self.clock.now(), **settled)
            )
            return str(connection.execute(select(outbox.c.jti).where(outbox.c.seq == last)).scalar_one())

    def audit(self) -> list[tuple[Any, ...]]:
        with self.database.reading() as connection:
            query = select(audit_records.c.action, audit_records.c.actor, audit_records.c.detail)
            return [tuple(row) for row in connection.execute(query)]


@pytest.fixture
def house(any_database: Database, tmp_path: Path) -> _Table:
    made = _Table(any_database, tmp_path / "keys", FrozenClock())
    made.addresses.add("voucher", "http://127.0.0.1:9/events")
    return made


def test_makes_a_dead_letter_anew(house: _Table):
    """Account events §3.3: a `jti` of its own, the same cause, time and version; the dead letter is none any more."""
    jti = house.change(2, state="refused", attempts=6)
    house.clock.advance(timedelta(days=3))
    assert house.replay.several("voucher", actor="operator:7") == Replayed(1, 0)
    old, new = house.rows()
    assert (old["state"], new["state"], new["replaces"]) == ("replayed", "pending", jti)
    for name in ("txn", "link_version", "payload", "occurred_at", "subject", "link_id"):
        assert new[name] == old[name], name
    assert new["jti"] != jti
    assert (new["attempts"], new["sends"], new["due_at"]) == (0, 0, house.clock.now())
    assert house.audit() == [("events.replayed", "operator:7", {"made": 1, "skipped": 0})]
    assert house.replay.several("voucher", actor="operator:7") == Replayed()
    worker = house.worker().take_turn
    lane = worker.lanes_with_work(frozenset())[0]
    turn = worker(lane, (), (), 10)
    worker(lane, [Attempt(turn.claimed[0], _ACCEPTED, house.clock.now(), 5)], (), 0)
    assert house.states() == ["replayed", "delivered"]


def test_leaves_out_what_a_newer_version_says(house: _Table):
    """Account events §3.4: a superseded dead letter is skipped, and waits for nobody any more."""
    house.change(2, state="refused")
    house.change(3, state="delivered")
    house.change(1, "other", state="refused")
    assert house.replay.several("voucher", actor="command") == Replayed(1, 1)
    assert house.states() == ["superseded", "delivered", "replayed", "pending"]


def test_replays_only_this_relying_partys_and_from_then_on(house: _Table):
    """Nobody else hears twice."""
    house.change(1, "old", state="refused")
    house.clock.advance(timedelta(hours=1))
    since = house.clock.now()
    house.change(1, "new", state="refused")
    house.change(1, "kamp's", party="kamp", state="refused")
    assert house.replay.several("voucher", actor="command", since=since) == Replayed(1, 0)
    assert house.states() == ["refused", "replayed", "refused", "pending"]


def test_tells_again_what_a_restored_receiver_lost(house: _Table):
    """Delivered ones too, the last state of each link; what was delivered stays delivered."""
    for version in (1, 2):
        house.change(version, state="delivered")
    house.change(1, "other", state="delivered")
    before = house.clock.now()
    assert house.replay.several("voucher", actor="command", since=before) == Replayed()
    assert house.replay.several("voucher", actor="command", since=before, delivered=True) == Replayed(2, 1)
    assert house.states() == ["delivered"] * 3 + ["pending"] * 2


def test_starts_where_the_receiver_lost_them(house: _Table):
    """3,000 delivered before are not walked, however many there are: one request may ask this of millions."""
    house.tell("voucher", *(f"s{number}" for number in range(3000)))
    with house.database.transaction() as connection:
        connection.execute(update(outbox).values(state="delivered", settled_at=house.clock.now()))
    house.clock.advance(timedelta(days=1))
    since = house.clock.now()
    house.change(1, "new", state="delivered")
    house.change(1, "other", state="delivered")
    plans: list[str] = []

    def listen(statement: str, values: Any) -> None:
        if statement.startswith("SELECT outbox.seq, outbox.jti"):
            plans.append(explained(house.database, statement, values))

    with heard(house.database, listen):
        assert house.replay.several("voucher", actor="command", since=since, delivered=True) == Replayed(2, 0)
    assert len(plans) == 2
    for plan in plans:
        assert "ix_outbox_settled" in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan


def test_a_receiver_restored_again_and_again_gets_each_once_each_time(house: _Table):
    """Copies are made of the last copy and of nothing that still waits: what a restoration costs does not double."""
    before = house.clock.now()
    house.change(1, state="delivered")
    house.change(1, "other", state="delivered")
    with house.database.transaction() as connection:
        fact = Notice("voucher", EventType.CREDENTIAL_CHANGE, "link", {}, before)
        tell(connection, SystemRandomness(), [fact])
    for _ in range(3):
        with house.database.transaction() as connection:
            values = {"state": "delivered", "settled_at": house.clock.now()}
            connection.execute(update(outbox).where(outbox.c.state == "pending").values(values))
        assert house.replay.several("voucher", actor="command", since=before, delivered=True).made == 3
        assert house.replay.several("voucher", actor="command", since=before, delivered=True).made == 0
    assert len(house.rows()) == 12


def test_spreads_what_it_makes_anew(house: _Table, monkeypatch: pytest.MonkeyPatch):
    """Account events §3.4: with a rate cap, across transactions too; mending times leaves it, and what is urgent does
    not wait for it."""
    monkeypatch.setattr(replay, "_AT_ONCE", 2)
    for number in range(5):
        house.change(1, f"link{number}", state="refused")
    now = house.clock.now()
    assert house.replay.several("voucher", actor="command", per_minute=60) == Replayed(5, 0)
    with house.database.transaction() as connection:
        assert mend_times(connection, now, timedelta(minutes=1)) == 0
    assert [(row["due_at"] - now).total_seconds() for row in house.rows(state="pending")] == [0, 1, 2, 3, 4]
    with house.database.transaction() as connection:
        urgent = Notice("voucher", EventType.CREDENTIAL_CHANGE, "link4", {}, now)
        tell(connection, SystemRandomness(), [urgent])
    assert house.rows(state="pending", subject="link4")[0]["due_at"] == now


def test_replays_one_by_its_name(house: _Table):
    """Delivered or refused; not what waits, and nobody else's."""
    jti, waiting = house.change(1, state="delivered"), house.change(1, "other", state="pending")
    assert house.replay.one("voucher", jti, actor="command") == Replayed(1, 0)
    assert house.states() == ["delivered", "pending", "pending"]
    with pytest.raises(NotReplayable):
        house.replay.one("voucher", waiting, actor="command")
    with pytest.raises(NotFound):
        house.replay.one("kamp", jti, actor="command")


def test_racing_replays_make_each_anew_once(house: _Table):
    """Two operators at once: sixteen racers, one copy of each."""
    for number in range(20):
        house.change(1, f"link{number}", state="refused")
    made = race(lambda _: house.replay.several("voucher", actor="command").made)
    assert sum(made) == 20
    assert house.states().count("pending") == 20


def test_shows_lanes_messages_and_attempts_without_whom_they_are_about(house: _Table):
    """Account events §3.4: list and inspect, no personal data."""
    house.change(1, "a", state="refused")
    jti = house.change(1, "b", state="pending")
    worker = house.worker().take_turn
    (lane,) = worker.lanes_with_work(frozenset())
    turn = worker(lane, (), (), 1)
    worker(lane, [Attempt(turn.claimed[0], _ACCEPTED, house.clock.now(), 5, peer="192.0.2.7")], (), 0)
    house.change(1, "c", state="pending")
    with house.database.reading() as connection:
        (view,) = lanes(connection)
        page = messages(connection, "voucher", ["pending", "refused", "delivered"], limit=2)
        rest = messages(connection, "voucher", ["pending"], after=page[-1].seq, limit=2)
        tried = attempts(connection, jti)
    assert (view.pending, view.dead_letters, view.oldest) == (1, 1, house.clock.now())
    assert view.memory.last_success_at == house.clock.now()
    assert [each.state for each in [*page, *rest]] == ["refused", "delivered", "pending"]
    assert [(each.number, each.outcome, each.peer) for each in tried] == [(1, "accepted", "192.0.2.7")]
    assert not {"subject", "payload", "sub_id"} & set(type(page[0]).__slots__)


def test_keeps_to_a_rate_for_days(house: _Table, monkeypatch: pytest.MonkeyPatch):
    """What takes longer than a day at the rate that was asked for does not all come on the second day."""
    monkeypatch.setattr(replay, "_AT_ONCE", 2)
    monkeypatch.setattr(replay, "_MINUTE", timedelta(hours=20))
    for number in range(4):
        house.change(1, f"link{number}", state="refused")
    now = house.clock.now()
    house.replay.several("voucher", actor="command", per_minute=1)
    with house.database.transaction() as connection:
        assert mend_times(connection, now, timedelta(minutes=1)) == 0
    hours = [(row["due_at"] - now) / timedelta(hours=1) for row in house.rows(state="pending")]
    assert hours == [0, 20, 40, 60]


def test_waits_for_a_change_that_is_being_made(any_house: BuiltHouse):
    """Account events §3.4: a copy of what is just becoming old would be told after what is new."""
    register(any_house, agency("kamp", party("kamp", events=_EVENTS)))
    member = a_person(any_house)
    link(any_house, member, "kamp")
    with any_house.database.transaction() as connection:
        connection.execute(update(outbox).values(state="refused"))
    verb = Replay(any_house.database, any_house.clock, SystemRandomness())
    with ThreadPoolExecutor(1) as pool:
        with any_house.database.transaction() as connection:
            held = store.find(connection, member, "kamp")
            assert held is not None
            store.raise_version(connection, held, any_house.clock.now())
            replaying = pool.submit(verb.several, "kamp", actor="command")
            with pytest.raises(TimeoutError):
                replaying.result(0.5)
            newer = Notice("kamp", EventType.ACCOUNT_LINK_CHANGED, held.subject, {}, any_house.clock.now(), held.id, 2)
            tell(connection, SystemRandomness(), [newer])
        assert replaying.result(20) == Replayed(0, 1)


def test_says_nothing_of_how_long_ago_the_cause_was(house: _Table):
    """What is made anew is not late: it waits since it was made anew, and no figure of ours counts the time before."""
    house.change(1, state="refused")
    house.clock.advance(timedelta(days=30))
    house.replay.several("voucher", actor="command")
    worker = house.worker()
    with house.database.reading() as connection:
        (waiting,) = waiting_by_lane(connection).values()
        (view,) = lanes(connection)
    assert [since for _, since in waiting.values()] == [house.clock.now()]
    assert view.oldest == house.clock.now()
    (lane,) = worker.take_turn.lanes_with_work(frozenset())
    row = worker.take_turn(lane, (), (), 1).claimed[0]
    house.metrics.attempt(Attempt(row, _ACCEPTED, house.clock.now(), 5), house.clock.now())
    of_lane = {"relying_party": "voucher", "channel": "event"}
    value = house.registry.get_sample_value
    assert value("idp_events_attempts_total", {**of_lane, "outcome": "accepted"}) == 1
    assert value("idp_events_commit_to_accepted_seconds_count", of_lane) is None
