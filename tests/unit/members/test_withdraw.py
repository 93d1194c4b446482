"""Leaving: all of it or nothing, once, and for good (REQ-76…81)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, select

from idp.agencies.catalogue import Catalogue
from idp.audit.actor import MEMBER, Actor
from idp.credentials import store as credentials
from idp.credentials.models import passwords
from idp.errors import NotFound
from idp.house import House
from idp.links.models import consents, link_changes, links
from idp.links.state import LinkState
from idp.links.stop import ReleaseAllLinks
from idp.members import store
from idp.members.join import AlreadyAMember
from idp.members.models import enterprises, members, persons
from idp.members.withdraw import Released
from idp.signals.models import outbox
from idp.storage.columns import metadata
from idp.storage.database import Database
from tests.builders import (
    EMAIL,
    NAME,
    PHONE,
    a_house,
    a_person,
    agency,
    an_enterprise,
    link,
    party,
    register,
    unlink,
    withdrawing,
)
from tests.fakes import FrozenClock
from tests.races import RACERS, race
from tests.statements import heard

EVENTS = {"authorization_header": "Bearer of-this-test"}


def events(identifier: str) -> dict[str, Any]:
    return {**EVENTS, "endpoint_url": f"https://{identifier}.example/events"}


@pytest.fixture
def populated(any_house: House) -> tuple[House, str]:
    """Three agencies; a member linked with two of them and no longer with the third."""
    for identifier in ("kamp", "smtech", "voucher"):
        fields = {"events": events(identifier), "scope": "openid profile"}
        register(any_house, agency(identifier, party(identifier, **fields)))
    member = a_person(any_house)
    for identifier in ("kamp", "smtech", "voucher"):
        link(any_house, member, identifier, "openid", "profile")
    unlink(any_house, member, "smtech")
    return any_house, member


def everything(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    with database.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


class Cut(Exception):
    """As if the process had died at this statement."""


@contextmanager
def cut_at(house: House, number: int) -> Iterator[list[str]]:
    """Let this thread's statement of that number fail; the statements that came before it."""
    me, seen = threading.get_ident(), list[str]()

    def before(statement: str, _values: Any) -> None:
        if threading.get_ident() == me and not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")):
            if len(seen) == number:
                raise Cut(statement)
            seen.append(statement)

    with heard(house.database, before):
        yield seen


def test_happens_whole_or_not_at_all(populated: tuple[House, str]) -> None:
    """Architecture §6: links, credentials, data key, outbox and audit commit together, cut off at any statement."""
    house, member = populated
    before = everything(house.database)
    for number in range(100):
        try:
            with cut_at(house, number) as seen:
                withdrawing(house)(member)
        except Cut:
            assert everything(house.database) == before, seen
        else:
            break
    assert number > 10
    assert everything(house.database) != before


def test_leaves_nothing_that_names_the_member(populated: tuple[House, str]) -> None:
    """REQ-76, 즉시파기: no profile, no digest, no password, no data key; the id remains, never to be given again."""
    house, member = populated
    with house.database.reading() as connection:
        held = connection.execute(select(persons)).mappings().one()
        traces = {str(value) for name, value in held.items() if name.endswith("_digest") and value is not None}
        key = connection.execute(select(members.c.data_key)).scalar_one()
    withdrawing(house)(member)
    with house.database.reading() as connection:
        assert connection.execute(select(persons)).all() == []
        assert connection.execute(select(passwords)).all() == []
        row = connection.execute(select(members)).one()
        assert (row.id, row.status, row.data_key) == (member, store.WITHDRAWN, None)
        assert row.withdrawn_at == house.clock.now()
        assert house.directory.profile(store.find(connection, member) or pytest.fail("gone")) is None
    said = repr(everything(house.database))
    for trace in (NAME, EMAIL, PHONE, "honggildong", repr(key)[2:-1], *traces):
        assert trace not in said


def test_ends_every_link_and_tells_each_party_under_a_cause_of_its_own(populated: tuple[House, str]) -> None:
    """REQ-79, Account events §1.8: link changed and account purged, once for each link that was alive.

    Architecture §11.4: one txn a party, shared by no two, or a withdrawal would join the member's subjects."""
    house, member = populated
    with house.database.reading() as connection:
        known = connection.execute(select(outbox.c.seq)).scalars().all()
    assert withdrawing(house)(member).agencies == ("kamp", "voucher")
    with house.database.reading() as connection:
        states = connection.execute(select(links.c.state)).scalars().all()
        assert set(states) == {LinkState.UNLINKED.value}
        assert connection.execute(select(consents).where(consents.c.ended_at.is_(None))).all() == []
        rows = connection.execute(select(outbox).where(outbox.c.seq.not_in(known)).order_by(outbox.c.seq)).all()
        reasons = connection.execute(
            select(link_changes.c.reason).where(link_changes.c.reason == "member_withdrawal")
        ).all()
    assert [(row.relying_party_id, row.event_type) for row in rows] == [
        ("kamp", "account-link-changed"),
        ("kamp", "account-purged"),
        ("voucher", "account-link-changed"),
        ("voucher", "account-purged"),
    ]
    assert rows[0].txn == rows[1].txn
    assert rows[2].txn == rows[3].txn
    assert rows[0].txn != rows[2].txn
    assert len(reasons) == 2
    said = json.dumps([row.payload for row in rows], ensure_ascii=False)
    assert not any(trace in said for trace in (NAME, EMAIL, PHONE, "honggildong", member))


