"""The queue of letters on both databases: what commits is sent, and what is settled is destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from idp.mail import store
from idp.mail.carrier import Parcel
from idp.mail.deliver import Delivery
from idp.mail.letters import AnyLetter, Language, Withdrawn
from idp.mail.models import outgoing_messages
from idp.mail.post import Message, forget_member
from idp.mail.recipients import Channel
from idp.mail.render import Render
from idp.storage.database import Database
from tests.unit.mail.kit import CHANGED, LATER, REFUSED, SENT, SETTINGS, MailHouse, ScriptedCarrier
from tests.unit.mail.samples import EMAIL, LETTERS, MOBILE, NOW


@pytest.fixture
def house(any_database: Database) -> Iterator[MailHouse]:
    made = MailHouse(any_database)
    yield made
    for worker in made.workers:
        worker.close()


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.letter)
def test_brings_every_letter_through_unchanged(house: MailHouse, letter: AnyLetter):
    """What was queued is what is written, field for field, in the language that was asked for."""
    carrier = ScriptedCarrier()
    message_id = house.queue(letter, language=Language.EN)
    assert house.deliver(carrier) == 1
    [parcel] = carrier.parcels
    claimed = store.Claimed(message_id, Channel.EMAIL, letter.letter.value, "en", b"", 0, house.clock.now(), None, "")
    assert parcel == Render.of(SETTINGS)(claimed, EMAIL.text, letter)


def test_destroys_what_a_message_said_once_it_is_sent(house: MailHouse):
    """No recipient and no content outlive the sending; that something was sent, and when, remains."""
    message_id = house.code()
    assert house.row(message_id).sealed is not None
    house.deliver(ScriptedCarrier())
    row = house.row(message_id)
    assert (row.state, row.sealed, row.lease_token, row.attempts) == (store.SENT, None, None, 1)
    assert row.settled_at == house.clock.now()


def test_keeps_nothing_readable_in_the_queue(house: MailHouse):
    """Personal data and codes at rest are sealed (architecture §6)."""
    message_id = house.code()
    row = house.row(message_id)
    for secret in (b"482913", EMAIL.text.encode(), b"honggildong"):
        assert secret not in row.sealed
    assert not [value for value in row._mapping.values() if isinstance(value, str) and "hong" in value]


def test_sends_nothing_that_did_not_happen(house: MailHouse):
    """The letter stands and falls with the transaction of what it tells about."""

    def act() -> None:
        with house.database.transaction() as connection:
            house.post(connection, Message(EMAIL, CHANGED))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    assert house.deliver(ScriptedCarrier()) == 0


def test_logs_neither_recipient_nor_content(house: MailHouse, capsys: pytest.CaptureFixture[str]):
    """Architecture §11.7, for what goes well, badly and not at all."""
    for answer in (SENT, LATER, REFUSED):
        house.code()
        house.deliver(ScriptedCarrier([answer]))
    said = capsys.readouterr()
    text = said.out + said.err
    assert "mail.sent" in text
    assert "mail.put_off" in text
    assert "mail.given_up" in text
    assert not [secret for secret in ("482913", "hong", "example.com") if secret in text]


def test_cannot_be_made_to_send_one_members_letter_to_another(house: MailHouse):
    """Who can write the table, but has no key, swaps two rows' contents: neither opens."""
    mine, theirs = house.queue(), house.queue(recipient=replace(EMAIL, text="other@example.com"))
    with house.database.transaction() as connection:
        for row_id, content in ((mine, house.row(theirs).sealed), (theirs, house.row(mine).sealed)):
            connection.execute(update(outgoing_messages).where(outgoing_messages.c.id == row_id).values(sealed=content))
    carrier = ScriptedCarrier()
    house.deliver(carrier)
    assert carrier.parcels == []
    assert {house.row(row_id).outcome for row_id in (mine, theirs)} == {"unreadable"}


def test_leaves_letters_of_a_newer_release_to_it(house: MailHouse):
    """The old and the new release run side by side (architecture §12)."""
    message_id = house.queue()
    with house.database.transaction() as connection:
        connection.execute(update(outgoing_messages).values(letter="anniversary"))
    assert house.deliver(ScriptedCarrier()) == 0
    assert house.row(message_id).state == store.PENDING


def test_forgets_what_waits_for_a_member_who_leaves(house: MailHouse):
    """REQ-78: destroyed at once, also what was still to be sent; the receipt of leaving goes out, in either order."""
    waiting, other = house.queue(), house.queue(member_id="another")
    with house.database.transaction() as connection:
        before = house.post(connection, Message(EMAIL, Withdrawn(NOW), member_id="member"))
        assert forget_member(connection, "member") == 1
        after = house.post(connection, Message(EMAIL, Withdrawn(NOW), member_id="member"))
    assert house.row(waiting) is None
    carrier = ScriptedCarrier()
    house.deliver(carrier)
    assert {parcel.id for parcel in carrier.parcels} == {other, before, after}
    assert house.row(before).member_id is None


def test_forgets_even_while_it_is_being_sent(house: MailHouse):
    """What is on the wire arrives; no row of it remains, and the worker goes on."""
    message_id = house.queue()

    def leave(_parcel: Parcel) -> None:
        with house.database.transaction() as connection:
            forget_member(connection, "member")

    assert house.deliver(ScriptedCarrier(meanwhile=leave)) == 1
    assert house.row(message_id) is None


def test_discards_old_rows(house: MailHouse):
    """That something was sent is of no use after a month; what waits is kept however old."""
    sent, waiting = house.queue(), house.queue(recipient=MOBILE)
    house.deliver(ScriptedCarrier())
    all_channels = Delivery([], house.database, house.clock)
    house.clock.advance(timedelta(days=30))
    assert all_channels.discard_settled() == 0
    house.clock.advance(timedelta(seconds=1))
    assert all_channels.discard_settled() == 1
    assert house.row(sent) is None
    assert house.row(waiting) is not None


def test_refuses_a_letter_that_is_not_written_for_the_channel():
    """A reset link goes by e-mail only; found out when it is queued, not by the worker."""
    reset = next(letter for letter in LETTERS if letter.letter == "password_reset")
    with pytest.raises(ValueError, match="not written for sms"):
        Message(MOBILE, reset)
