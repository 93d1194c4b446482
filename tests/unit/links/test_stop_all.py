"""Every link with an agency that goes: decided in a moment, ended piece by piece, each as if stopped alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from idp.audit.actor import COMMAND
from idp.audit.models import audit_records
from idp.house import House
from idp.links.models import link_changes, links, receipts
from idp.links.state import NoSuchStep
from idp.links.stop_all import STOP_ALL, StopAllLinks, StopEach
from idp.mail.models import outgoing_messages
from idp.mail.post import Post
from idp.members.inform import Inform
from idp.members.models import persons
from idp.signals.models import outbox
from idp.transmitter.expand import ExpandFanOuts
from tests.builders import a_person, agency, an_enterprise, link, party, register, unlink
from tests.fakes import FrozenClock
from tests.races import race

EVENTS = {"authorization_header": "Bearer of-this-test", "tenant_events": True}


@pytest.fixture
def members(any_house: House) -> list[str]:
    """Three persons and an enterprise, all linked with an agency that goes and one that stays."""
    for each in ("kamp", "voucher"):
        register(any_house, agency(each, party(each, events={"endpoint_url": f"https://{each}.example/e", **EVENTS})))
    made = [a_person(any_house, f"member{number}", email=f"m{number}@example.kr") for number in range(3)]
    made.append(an_enterprise(any_house))
    for member in made:
        link(any_house, member, "kamp")
        link(any_house, member, "voucher")
    return made


def decide(house: House, agency_id: str = "kamp") -> int:
    return StopAllLinks(house.database, house.clock, house.randomness)(agency_id, actor=COMMAND)


def worker(house: House, chunk: int = 2) -> ExpandFanOuts:
    inform = Inform(Post(house.clock, house.randomness, house.cipher), house.directory)
    each = StopEach(house.clock, house.randomness, house.catalogue, inform, timedelta(days=365))
    return ExpandFanOuts(
        house.database, house.clock, house.randomness, {STOP_ALL: each}, lambda _lane: True, chunk, 10_000
    )


def states(house: House, agency_id: str = "kamp") -> list[tuple[str, int]]:
    with house.database.reading() as connection:
        query = select(links.c.state, links.c.version).where(links.c.agency_id == agency_id).order_by(links.c.id)
        return [(row.state, row.version) for row in connection.execute(query)]


def test_ends_each_link_and_tells_agency_and_member(any_house: House, members: list[str]) -> None:
    """REQ-73: history, audit, event in bulk, letter and receipt, as for one; the enterprise's as a tenant's. Other
    agencies' links stand."""
    assert decide(any_house) == 4
    assert states(any_house) == [("linked", 1)] * 4
    while worker(any_house)():
        pass
    assert states(any_house) == [("unlinked", 2)] * 4
    assert states(any_house, "voucher") == [("linked", 1)] * 4
    with any_house.database.reading() as connection:
        said = connection.execute(
            select(outbox).where(outbox.c.state == "pending", outbox.c.relying_party_id == "kamp")
        ).mappings()
        changed = [row for row in said if row["event_type"] == "account-link-changed"]
        assert {(row["payload"]["current_status"], row["payload"]["reason"]) for row in changed} == {
            ("unlinked", "admin_unlink")
        }
        assert sorted(row["payload"]["scope"] for row in changed) == ["link", "link", "link", "tenant"]
        assert len(changed) == 4
        steps = connection.execute(select(link_changes.c.actor).where(link_changes.c.version == 2)).scalars().all()
        assert steps == ["operator:command"] * 4
        stopped = audit_records.c.action == "link.stopped"
        whose = connection.execute(select(audit_records.c.member_id).where(stopped)).scalars().all()
        assert sorted(str(each) for each in whose) == sorted(members)
        assert len(connection.execute(select(receipts)).all()) == 4
        assert len(connection.execute(select(outgoing_messages)).all()) >= 4


def test_leaves_alone_what_has_ended_or_was_linked_since(any_house: House, members: list[str]) -> None:
    """A member who comes back meanwhile, to an agency whose doors are still open, is not put out by an old decision."""
    unlink(any_house, members[0], "kamp")
    assert decide(any_house) == 3
    assert isinstance(any_house.clock, FrozenClock)
    any_house.clock.advance(timedelta(seconds=1))
    unlink(any_house, members[1], "kamp")
    link(any_house, members[1], "kamp")
    while worker(any_house)():
        pass
    assert sorted(states(any_house)) == [("linked", 3), ("unlinked", 2), ("unlinked", 2), ("unlinked", 2)]
    assert decide(any_house) == 1


def test_racing_with_members_and_other_workers_ends_each_once(any_house: House, members: list[str]) -> None:
    """Members unlink by themselves, one more agency goes, several workers write: one end for each link, no deadlock."""
    decide(any_house)
    decide(any_house, "voucher")

    def act(racer: int) -> None:
        if racer % 4 == 0:
            unlink(any_house, members[racer // 4], "kamp" if racer % 8 else "voucher")
        else:
            worker(any_house, 3)()

    def tolerant(racer: int) -> None:
        try:
            act(racer)
        except NoSuchStep:
            assert racer % 4 == 0

    race(tolerant, racers=16)
    while worker(any_house)():
        pass
    assert states(any_house) == states(any_house, "voucher") == [("unlinked", 2)] * 4


def test_ends_the_link_of_whom_nobody_can_write_to(any_house: House, members: list[str]) -> None:
    """A profile that cannot be opened keeps no link in force, and nobody else's."""
    with any_house.database.transaction() as connection:
        connection.execute(update(persons).where(persons.c.member_id == members[0]).values(profile=b"damaged"))
    decide(any_house)
    while worker(any_house)():
        pass
    assert states(any_house) == [("unlinked", 2)] * 4
