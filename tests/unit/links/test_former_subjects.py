"""Recognising who comes back: only if they said so twice, and only to whom it was registered for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.house import House
from idp.links.connect import Connect
from idp.links.former_subjects import DestroyFormerSubjects, FormerSubjects
from idp.links.models import former_subjects, links
from idp.members.withdraw import Withdraw
from idp.signals.catalogue import LinkReason
from idp.signals.models import outbox
from tests.builders import a_person, agency, an_enterprise, link, party, register, withdrawing
from tests.fakes import FrozenClock

CI_OF_HONG = "A" * 86 + "=="
A_YEAR = timedelta(days=365)


def events(identifier: str, *, wants: bool) -> dict[str, Any]:
    where = {"endpoint_url": f"https://{identifier}.example/events", "authorization_header": "Bearer of-this-test"}
    return {**where, "wants_previous_subject": wants}


@pytest.fixture
def leaving(any_house: House) -> tuple[House, FormerSubjects, Withdraw]:
    """Two agencies of which one asks for former subjects, by one of its two systems."""
    asks, silent = (party(each, events=events(each, wants=each == "kamp")) for each in ("kamp", "kamp-old"))
    register(
        any_house, agency("kamp", asks, silent), agency("voucher", party("voucher", events=events("v", wants=False)))
    )
    former = FormerSubjects(any_house.digester, any_house.directory, any_house.catalogue, A_YEAR)
    release = withdrawing(any_house).release_links
    return any_house, former, Withdraw(any_house.database, any_house.clock, release, subjects=former)


def rows(house: House, table: Any) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def linked(house: House, member: str) -> str:
    """The subject toward the agency that asks."""
    link(house, member, "voucher")
    return link(house, member, "kamp").subject


def taken(house: House, former: FormerSubjects, kind: str, holder: str) -> dict[str, str]:
    with house.database.transaction() as connection:
        return dict(former.take(connection, kind, holder, house.clock.now()))


def test_keeps_a_subject_for_whom_it_was_asked_and_gives_it_once(
    leaving: tuple[House, FormerSubjects, Withdraw],
) -> None:
    """Architecture §6: the new membership has new subjects; the old one is known to the agency that asks, once."""
    house, former, withdraw = leaving
    member = a_person(house, ci=CI_OF_HONG)
    subject = linked(house, member)
    withdraw(member, keep_subjects=True)
    (kept,) = rows(house, former_subjects)
    assert (kept.agency_id, kept.subject) == ("kamp", subject)
    assert CI_OF_HONG not in repr(kept)
    assert taken(house, former, "enterprise", CI_OF_HONG) == taken(house, former, "person", "B" * 88) == {}
    assert taken(house, former, "person", CI_OF_HONG) == {"kamp": subject}
    assert taken(house, former, "person", CI_OF_HONG) == {}
    assert rows(house, former_subjects) == []


def test_keeps_nothing_unasked(leaving: tuple[House, FormerSubjects, Withdraw]) -> None:
    """즉시파기: without the tick, without a CI, or without a row in the retention table."""
    house, _former, withdraw = leaving
    member = a_person(house, ci=CI_OF_HONG)
    linked(house, member)
    withdraw(member)
    member = a_person(house)
    linked(house, member)
    withdraw(member, keep_subjects=True)
    none = FormerSubjects(house.digester, house.directory, house.catalogue, None)
    member = a_person(house, ci=CI_OF_HONG)
    linked(house, member)
    Withdraw(house.database, house.clock, withdraw.release_links, subjects=none)(member, keep_subjects=True)
    assert rows(house, former_subjects) == []


def test_an_enterprise_is_recognised_by_its_number(leaving: tuple[House, FormerSubjects, Withdraw]) -> None:
    """REQ-80: new UUID, new subject; the former subject alone connects them."""
    house, former, withdraw = leaving
    member = an_enterprise(house, "1234567891")
    subject = linked(house, member)
    withdraw(member, keep_subjects=True)
    assert taken(house, former, "enterprise", "1234567891") == {"kamp": subject}


def test_tells_it_to_the_system_that_asked_and_to_no_other(leaving: tuple[House, FormerSubjects, Withdraw]) -> None:
    """Architecture §11.4: neither the agency's other system nor another agency hears of it."""
    house, _former, _withdraw = leaving
    member, found = a_person(house), house.catalogue.relying_party("kamp")
    assert found is not None
    connect = Connect(house.database, house.clock, house.randomness, house.catalogue)
    told = house.catalogue.snapshot().of_agency("kamp")
    with house.database.transaction() as connection:
        connect.inside(
            connection, member, found, found.released, told, reason=LinkReason.JOINING, previous_subject="before"
        )
    said = {row.relying_party_id: row.payload.get("previous_subject") for row in rows(house, outbox)}
    assert said == {"kamp": "before", "kamp-old": None}
    assert rows(house, links)[0].subject != "before"


def test_destroys_what_nobody_came_back_for(leaving: tuple[House, FormerSubjects, Withdraw]) -> None:
    """REQ-79: with a record of the destruction; and an expired one is not given out while it waits for that."""
    house, former, withdraw = leaving
    member, clock = a_person(house, ci=CI_OF_HONG), house.clock
    assert isinstance(clock, FrozenClock)
    linked(house, member)
    withdraw(member, keep_subjects=True)
    clock.advance(A_YEAR)
    with house.database.reading() as connection:
        assert former.known(connection, "person", CI_OF_HONG, clock.now()) == {}
    assert DestroyFormerSubjects(house.database, clock)() == 1
    (written,) = (row for row in rows(house, audit_records) if row.action == "retained.destroyed")
    assert written.detail == {"category": "former_subjects", "count": 1}
