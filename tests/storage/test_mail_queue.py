"""The queue of letters on both databases: what commits is sent, what is settled is destroyed, nobody sends twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.clock import SystemClock
from idp.crypto.fields import FieldCipher, KeyEncryptionKeys
from idp.errors import StoreUnavailable
from idp.mail import store
from idp.mail.carrier import Answer, Carrier, Parcel, Verdict
from idp.mail.deliver import Deliver, Delivery, delivery, lease_for
from idp.mail.letters import AnyLetter, Language, PasswordChanged, Purpose, VerificationCode, Withdrawn
from idp.mail.models import outgoing_messages
from idp.mail.post import Message, Post, forget_member
from idp.mail.recipients import Channel
from idp.mail.render import Render
from idp.settings import Mail, Settings
from idp.storage.database import Database
from tests.fakes import FixedRandomness, FrozenClock
from tests.races import RACERS, race
from tests.unit.mail.samples import EMAIL, LETTERS, MOBILE, NOW

_SETTINGS = Settings(issuer="https://onepass.example")
_LEASE = lease_for(timedelta(seconds=30))
_SENT = Answer(Verdict.SENT, "accepted")
_LATER = Answer(Verdict.LATER, "smtp connect")
_REFUSED = Answer(Verdict.REFUSED, "smtp rcpt 550")
_CHANGED = PasswordChanged(NOW, "/recovery")


@dataclass
class _Carrier:
    """Takes parcels, and answers as told: the last answer for good."""

    answers: list[Answer] = field(default_factory=lambda: [_SENT])
    parcels: list[Parcel] = field(default_factory=list)
    meanwhile: Callable[[Parcel], None] = lambda _parcel: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, parcel: Parcel) -> Answer:
        with self._lock:
            self.parcels.append(parcel)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.meanwhile(parcel)
        return answer


class _Broken:
    """A carrier with a defect."""

    def __call__(self, parcel: Parcel) -> Answer:
        raise RuntimeError(parcel.recipient)


@dataclass
class _House:
    """Everything around one queue."""

    database: Database
    clock: FrozenClock = field(default_factory=FrozenClock)
    randomness: FixedRandomness = field(default_factory=FixedRandomness)
    workers: list[Deliver] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cipher = FieldCipher(KeyEncryptionKeys(b"k" * 32), self.randomness)
        self.post = Post(self.clock, self.randomness, self.cipher)

    def queue(self, letter: AnyLetter = _CHANGED, member_id: str | None = "member", **options: Any) -> str:
        recipient = options.pop("recipient", EMAIL)
        with self.database.transaction() as connection:
            return self.post(connection, Message(recipient, letter, member_id=member_id, **options))

    def code(self, minutes: int = 5) -> str:
        return self.queue(VerificationCode("482913", Purpose.JOIN, self.clock.now() + timedelta(minutes=minutes)))

    def worker(self, carrier: Carrier, channel: Channel = Channel.EMAIL) -> Deliver:
        made = Deliver(
            channel, carrier, _LEASE, Render.of(_SETTINGS), self.database, self.clock, self.randomness, self.cipher
        )
        self.workers.append(made)
        return made

    def deliver(self, carrier: Carrier, channel: Channel = Channel.EMAIL) -> int:
        """One look of a worker of its own, to its end."""
        worker = self.worker(carrier, channel)
        taken = worker()
        worker.finish()
        return taken

    def row(self, message_id: str) -> Any:
        with self.database.reading() as connection:
            return connection.execute(
                select(outgoing_messages).where(outgoing_messages.c.id == message_id)
            ).one_or_none()


@pytest.fixture
def house(any_database: Database) -> Iterator[_House]:
    made = _House(any_database)
    yield made
    for worker in made.workers:
        worker.close()


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.letter)
def test_brings_every_letter_through_unchanged(house: _House, letter: AnyLetter):
    """What was queued is what is written, field for field, in the language that was asked for."""
    carrier = _Carrier()
    message_id = house.queue(letter, language=Language.EN)
    assert house.deliver(carrier) == 1
    [parcel] = carrier.parcels
    claimed = store.Claimed(message_id, Channel.EMAIL, letter.letter.value, "en", b"", 0, house.clock.now(), None, "")
    assert parcel == Render.of(_SETTINGS)(claimed, EMAIL.text, letter)


def test_sends_each_channel_by_its_own_way(house: _House):
    """A mail waits for the relay, an SMS for the gateway."""
    mails, messages = _Carrier(), _Carrier()
    house.code()
    house.queue(recipient=MOBILE)
    assert house.deliver(mails) == 1
    assert house.deliver(messages, Channel.SMS) == 1
    assert [parcel.recipient for parcel in mails.parcels] == [EMAIL.text]
    assert [parcel.recipient for parcel in messages.parcels] == [MOBILE.text]


def test_destroys_what_a_message_said_once_it_is_sent(house: _House):
    """No recipient and no content outlive the sending; that something was sent, and when, remains."""
    message_id = house.code()
    assert house.row(message_id).sealed is not None
    house.deliver(_Carrier())
    row = house.row(message_id)
    assert (row.state, row.sealed, row.lease_token, row.attempts) == (store.SENT, None, None, 1)
    assert row.settled_at == house.clock.now()


def test_keeps_nothing_readable_in_the_queue(house: _House):
    """Personal data and codes at rest are sealed (architecture §6)."""
    message_id = house.code()
    row = house.row(message_id)
    for secret in (b"482913", EMAIL.text.encode(), b"honggildong"):
        assert secret not in row.sealed
    assert not [value for value in row._mapping.values() if isinstance(value, str) and "hong" in value]


def test_sends_nothing_that_did_not_happen(house: _House):
    """The letter stands and falls with the transaction of what it tells about."""

    def act() -> None:
        with house.database.transaction() as connection:
            house.post(connection, Message(EMAIL, _CHANGED))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    assert house.deliver(_Carrier()) == 0


def test_tries_again_later_and_later(house: _House):
    """10 s, 1 min, 5 min, 30 min, 2 h, 6 h, 24 h; then it is given up and destroyed."""
    carrier = _Carrier([_LATER])
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


def test_sends_once_the_relay_is_back(house: _House):
    """Down, down, up."""
    carrier = _Carrier([_LATER, _LATER, _SENT])
    message_id = house.queue()
    for _ in range(3):
        house.deliver(carrier)
        house.clock.advance(timedelta(minutes=1))
    assert house.row(message_id).state == store.SENT
    assert [parcel.id for parcel in carrier.parcels] == [message_id] * 3


def test_gives_up_at_once_what_is_refused(house: _House):
    """RFC 5321 §4.2.1: a permanent refusal is not argued with."""
    carrier = _Carrier([_REFUSED])
    message_id = house.queue()
    house.deliver(carrier)
    row = house.row(message_id)
    assert (row.state, row.sealed, row.outcome) == (store.FAILED, None, "smtp rcpt 550")


def test_does_not_send_a_code_that_has_expired(house: _House):
    """A worker that was down for an hour does not send yesterday's codes."""
    carrier = _Carrier()
    message_id = house.code(minutes=5)
    house.clock.advance(timedelta(minutes=5))
    house.deliver(carrier)
    assert carrier.parcels == []
    row = house.row(message_id)
    assert (row.state, row.sealed, row.outcome) == (store.FAILED, None, store.EXPIRED)


