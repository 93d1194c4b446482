"""One more account behind a link: made, renewed or raised, and told as a whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.audit.models import audit_records
from idp.errors import NotFound
from idp.house import House
from idp.links.accounts import AccountTaken, AgencyAccounts
from idp.links.attach import AttachAccount
from idp.links.connect import Connect
from idp.links.models import agency_accounts, consents, link_changes, links
from idp.links.offered_account import OfferedAccount
from idp.links.state import LinkState, NoSuchStep
from idp.links.store import Link
from idp.signals.catalogue import LinkReason
from idp.signals.models import outbox
from tests.builders import a_person, agency, link, party, register, unlink, withdrawing
from tests.fakes import FrozenClock
from tests.races import RACERS, race

EVENTS = {"endpoint_url": "https://kamp.example/events", "authorization_header": "Bearer of-this-test"}


@pytest.fixture
def member(any_house: House) -> str:
    """A member, and an agency with two relying parties that hear of events."""
    parties = [party(name, events=EVENTS, scope="openid profile") for name in ("kamp", "kamp-mobile")]
    register(any_house, agency("kamp", *parties))
    return a_person(any_house)


def attach(house: House, member_id: str, reference: str = "testId1", party_id: str = "kamp") -> Link:
    found = house.catalogue.relying_party(party_id)
    assert found is not None
    connect = Connect(house.database, house.clock, house.randomness, house.catalogue)
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    account = OfferedAccount(reference, f"홍길동 ({reference})")
    return AttachAccount(connect, accounts)(member_id, found, account, reason=LinkReason.CONVERSION)


def rows(house: House, table: Any) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def told(house: House, party_id: str = "kamp") -> list[tuple[int, list[str]]]:
    """By version, the accounts that a relying party is told of."""
    return [
        (row.payload["version"], sorted(row.payload.get("agency_accounts") or [row.payload.get("agency_account")]))
        for row in sorted(rows(house, outbox), key=lambda each: each.link_version)
        if row.relying_party_id == party_id
    ]


def test_makes_the_link_where_there_is_none(any_house: House, member: str) -> None:
    """Architecture §6: with consent to what the relying party may have, and the account in its event."""
    made = attach(any_house, member)
    assert (made.state, made.version) == (LinkState.LINKED, 1)
    assert told(any_house) == [(1, ["testId1"])]
    assert [row.scopes for row in rows(any_house, consents)] == [["openid", "profile"]]


def test_raises_the_version_of_a_link_in_force_and_tells_all_that_stands_behind_it(
    any_house: House, member: str
) -> None:
    """Architecture §6: full state in every message, each relying party its own accounts, linked since when it was."""
    attach(any_house, member, "mobile", "kamp-mobile")
    first = attach(any_house, member)
    since = rows(any_house, links)[0].linked_at
    assert isinstance(any_house.clock, FrozenClock)
    any_house.clock.advance(timedelta(days=1))
    second = attach(any_house, member, "testId2")
    assert (first.version, second.version) == (2, 3)
    assert first.subject == second.subject
    assert told(any_house)[1:] == [(2, ["testId1"]), (3, ["testId1", "testId2"])]
    assert told(any_house, "kamp-mobile") == [(1, ["mobile"]), (2, ["mobile"]), (3, ["mobile"])]
    assert [(row.previous, row.current, row.reason) for row in rows(any_house, link_changes)][1:] == [
        ("linked", "linked", "conversion")
    ] * 2
    assert rows(any_house, links)[0].linked_at == since
    assert [row.action for row in rows(any_house, audit_records)].count("link.account_added") == 2


def test_changes_nothing_the_second_time(any_house: House, member: str) -> None:
    """Issue 3 (double submission): the same account again is no new version and no message."""
    first = attach(any_house, member)
    assert attach(any_house, member) == first
    assert len(told(any_house)) == 1
    assert len(rows(any_house, agency_accounts)) == 1


def test_keeps_the_subject_when_the_link_had_been_stopped(any_house: House, member: str) -> None:
    """Architecture §6: a relink keeps the subject; only what is named now stands behind it."""
    first = attach(any_house, member, "testId2")
    unlink(any_house, member, "kamp")
    again = attach(any_house, member)
    assert (again.subject, again.version) == (first.subject, 3)
    assert told(any_house)[-1] == (3, ["testId1"])
    assert [row.previous for row in rows(any_house, link_changes)] == [None, "linked", "unlinked"]


def test_takes_no_account_from_another_member(any_house: House, member: str) -> None:
    """C9: and what was begun is undone, link and consent alike."""
    attach(any_house, member)
    other = a_person(any_house, "second.member")
    with pytest.raises(AccountTaken):
        attach(any_house, other)
    assert [row.member_id for row in rows(any_house, links)] == [member]
    assert len(told(any_house)) == 1


def test_passes_no_suspension(any_house: House, member: str) -> None:
    """Architecture §6: only whoever suspended a link may restore it."""
    made = link(any_house, member, "kamp")
    with any_house.database.transaction() as connection:
        connection.execute(update(links).where(links.c.id == made.id).values(state="suspended"))
    with pytest.raises(NoSuchStep):
        attach(any_house, member)
    assert rows(any_house, agency_accounts) == []


def test_knows_nobody_who_has_left(any_house: House, member: str) -> None:
    """REQ-76."""
    withdrawing(any_house)(member)
    with pytest.raises(NotFound):
        attach(any_house, member)


def test_raises_the_version_once_among_sixteen(any_house: House, member: str) -> None:
    """Architecture §11.1."""
    link(any_house, member, "kamp")
    reached = race(lambda _: attach(any_house, member).version)
    assert set(reached) == {2}
    assert len(reached) == RACERS
    assert len(rows(any_house, agency_accounts)) == 1


def test_gives_an_account_to_one_of_many_members(any_house: House, member: str) -> None:
    """C9: an account stands behind one member's link."""
    rivals = [member, *(a_person(any_house, f"rival.{number}") for number in range(3))]

    def ask(number: int) -> bool:
        try:
            attach(any_house, rivals[number])
        except AccountTaken:
            return False
        return True

    assert sorted(race(ask, racers=4)) == [False, False, False, True]
    assert len(rows(any_house, links)) == 1
