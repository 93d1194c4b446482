"""Joining again after a withdrawal: a new member with new subjects, recognised only by their own wish."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, select

from idp.app.shared import leave
from idp.house import House
from idp.links.models import former_subjects, links
from idp.mail.post import Post
from idp.members.inform import Inform
from idp.signals.models import outbox
from tests.unit.enrolment.joining import at_agencies, send_last
from tests.unit.enrolment.walk import Site, Walker

TICK = "이전 회원 식별값을 알리는 데 동의합니다."


def rows(house: House, table: Any) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def left(site: Site, kind: str, *, keep: bool) -> set[str]:
    """The subjects of somebody who joined with two agencies and has left."""
    house = site.house
    send_last(at_agencies(site, kind), ["kamp", "voucher"])
    (member,) = {row.member_id for row in rows(house, links)}
    inform = Inform(Post(house.clock, house.randomness, house.cipher), house.directory)
    leave(house).by(inform)(member, keep_subjects=keep)
    with house.database.transaction() as connection:
        connection.execute(delete(outbox))
    return {row.subject for row in rows(house, links)}


def join_again(site: Site, kind: str, *, tick: bool) -> Walker:
    walker = at_agencies(site, kind)
    form = next(form for form in walker.document.forms if form.get("action") == walker.path)
    sent = {"csrf_token": form.fields["csrf_token"], "agency": ["kamp", "voucher"]}
    answer = walker.client.post(walker.path, data=sent | ({"tell_former": "yes"} if tick else {}))
    assert answer.status_code == 303
    return walker


def told(house: House) -> dict[str, str | None]:
    return {row.relying_party_id: row.payload.get("previous_subject") for row in rows(house, outbox)}


@pytest.mark.parametrize("kind", ["person", "enterprise"])
def test_tells_the_agency_that_asks_whom_it_knew(site: Site, kind: str) -> None:
    """Architecture §6: asked as they left and as they joined again; a new subject, and the former one beside it."""
    former = left(site, kind, keep=True)
    walker = join_again(site, kind, tick=True)
    assert walker.sees(TICK)
    now = {row.agency_id: row.subject for row in rows(site.house, links) if row.subject not in former}
    assert now.keys() == {"kamp", "voucher"}
    said = told(site.house)
    assert said["kamp"] in former
    assert said["voucher"] is None
    assert rows(site.house, former_subjects) == []


def test_tells_nobody_who_was_not_asked_again(site: Site) -> None:
    """The tick is off beforehand; what was kept is destroyed whatever they chose."""
    left(site, "person", keep=True)
    walker = join_again(site, "person", tick=False)
    assert walker.sees(TICK)
    assert set(told(site.house).values()) == {None}
    assert rows(site.house, former_subjects) == []


def test_offers_nothing_to_whoever_kept_nothing(site: Site) -> None:
    """Nor does it believe a form that says yes to what was not asked."""
    left(site, "person", keep=False)
    assert not join_again(site, "person", tick=True).sees(TICK)
    assert set(told(site.house).values()) == {None}
