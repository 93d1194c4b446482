"""Time to think it over: nothing ends before it is over, the member may stay, and of both at once one happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.audit.actor import COMMAND
from idp.audit.models import audit_records
from idp.errors import NotFound
from idp.house import House
from idp.links.models import former_subjects, links
from idp.links.tell_agencies import TellLinkedAgencies
from idp.mail.models import outgoing_messages
from idp.mail.post import Post
from idp.members import store
from idp.members.inform import Inform
from idp.members.leave_later import FinishLeaving, LeaveLater, NotLeaving, Stay
from idp.members.models import members
from idp.members.suspend import Restore, Suspend
from idp.oidc.grants import revoke_of_member
from idp.signals.models import outbox
from tests.builders import a_person, agency, link, party, register, withdrawing
from tests.fakes import FrozenClock
from tests.races import RACERS, race

DAYS = timedelta(days=7)


@pytest.fixture
def leaving(any_house: House) -> tuple[House, str]:
    """A member with a link, who asked to leave."""
    where = {"endpoint_url": "https://kamp.example/events", "authorization_header": "Bearer of-this-test"}
    register(any_house, agency("kamp", party("kamp", events=where)))
    member = a_person(any_house)
    link(any_house, member, "kamp")
    later(any_house)(member)
    return any_house, member


def later(house: House) -> LeaveLater:
    inform = Inform(Post(house.clock, house.randomness, house.cipher), house.directory)
    return LeaveLater(house.database, house.clock, inform, DAYS)


def finish(house: House) -> int:
    return FinishLeaving(house.database, house.clock, withdrawing(house))()


def pass_by(house: House, by: timedelta) -> None:
    assert isinstance(house.clock, FrozenClock)
    house.clock.advance(by)


def rows(house: House, table: Any) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def test_ends_sessions_at_once_and_nothing_else(leaving: tuple[House, str]) -> None:
    """No agency hears of what may yet be taken back; the member gets a letter by every channel."""
    house, _member = leaving
    (row,) = rows(house, members)
    assert (row.status, row.session_epoch, row.leaves_at) == (store.ACTIVE, 1, house.clock.now() + DAYS)
    assert [each.state for each in rows(house, links)] == ["linked"]
    assert len(rows(house, outbox)) == 1
    assert {each.letter for each in rows(house, outgoing_messages)} == {"leaving_soon"}
    assert [each.action for each in rows(house, audit_records)][-1] == "member.leaving"


def test_withdraws_when_the_time_has_come(leaving: tuple[House, str]) -> None:
    """REQ-76…81, then and whole."""
    house, _member = leaving
    pass_by(house, DAYS - timedelta(seconds=1))
    assert finish(house) == 0
    pass_by(house, timedelta(seconds=1))
    assert finish(house) == 1
    assert finish(house) == 0
    (row,) = rows(house, members)
    assert (row.status, row.leaves_at, row.data_key) == (store.WITHDRAWN, None, None)
    assert [each.state for each in rows(house, links)] == ["unlinked"]
    assert rows(house, former_subjects) == []


def test_lets_the_member_stay(leaving: tuple[House, str]) -> None:
    """And leave again another time."""
    house, member = leaving
    Stay(house.database, house.clock)(member)
    pass_by(house, DAYS)
    assert finish(house) == 0
    with pytest.raises(NotLeaving):
        Stay(house.database, house.clock)(member)
    assert later(house)(member) == house.clock.now() + DAYS
    with pytest.raises(NotLeaving):
        later(house)(member)


def test_stays_or_leaves_and_never_half(leaving: tuple[House, str]) -> None:
    """Architecture §11: workers and the member at the same moment; whoever stays keeps everything."""
    house, member = leaving
    pass_by(house, DAYS)

    def act(racer: int) -> str:
        if racer == RACERS // 2:
            try:
                Stay(house.database, house.clock)(member)
            except (NotFound, NotLeaving):
                return "too late"
            return "stayed"
        return "left" if finish(house) else "nothing"

    happened = race(act)
    (row,) = rows(house, members)
    assert happened.count("left") + happened.count("stayed") == 1
    assert row.status == (store.ACTIVE if "stayed" in happened else store.WITHDRAWN)
    assert (row.data_key is not None) is ("stayed" in happened)
    assert [each.state for each in rows(house, links)] == ["linked" if "stayed" in happened else "unlinked"]


def test_ends_nothing_of_who_is_suspended(leaving: tuple[House, str]) -> None:
    """Who could not have said that they stay does not leave; let back in, they have a day for it."""
    house, member = leaving
    tell = TellLinkedAgencies(house.randomness, house.catalogue)
    inform = Inform(Post(house.clock, house.randomness, house.cipher), house.directory)
    pass_by(house, DAYS)
    Suspend(house.database, house.clock, revoke_of_member, tell, inform)(member, actor=COMMAND, reason="case-17")
    assert finish(house) == 0
    with pytest.raises(NotFound):
        withdrawing(house)(member, due_by=house.clock.now())
    Restore(house.database, house.clock, tell, inform)(member, actor=COMMAND, reason="case-17")
    pass_by(house, timedelta(days=1) - timedelta(seconds=1))
    assert finish(house) == 0
    pass_by(house, timedelta(seconds=1))
    assert finish(house) == 1


def test_lets_others_leave_where_one_cannot(leaving: tuple[House, str]) -> None:
    """A profile that does not open must not stop the worker, which has events to deliver as well."""
    house, broken = leaving
    pass_by(house, timedelta(minutes=1))
    other = a_person(house, "second.member")
    later(house)(other)
    with house.database.transaction() as connection:
        connection.execute(update(members).where(members.c.id == broken).values(data_key=b"of another"))
    pass_by(house, DAYS)
    inform = Inform(Post(house.clock, house.randomness, house.cipher), house.directory)
    assert FinishLeaving(house.database, house.clock, replace(withdrawing(house), inform=inform))() == 1
    assert {row.id: row.status for row in rows(house, members)} == {broken: store.ACTIVE, other: store.WITHDRAWN}