def test_gives_up_a_code_when_the_next_try_would_be_too_late(house: _House):
    """What nobody can use is destroyed now, not when somebody next looks."""
    message_id = house.queue(VerificationCode("482913", Purpose.JOIN, NOW + timedelta(seconds=9)))
    house.deliver(_Carrier([_LATER]))
    row = house.row(message_id)
    assert (row.state, row.sealed) == (store.FAILED, None)


def test_sends_codes_before_news(house: _House):
    """A relay comes back to a heap of notices; who sits before a page is served first."""
    for _ in range(20):
        house.queue()
    code = house.code()
    carrier = _Carrier()
    house.deliver(carrier)
    assert code in {parcel.id for parcel in carrier.parcels}
    assert len(carrier.parcels) < 20


def test_is_not_held_up_by_a_server_whose_clock_runs_ahead(house: _House):
    """What was never tried is due, whatever time its writer took it to be."""
    house.queue()
    house.clock.advance(timedelta(seconds=-30))
    assert house.deliver(_Carrier()) == 1


def test_sends_again_what_a_killed_worker_had_sent(house: _House):
    """Killed between sending and recording: at least once, under the same id, when the lease has ended."""
    message_id = house.queue()
    dead = _Carrier(meanwhile=_die)
    worker = house.worker(dead)
    worker()
    with pytest.raises(_Killed):
        worker.finish()
    assert [parcel.id for parcel in dead.parcels] == [message_id]
    survivor = _Carrier()
    assert house.deliver(survivor) == 0
    house.clock.advance(_LEASE)
    assert house.deliver(survivor) == 1
    assert [parcel.id for parcel in survivor.parcels] == [message_id]
    assert survivor.parcels[0] == dead.parcels[0]
    assert house.row(message_id).state == store.SENT


