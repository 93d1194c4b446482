"""What a member keeps of an end: how far the news has come, under a token, naming nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from idp.house import House
from idp.links.confirmations import confirm
from idp.links.models import links, receipt_lines, receipts
from idp.links.receipts import RECEIPT_PATH, AgencyHeard, Heard, NoteHeard, Receipt, ReceiptCause, read, sweep_receipts
from idp.links.stop import StopLink
from idp.mail.models import outgoing_messages
from idp.mail.post import Post
from idp.members.inform import Inform
from idp.members.withdraw import Withdraw
from idp.signals.catalogue import LinkReason
from idp.signals.models import outbox
from idp.signals.outbox import DELIVERED
from tests.builders import a_person, agency, link, party, register, withdrawing
from tests.fakes import FrozenClock


def events(identifier: str) -> dict[str, str]:
    return {"endpoint_url": f"https://{identifier}.example/events", "authorization_header": "Bearer of-this-test"}


@pytest.fixture
def member(any_house: House) -> str:
    """A member linked with three agencies: of two systems, of one, and of one that hears of nothing."""
    two = [party(each, events=events(each)) for each in ("kamp", "kamp-mobile")]
    register(any_house, agency("kamp", *two), agency("voucher", party("voucher", events=events("voucher"))))
    register(any_house, agency("deaf", party("deaf")))
    made = a_person(any_house)
    for each in ("kamp", "voucher", "deaf"):
        link(any_house, made, each)
    return made


def seen(house: House, path: str) -> Receipt | None:
    with house.database.reading() as connection:
        return read(connection, path.removeprefix(RECEIPT_PATH), house.clock.now())


def heard(house: House, path: str) -> dict[str, Heard]:
    receipt = seen(house, path)
    assert receipt is not None
    return {each.agency_id: each.heard for each in receipt.agencies}


def take(house: House, party_id: str) -> None:
    """As if its endpoint had answered 202 to everything."""
    with house.database.transaction() as connection:
        values = {"state": DELIVERED, "settled_at": house.clock.now()}
        connection.execute(update(outbox).where(outbox.c.relying_party_id == party_id).values(values))


def link_id(house: House, agency_id: str) -> tuple[str, int]:
    with house.database.reading() as connection:
        row = connection.execute(select(links).where(links.c.agency_id == agency_id)).one()
    return row.id, row.version


def test_tells_notified_from_confirmed(any_house: House, member: str) -> None:
    """Account events §3.7: 202 is not yet an agency's word, and every system of it must speak."""
    clock = any_house.clock
    assert isinstance(clock, FrozenClock)
    path = withdrawing(any_house)(member).receipt
    assert heard(any_house, path) == {"deaf": Heard.NOT_TOLD, "kamp": Heard.WAITING, "voucher": Heard.WAITING}
    take(any_house, "kamp")
    take(any_house, "voucher")
    assert heard(any_house, path) == {"deaf": Heard.NOT_TOLD, "kamp": Heard.WAITING, "voucher": Heard.TOLD}
    clock.advance(timedelta(minutes=1))
    take(any_house, "kamp-mobile")
    receipt = seen(any_house, path)
    assert receipt is not None
    assert receipt.agencies[1] == AgencyHeard("kamp", Heard.TOLD, clock.now())
    kamp, version = link_id(any_house, "kamp")
    with any_house.database.transaction() as connection:
        confirm(connection, "kamp", {kamp: version}, clock.now())
    assert heard(any_house, path)["kamp"] is Heard.TOLD
    clock.advance(timedelta(minutes=1))
    with any_house.database.transaction() as connection:
        confirm(connection, "kamp-mobile", {kamp: version}, clock.now())
    assert seen(any_house, path) == Receipt(
        ReceiptCause.WITHDRAWAL,
        receipt.made_at,
        receipt.expires_at,
        (
            AgencyHeard("deaf", Heard.NOT_TOLD),
            AgencyHeard("kamp", Heard.CONFIRMED, clock.now()),
            AgencyHeard("voucher", Heard.TOLD, receipt.made_at),
        ),
    )


