"""What relying parties confirmed, on both kinds of database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.house import House
from idp.links.confirmations import Confirmation, confirm, confirmed
from tests.builders import a_person, agency, link, party, register
from tests.races import race


@pytest.fixture
def link_id(any_house: House) -> str:
    """A link of an agency with two relying parties."""
    register(any_house, agency("kamp", party("kamp"), party("kamp-mobile")))
    return link(any_house, a_person(any_house), "kamp").id


def said(house: House, link_id: str, version: int, party_id: str = "kamp") -> int:
    with house.database.transaction() as connection:
        return confirm(connection, party_id, {link_id: version}, house.clock.now())


def known(house: House, link_id: str, party_id: str = "kamp") -> Confirmation | None:
    with house.database.reading() as connection:
        return confirmed(connection, party_id, [link_id]).get(link_id)


def test_remembers_the_newest_version_and_when_it_was_first_confirmed(any_house: House, link_id: str) -> None:
    """account-events §3.7: a version only grows, and a late confirmation of an older one changes nothing."""
    first = any_house.clock.now()
    assert said(any_house, link_id, 2) == 1
    any_house.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    assert said(any_house, link_id, 2) == 0
    assert said(any_house, link_id, 1) == 0
    assert known(any_house, link_id) == Confirmation(2, first)
    assert said(any_house, link_id, 3) == 1
    assert known(any_house, link_id) == Confirmation(3, any_house.clock.now())


def test_keeps_each_relying_partys_word_apart(any_house: House, link_id: str) -> None:
    """Two systems of one agency apply events by themselves: one may be behind."""
    said(any_house, link_id, 1, "kamp-mobile")
    assert known(any_house, link_id) is None


def test_holds_the_newest_of_many_at_once(any_house: House, link_id: str) -> None:
    """Confirmations race each other; the newest version wins, whoever commits last."""
    race(lambda racer: said(any_house, link_id, racer + 1))
    found = known(any_house, link_id)
    assert found is not None
    assert found.version == 16
