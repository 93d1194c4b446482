"""Sending letters, on both databases: retries, workers that die, and sixteen at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.clock import SystemClock
from idp.errors import StoreUnavailable
from idp.mail import store
from idp.mail.carrier import Answer, Parcel
from idp.mail.deliver import delivery
from idp.mail.letters import Purpose, VerificationCode
from idp.mail.recipients import Channel
from idp.settings import Mail
from idp.storage.database import Database
from tests.races import RACERS, race
from tests.unit.mail.kit import CHANGED, LATER, LEASE, REFUSED, SENT, SETTINGS, MailHouse, ScriptedCarrier
from tests.unit.mail.samples import EMAIL, MOBILE, NOW


class BrokenCarrier:
    """A carrier with a defect."""

    def __call__(self, parcel: Parcel) -> Answer:
        raise RuntimeError(parcel.recipient)


@pytest.fixture
def house(any_database: Database) -> Iterator[MailHouse]:
    made = MailHouse(any_database)
    yield made
    for worker in made.workers:
        worker.close()


def test_sends_each_channel_by_its_own_way(house: MailHouse):
    """A mail waits for the relay, an SMS for the gateway."""
    mails, messages = ScriptedCarrier(), ScriptedCarrier()
    house.code()
    house.queue(recipient=MOBILE)
    assert house.deliver(mails) == 1
    assert house.deliver(messages, Channel.SMS) == 1
    assert [parcel.recipient for parcel in mails.parcels] == [EMAIL.text]
    assert [parcel.recipient for parcel in messages.parcels] == [MOBILE.text]


def test_tries_again_later_and_later(house: MailHouse):
    """10 s, 1 min, 5 min, 30 min, 2 h, 6 h, 24 h; then it is given up and destroyed."""
    carrier = ScriptedCarrier([LATER])
    message_id = house.queue()
    waits = []
    while house.row(message_id).state == store.PENDING:
        assert house.deliver(carrier) == 1
        assert house.deliver(carrier) == 0
        row = house.row(message_id)
        if row.state == store.PENDING:
            assert row.outcome == "smtp connect"
            waits.append((row.due_at - house.clock.now()).total_seconds())
            house.clock.advance(row.due_at - house.clock.now())
    assert waits == [10, 60, 300, 1800, 7200, 21_600, 86_400]
    row = house.row(message_id)
    assert (row.state, row.sealed, row.attempts, row.outcome) == (store.FAILED, None, 8, "smtp connect")
    assert len({parcel.id for parcel in carrier.parcels}) == 1


def test_sends_once_the_relay_is_back(house: MailHouse):
    """Down, down, up."""
    carrier = ScriptedCarrier([LATER, LATER, SENT])
    message_id = house.queue()
    for _ in range(3):
        house.deliver(carrier)
        house.clock.advance(timedelta(minutes=1))
    assert house.row(message_id).state == store.SENT
    assert [parcel.id for parcel in carrier.parcels] == [message_id] * 3


def test_gives_up_at_once_what_is_refused(house: MailHouse):
    """RFC 5321 §4.2.1: a permanent refusal is not argued with."""
    carrier = ScriptedCarrier([REFUSED])
    message_id = house.queue()
    house.deliver(carrier)
    row = house.row(message_id)
    assert (row.state, row.sealed, row.outcome) == (store.FAILED, None, "smtp rcpt 550")


def test_does_not_send_a_code_that_has_expired(house: MailHouse):
    """A worker that was down for an hour does not send yesterday's codes."""
    carrier = ScriptedCarrier()
    message_id = house.code(minutes=5)
    house.clock.advance(timedelta(minutes=5))
    house.deliver(carrier)
    assert carrier.parcels == []
    row = house.row(message_id)
    assert (row.state, row.sealed, row.outcome) == (store.FAILED, None, store.EXPIRED)


def test_gives_up_a_code_when_the_next_try_would_be_too_late(house: MailHouse):
    """What nobody can use is destroyed now, not when somebody next looks."""
    message_id = house.queue(VerificationCode("482913", Purpose.JOIN, NOW + timedelta(seconds=9)))
    house.deliver(ScriptedCarrier([LATER]))
    row = house.row(message_id)
    assert (row.state, row.sealed) == (store.FAILED, None)


def test_sends_codes_before_news(house: MailHouse):
    """A relay comes back to a heap of notices; who sits before a page is served first."""
    for _ in range(20):
        house.queue()
    code = house.code()
    carrier = ScriptedCarrier()
    house.deliver(carrier)
    assert code in {parcel.id for parcel in carrier.parcels}
    assert len(carrier.parcels) < 20


def test_is_not_held_up_by_a_server_whose_clock_runs_ahead(house: MailHouse):
    """What was never tried is due, whatever time its writer took it to be."""
    house.queue()
    house.clock.advance(timedelta(seconds=-30))
    assert house.deliver(ScriptedCarrier()) == 1