def test_happens_once(populated: tuple[House, str]) -> None:
    """Sixteen clicks, one withdrawal, one set of messages."""
    house, member = populated

    def act(_racer: int) -> bool:
        try:
            withdrawing(house)(member)
        except NotFound:
            return False
        return True

    with house.database.reading() as connection:
        before = len(connection.execute(select(outbox)).all())
    assert sum(race(act)) == 1
    with house.database.reading() as connection:
        assert len(connection.execute(select(outbox)).all()) == before + 4
    with pytest.raises(NotFound):
        withdrawing(house)(member)
    with pytest.raises(NotFound):
        withdrawing(house)("nobody")


def test_coming_back_is_a_new_membership(populated: tuple[House, str]) -> None:
    """Architecture §6: the 아이디 is free again; every subject is new."""
    house, member = populated
    before = {row.subject for row in rows(house, links)}
    withdrawing(house)(member)
    again = a_person(house)
    assert again != member
    made = link(house, again, "kamp")
    assert made.subject not in before
    assert made.version == 1


def test_an_enterprise_leaves_for_its_own_reason(any_house: House) -> None:
    """Architecture §7: enterprise_withdrawal; its number may join again under another UUID."""
    register(any_house, agency("kamp", party("kamp", events=events("kamp"))))
    member = an_enterprise(any_house)
    former = rows(any_house, enterprises)[0].enterprise_uuid
    link(any_house, member, "kamp")
    withdrawing(any_house)(member)
    assert rows(any_house, outbox)[-2].payload["reason"] == "enterprise_withdrawal"
    assert rows(any_house, enterprises) == []
    an_enterprise(any_house)
    assert rows(any_house, enterprises)[0].enterprise_uuid != former


def rows(house: House, table: Any) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def test_no_link_survives_a_withdrawal_that_races_it(populated: tuple[House, str]) -> None:
    """Architecture §11: linking and leaving lock the same row, so neither passes the other."""
    house, member = populated

    def act(racer: int) -> str:
        try:
            if racer == RACERS // 2:
                withdrawing(house)(member)
                return "left"
            link(house, member, ("kamp", "smtech", "voucher")[racer % 3], "openid", f"scope{racer}")
        except NotFound:
            return "refused"
        return "linked"

    for _round in range(2):
        assert "left" in race(act)
        assert {row.state for row in rows(house, links) if row.member_id == member} == {"unlinked"}
        assert [row for row in rows(house, consents) if row.ended_at is None] == []
        for identifier in ("kamp", "smtech", "voucher"):
            last = [row for row in rows(house, outbox) if row.relying_party_id == identifier][-1]
            # Nothing that says "linked" was queued after the last word.
            assert last.event_type == "account-purged" or last.payload["current_status"] == "unlinked"
        member = a_person(house)
        link(house, member, "kamp")


def test_of_sixteen_who_want_one_login_id_one_joins(any_house: House) -> None:
    """REQ-36, architecture §11: the database's unique digest decides; no half of an account remains."""

    def act(_racer: int) -> bool:
        try:
            a_person(any_house)
        except AlreadyAMember:
            return False
        return True

    assert sum(race(act)) == 1
    assert len(rows(any_house, members)) == len(rows(any_house, persons)) == len(rows(any_house, passwords)) == 1


def test_of_sixteen_enterprises_of_one_number_one_joins(any_house: House) -> None:
    """REQ-18: one per 사업자등록번호."""

    def act(_racer: int) -> bool:
        try:
            an_enterprise(any_house)
        except AlreadyAMember:
            return False
        return True

    assert sum(race(act)) == 1
    assert len(rows(any_house, enterprises)) == len(rows(any_house, members)) == 1


def test_the_login_id_is_compared_without_case(house: House) -> None:
    """Requirements C3; and in one spelling of Unicode."""
    member = a_person(house)
    with house.database.reading() as connection:
        for spelling in ("honggildong", "HongGilDong", " honggildong "):
            assert house.directory.member_id(connection, spelling) == member
        assert house.directory.member_id(connection, "honggildon") is None


def test_ends_with_the_password_too(database: Database, keys_dir: Any, frozen_clock: FrozenClock) -> None:
    """REQ-76: nothing to check a password against is left."""
    house = a_house(database.engine.url.render_as_string(hide_password=False), keys_dir, frozen_clock)
    member = a_person(house)
    with house.database.reading() as connection:
        assert credentials.password_hash(connection, member)
    withdrawing(house)(member)
    with house.database.reading() as connection:
        assert credentials.password_hash(connection, member) is None
    house.close()


def test_looks_the_catalogue_up_before_the_transaction(populated: tuple[House, str]) -> None:
    """Sixteen who leave at once each hold a connection; were they to ask for a second one inside, the pool would be
    empty and all of them wait."""
    house, member_id = populated
    inside: list[bool] = []

    class Watched(ReleaseAllLinks):
        def __call__(
            self, connection: Connection, member_id: str, kind: str, at: datetime, actor: Actor = MEMBER
        ) -> Released:
            with patch.object(Catalogue, "snapshot", side_effect=AssertionError("inside the transaction")):
                told = super().__call__(connection, member_id, kind, at, actor)
            inside.append(True)
            return told

    withdraw = replace(withdrawing(house), release_links=Watched(house.randomness, house.catalogue))
    assert withdraw(member_id).agencies == ("kamp", "voucher")
    assert inside == [True]