def test_believes_a_slow_worker_that_it_was_sent(house: _House):
    """Its lease had ended and another is at it: what was sent is sent, and is not tried a third time."""
    message_id = house.queue()

    def overtaken(_parcel: Parcel) -> None:
        house.clock.advance(_LEASE)
        assert house.deliver(_Carrier([_LATER])) == 1

    house.deliver(_Carrier(meanwhile=overtaken))
    row = house.row(message_id)
    assert (row.state, row.sealed) == (store.SENT, None)


def test_lets_a_slow_failure_change_nothing(house: _House):
    """A worker that lost its lease has no say over a message that somebody else is sending."""
    message_id = house.queue()
    seen: list[Any] = []

    def overtaken(_parcel: Parcel) -> None:
        house.clock.advance(_LEASE)
        with house.database.transaction() as connection:
            store.claim(
                connection,
                Channel.EMAIL,
                [_CHANGED.letter],
                now=house.clock.now(),
                limit=1,
                lease=_LEASE,
                token="other",
            )
        seen.append(house.row(message_id))

    house.deliver(_Carrier([_REFUSED], meanwhile=overtaken))
    assert house.row(message_id) == seen[0]
    assert seen[0].lease_token == "other"


def test_gives_each_message_to_one_of_many_workers(house: _House):
    """Sixteen workers, one queue: SKIP LOCKED on PostgreSQL, BEGIN IMMEDIATE on SQLite."""
    queued = {house.queue() for _ in range(40)}
    carrier = _Carrier()
    workers = [house.worker(carrier) for _ in range(RACERS)]

    def work(racer: int) -> None:
        for _ in range(8):
            workers[racer]()
            workers[racer].finish()

    race(work)
    assert len(carrier.parcels) == 40
    assert {parcel.id for parcel in carrier.parcels} == queued


def test_does_not_let_a_hanging_relay_hold_its_caller(house: _House):
    """The call hands over and returns; with every sender busy it takes nothing more, and leases nothing in vain."""
    release = threading.Event()
    for _ in range(12):
        house.queue()
    worker = house.worker(_Carrier(meanwhile=lambda _parcel: _wait(release)))
    assert worker() == 8
    assert worker() == 0
    release.set()
    worker.finish()
    assert worker() == 4


def test_lives_through_a_letter_that_breaks(house: _House, capsys: pytest.CaptureFixture[str]):
    """One defect costs one attempt, and says nothing of whom it concerned."""
    message_id = house.queue()
    house.deliver(_Broken())
    row = house.row(message_id)
    assert (row.state, row.outcome, row.attempts) == (store.PENDING, "fault", 1)
    said = capsys.readouterr()
    assert EMAIL.text not in said.out + said.err


def test_logs_neither_recipient_nor_content(house: _House, capsys: pytest.CaptureFixture[str]):
    """Architecture §11.7, for what goes well, badly and not at all."""
    for answer in (_SENT, _LATER, _REFUSED):
        house.code()
        house.deliver(_Carrier([answer]))
    said = capsys.readouterr()
    text = said.out + said.err
    assert "mail.sent" in text
    assert "mail.put_off" in text
    assert "mail.given_up" in text
    assert not [secret for secret in ("482913", "hong", "example.com") if secret in text]