def test_sends_again_what_a_killed_worker_had_sent(house: MailHouse):
    """Killed between sending and recording: at least once, under the same id, when the lease has ended."""
    message_id = house.queue()
    dead = ScriptedCarrier(meanwhile=_die)
    worker = house.worker(dead)
    worker()
    with pytest.raises(Killed):
        worker.finish()
    assert [parcel.id for parcel in dead.parcels] == [message_id]
    survivor = ScriptedCarrier()
    assert house.deliver(survivor) == 0
    house.clock.advance(LEASE)
    assert house.deliver(survivor) == 1
    assert [parcel.id for parcel in survivor.parcels] == [message_id]
    assert survivor.parcels[0] == dead.parcels[0]
    assert house.row(message_id).state == store.SENT


def test_believes_a_slow_worker_that_it_was_sent(house: MailHouse):
    """Its lease had ended and another is at it: what was sent is sent, and is not tried a third time."""
    message_id = house.queue()

    def overtaken(_parcel: Parcel) -> None:
        house.clock.advance(LEASE)
        assert house.deliver(ScriptedCarrier([LATER])) == 1

    house.deliver(ScriptedCarrier(meanwhile=overtaken))
    row = house.row(message_id)
    assert (row.state, row.sealed) == (store.SENT, None)


def test_lets_a_slow_failure_change_nothing(house: MailHouse):
    """A worker that lost its lease has no say over a message that somebody else is sending."""
    message_id = house.queue()
    seen: list[Any] = []

    def overtaken(_parcel: Parcel) -> None:
        house.clock.advance(LEASE)
        with house.database.transaction() as connection:
            store.claim(
                connection,
                Channel.EMAIL,
                [CHANGED.letter],
                now=house.clock.now(),
                limit=1,
                lease=LEASE,
                token="other",
            )
        seen.append(house.row(message_id))

    house.deliver(ScriptedCarrier([REFUSED], meanwhile=overtaken))
    assert house.row(message_id) == seen[0]
    assert seen[0].lease_token == "other"


def test_gives_each_message_to_one_of_many_workers(house: MailHouse):
    """Sixteen workers, one queue: SKIP LOCKED on PostgreSQL, BEGIN IMMEDIATE on SQLite."""
    queued = {house.queue() for _ in range(40)}
    carrier = ScriptedCarrier()
    workers = [house.worker(carrier) for _ in range(RACERS)]

    def work(racer: int) -> None:
        for _ in range(8):
            workers[racer]()
            workers[racer].finish()

    race(work)
    assert len(carrier.parcels) == 40
    assert {parcel.id for parcel in carrier.parcels} == queued


def test_does_not_let_a_hanging_relay_hold_its_caller(house: MailHouse):
    """The call hands over and returns; with every sender busy it takes nothing more, and leases nothing in vain."""
    release = threading.Event()
    for _ in range(12):
        house.queue()
    worker = house.worker(ScriptedCarrier(meanwhile=lambda _parcel: _wait(release)))
    assert worker() == 8
    assert worker() == 0
    release.set()
    worker.finish()
    assert worker() == 4


def test_lives_through_a_letter_that_breaks(house: MailHouse, capsys: pytest.CaptureFixture[str]):
    """One defect costs one attempt, and says nothing of whom it concerned."""
    message_id = house.queue()
    house.deliver(BrokenCarrier())
    row = house.row(message_id)
    assert (row.state, row.outcome, row.attempts) == (store.PENDING, "fault", 1)
    said = capsys.readouterr()
    assert EMAIL.text not in said.out + said.err


def test_records_although_the_database_was_away(house: MailHouse, monkeypatch: pytest.MonkeyPatch):
    """A mail is out and the database gone: writing it down is worth a second try, or it would go out twice."""
    monkeypatch.setattr("idp.mail.deliver._PAUSE_WITHOUT_DATABASE", 0.0)
    message_id = house.queue()
    failures = [StoreUnavailable("away"), StoreUnavailable("away")]
    record = store.sent

    def recording(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        record(*arguments)

    monkeypatch.setattr(store, "sent", recording)
    house.deliver(ScriptedCarrier())
    assert house.row(message_id).state == store.SENT


def test_is_wired_from_the_settings(any_database: Database, tmp_path: Path):
    """The demonstration's delivery, as the worker makes it: queued here, a file there."""
    house = MailHouse(any_database)
    settings = SETTINGS.model_copy(update={"mail": Mail(outbox_dir=tmp_path / "outbox")})
    with_files = delivery(
        settings, database=any_database, clock=SystemClock(), randomness=house.randomness, cipher=house.cipher
    )
    house.queue()
    house.queue(recipient=MOBILE)
    assert [channel() for channel in with_files.channels] == [1, 1]
    with_files.close()
    assert len(list((tmp_path / "outbox").glob("*.json"))) == 2


class Killed(BaseException):
    """What no code of ours catches."""


def _die(_parcel: Parcel) -> None:
    raise Killed


def _wait(event: threading.Event) -> None:
    assert event.wait(20)
