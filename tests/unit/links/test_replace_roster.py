"""Putting whole rosters in place, where it takes long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.house import House
from idp.links import rosters
from idp.links.accounts import AgencyAccounts
from idp.links.models import roster_accounts
from idp.links.offered_account import OfferedAccount
from idp.links.replace_roster import ReplaceRoster, RosterChanged, Wanted
from idp.links.roster_row import Row
from tests.builders import agency, party, register
from tests.fakes import FrozenClock

HONG = ("person", "H" * 86 + "==")
UNDO = timedelta(days=7)


def replacing(house: House) -> ReplaceRoster:
    register(house, agency("kamp", party("kamp")))
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    return ReplaceRoster(house.database, house.clock, house.randomness, accounts, UNDO)


def rows(count: int, name: str = "a") -> Iterator[Row]:
    for number in range(count):
        yield Row(number + 1, OfferedAccount(f"{name}{number}", "계정"), HONG)


def kept(house: House) -> int:
    with house.database.reading() as connection:
        return len(connection.execute(select(roster_accounts.c.id)).fetchall())


def test_lets_no_list_count_that_was_given_up(any_house: House, frozen_clock: FrozenClock) -> None:
    """A list that comes for more than a day is discarded on the way: half of it must not take the place of a whole."""
    replace = replacing(any_house)
    kamp = any_house.catalogue.snapshot().relying_parties["kamp"]
    replace(kamp, rows(2), Wanted())

    def slowly() -> Iterator[Row]:
        yield from rows(1, "b")
        frozen_clock.advance(timedelta(days=1, seconds=1))
        rosters.discard_rosters(any_house.database, any_house.clock, UNDO)

    with pytest.raises(RosterChanged):
        replace(kamp, slowly(), Wanted())
    with any_house.database.reading() as connection:
        assert rosters.of(connection, "kamp", [rosters.CURRENT])[rosters.CURRENT].accounts == 2
    rosters.discard_rosters(any_house.database, any_house.clock, UNDO)
    assert kept(any_house) == 2


def test_sweeps_faster_than_agencies_upload(any_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of two million every night is gone before the next: many batches a round, roster by roster."""
    monkeypatch.setattr(rosters, "_SWEPT_AT_ONCE", 2)
    replace = replacing(any_house)
    kamp = any_house.catalogue.snapshot().relying_parties["kamp"]
    for name in "abc":
        replace(kamp, rows(5, name), Wanted())
    for name in "de":
        replace(kamp, rows(5, name), Wanted(dry_run=True))
    assert rosters.discard_rosters(any_house.database, any_house.clock, UNDO) > 2
    assert kept(any_house) == 10


@pytest.mark.parametrize("full", [True, False])
def test_finds_what_is_to_be_swept_by_the_rosters(house: House, full: bool) -> None:
    """Not by reading every account of the rosters that count."""
    replace = replacing(house)
    kamp = house.catalogue.snapshot().relying_parties["kamp"]
    replace(kamp, rows(5), Wanted(dry_run=full))
    query = rosters._one_to_sweep().compile(house.database.engine, compile_kwargs={"literal_binds": True})
    with house.database.reading() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
    assert not [step for step in plan if step.startswith("SCAN roster_accounts")], plan