def test_cannot_be_made_to_send_one_members_letter_to_another(house: _House):
    """Who can write the table, but has no key, swaps two rows' contents: neither opens."""
    mine, theirs = house.queue(), house.queue(recipient=replace(EMAIL, text="other@example.com"))
    with house.database.transaction() as connection:
        for row_id, content in ((mine, house.row(theirs).sealed), (theirs, house.row(mine).sealed)):
            connection.execute(update(outgoing_messages).where(outgoing_messages.c.id == row_id).values(sealed=content))
    carrier = _Carrier()
    house.deliver(carrier)
    assert carrier.parcels == []
    assert {house.row(row_id).outcome for row_id in (mine, theirs)} == {"unreadable"}


def test_leaves_letters_of_a_newer_release_to_it(house: _House):
    """The old and the new release run side by side (architecture §12)."""
    message_id = house.queue()
    with house.database.transaction() as connection:
        connection.execute(update(outgoing_messages).values(letter="anniversary"))
    assert house.deliver(_Carrier()) == 0
    assert house.row(message_id).state == store.PENDING


def test_forgets_what_waits_for_a_member_who_leaves(house: _House):
    """REQ-78: destroyed at once, also what was still to be sent; the receipt of leaving goes out, in either order."""
    waiting, other = house.queue(), house.queue(member_id="another")
    with house.database.transaction() as connection:
        before = house.post(connection, Message(EMAIL, Withdrawn(NOW), member_id="member"))
        assert forget_member(connection, "member") == 1
        after = house.post(connection, Message(EMAIL, Withdrawn(NOW), member_id="member"))
    assert house.row(waiting) is None
    carrier = _Carrier()
    house.deliver(carrier)
    assert {parcel.id for parcel in carrier.parcels} == {other, before, after}
    assert house.row(before).member_id is None


def test_forgets_even_while_it_is_being_sent(house: _House):
    """What is on the wire arrives; no row of it remains, and the worker goes on."""
    message_id = house.queue()

    def leave(_parcel: Parcel) -> None:
        with house.database.transaction() as connection:
            forget_member(connection, "member")

    assert house.deliver(_Carrier(meanwhile=leave)) == 1
    assert house.row(message_id) is None


def test_discards_old_rows(house: _House):
    """That something was sent is of no use after a month; what waits is kept however old."""
    sent, waiting = house.queue(), house.queue(recipient=MOBILE)
    house.deliver(_Carrier())
    all_channels = Delivery([], house.database, house.clock)
    house.clock.advance(timedelta(days=30))
    assert all_channels.discard_settled() == 0
    house.clock.advance(timedelta(seconds=1))
    assert all_channels.discard_settled() == 1
    assert house.row(sent) is None
    assert house.row(waiting) is not None


def test_records_although_the_database_was_away(house: _House, monkeypatch: pytest.MonkeyPatch):
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
    house.deliver(_Carrier())
    assert house.row(message_id).state == store.SENT


def test_refuses_a_letter_that_is_not_written_for_the_channel():
    """A reset link goes by e-mail only; found out when it is queued, not by the worker."""
    reset = next(letter for letter in LETTERS if letter.letter == "password_reset")
    with pytest.raises(ValueError, match="not written for sms"):
        Message(MOBILE, reset)


def test_is_wired_from_the_settings(any_database: Database, tmp_path: Path):
    """The demonstration's delivery, as the worker makes it: queued here, a file there."""
    house = _House(any_database)
    settings = _SETTINGS.model_copy(update={"mail": Mail(outbox_dir=tmp_path / "outbox")})
    with_files = delivery(
        settings, database=any_database, clock=SystemClock(), randomness=house.randomness, cipher=house.cipher
    )
    house.queue()
    house.queue(recipient=MOBILE)
    assert [channel() for channel in with_files.channels] == [1, 1]
    with_files.close()
    assert len(list((tmp_path / "outbox").glob("*.json"))) == 2


class _Killed(BaseException):
    """What no code of ours catches."""


def _die(_parcel: Parcel) -> None:
    raise _Killed


def _wait(event: threading.Event) -> None:
    assert event.wait(20)
