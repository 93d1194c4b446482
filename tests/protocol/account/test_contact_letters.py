"""Whoever changes how a member is reached: the former channel and the new one hear of it."""

from __future__ import annotations

from sqlalchemy import select

from idp.mail.letters import ContactChanged
from idp.mail.models import outgoing_messages
from idp.mail.post import opened
from tests.protocol.account.lab import Site, Visit

EDIT = "/account/profile"


def told(site: Site) -> dict[str, ContactChanged]:
    """The letters by recipient."""
    with site.house.database.reading() as connection:
        rows = connection.execute(
            select(outgoing_messages).where(outgoing_messages.c.letter == "contact_changed")
        ).fetchall()
    found = {}
    for row in rows:
        recipient, letter = opened(site.house.cipher, row.id, row.letter, row.sealed)
        assert isinstance(letter, ContactChanged)
        found[recipient] = letter
    assert len(found) == len(rows)
    return found


def test_tells_the_former_and_the_new_address_and_number(site: Site, person: Visit) -> None:
    """Issue 3: masked values, the way to a new password, and nothing that whoever changed it typed."""
    before = site.profile(person.member_id)
    person.filled(EDIT, email_local="new.address", email_domain_typed="evil.example", phone="2222-3333")
    letters = told(site)
    assert set(letters) == {before.email, before.phone, "new.address@evil.example", "01022223333"}
    for letter in letters.values():
        assert letter.masked == ("ne*********@e***", "010-****-3333")
        assert letter.path == "/recovery/password"


def test_writes_nothing_where_no_channel_changed(site: Site, person: Visit) -> None:
    """A 유선번호 is no way to reach a member by letter; and what was saved unchanged is no change."""
    person.filled(EDIT, landline_prefix="02", landline="123-4567")
    person.filled(EDIT)
    assert told(site) == {}


def test_tells_nobody_of_what_was_refused(site: Site, person: Visit) -> None:
    """Issue 3 (bad input): the letter stands or falls with the change."""
    assert person.filled(EDIT, email_local="@@").status_code == 400
    assert person.filled(EDIT, phone="2222-3333", seen="another").status_code == 409
    assert told(site) == {}