def test_a_version_before_the_end_proves_nothing(any_house: House, member: str) -> None:
    """Account events §1.9: an agency that took or confirmed `linked` has not heard of the end."""
    for each in ("kamp", "kamp-mobile", "voucher"):
        take(any_house, each)
    kamp, version = link_id(any_house, "voucher")
    with any_house.database.transaction() as connection:
        confirm(connection, "voucher", {kamp: version}, any_house.clock.now())
    path = withdrawing(any_house)(member).receipt
    assert heard(any_house, path)["voucher"] is Heard.WAITING
    assert heard(any_house, path)["kamp"] is Heard.WAITING


def test_stays_true_after_the_member_links_again(any_house: House, member: str) -> None:
    """A newer message says the same and more, also where it took the place of one that was never sent."""
    stop = StopLink(any_house.database, any_house.clock, any_house.randomness, any_house.catalogue)
    path = stop(member, "voucher", reason=LinkReason.MEMBER_UNLINK).receipt
    link(any_house, member, "voucher")
    with any_house.database.transaction() as connection:
        newest = outbox.c.link_version == 3
        connection.execute(
            update(outbox)
            .where(newest, outbox.c.relying_party_id == "voucher")
            .values(state=DELIVERED, settled_at=any_house.clock.now())
        )
    assert heard(any_house, path) == {"voucher": Heard.TOLD}


def test_remembers_what_was_told_when_the_messages_are_swept(any_house: House, member: str) -> None:
    """A receipt is good for longer than the settled messages it rests on."""
    path, note = withdrawing(any_house)(member).receipt, NoteHeard(any_house.database)
    assert note() == 0
    for each in ("kamp", "kamp-mobile", "voucher"):
        take(any_house, each)
    told_at = any_house.clock.now()
    assert note() == 2
    assert note() == 0
    with any_house.database.transaction() as connection:
        connection.execute(delete(outbox))
    receipt = seen(any_house, path)
    assert receipt is not None
    assert receipt.agencies == (
        AgencyHeard("deaf", Heard.NOT_TOLD),
        AgencyHeard("kamp", Heard.TOLD, told_at),
        AgencyHeard("voucher", Heard.TOLD, told_at),
    )


def test_keeps_only_the_digest_and_ends(any_house: House, member: str) -> None:
    """256 random bits of which the database has a digest; over after a year, and swept then."""
    path = withdrawing(any_house)(member).receipt
    token = path.removeprefix(RECEIPT_PATH)
    assert len(token) == 43
    with any_house.database.reading() as connection:
        kept: list[Any] = [*connection.execute(select(receipts)), *connection.execute(select(receipt_lines))]
    assert token not in repr(kept)
    assert member not in repr(kept)
    assert seen(any_house, path + "x") is None
    clock = any_house.clock
    assert isinstance(clock, FrozenClock)
    assert sweep_receipts(any_house.database, clock.now()) == 0
    clock.advance(timedelta(days=365))
    assert seen(any_house, path) is None
    assert sweep_receipts(any_house.database, clock.now()) == 1
    with any_house.database.reading() as connection:
        assert connection.execute(select(receipt_lines)).all() == connection.execute(select(receipts)).all() == []


def test_goes_out_with_the_letter(any_house: House, member: str) -> None:
    """The letter about an unlinking and that of the withdrawal, which alone outlives the member."""
    inform = Inform(Post(any_house.clock, any_house.randomness, any_house.cipher), any_house.directory)
    stop = StopLink(any_house.database, any_house.clock, any_house.randomness, any_house.catalogue, inform)
    stop(member, "voucher", reason=LinkReason.MEMBER_UNLINK)
    assert letters(any_house) == {"link_stopped"}
    Withdraw(any_house.database, any_house.clock, withdrawing(any_house).release_links, inform)(member)
    assert letters(any_house) == {"withdrawn"}


def letters(house: House) -> set[str]:
    with house.database.reading() as connection:
        return set(connection.execute(select(outgoing_messages.c.letter)).scalars())


def test_asks_no_more_of_whom_nobody_told(any_house: House, member: str) -> None:
    """Looked at each minute for a year, the lines of agencies that hear of nothing would be millions."""
    path = withdrawing(any_house)(member).receipt
    with any_house.database.reading() as connection:
        still_open = select(receipt_lines).where(receipt_lines.c.told_at.is_(None))
        assert len(connection.execute(still_open).fetchall()) == 2
    assert heard(any_house, path)["deaf"] is Heard.NOT_TOLD
