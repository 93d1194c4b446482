"""Making and ending links, on both kinds of database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from idp.audit.models import audit_records
from idp.errors import NotFound
from idp.house import House
from idp.links import store
from idp.links.models import consents, link_changes, links
from idp.links.state import LinkState, NoSuchStep
from idp.signals.models import outbox
from tests.builders import a_person, agency, link, party, register, unlink
from tests.races import RACERS, race

EVENTS = {"endpoint_url": "https://kamp.example/events", "authorization_header": "Bearer of-this-test"}


@pytest.fixture
def member(any_house: House) -> str:
    """A member, and an agency with two relying parties of which one hears of events."""
    one = party("kamp", events=EVENTS, scope="openid profile")
    register(any_house, agency("kamp", one, party("kamp-mobile", scope="openid email")), agency("voucher"))
    return a_person(any_house)


def rows(house: House, table: Any) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def test_keeps_subject_and_counts_versions(any_house: House, member: str) -> None:
    """Architecture §6: a version that only grows; a relink keeps the subject; every step is remembered."""
    first = link(any_house, member, "kamp")
    stopped = unlink(any_house, member, "kamp")
    again = link(any_house, member, "kamp")
    assert [each.version for each in (first, stopped, again)] == [1, 2, 3]
    assert first.subject == stopped.subject == again.subject
    steps = [(row.version, row.previous, row.current, row.reason) for row in rows(any_house, link_changes)]
    assert steps == [
        (1, None, "linked", "sign_in"),
        (2, "linked", "unlinked", "member_unlink"),
        (3, "unlinked", "linked", "sign_in"),
    ]
    assert [row.link_version for row in rows(any_house, outbox)] == [1, 2, 3]
    actions = [row.action for row in rows(any_house, audit_records)]
    assert actions.count("link.connected") == 2
    assert actions.count("link.stopped") == 1


def test_subjects_say_nothing(any_house: House, member: str) -> None:
    """Architecture §2: random, at least 128 bits, lower-case base32, another for each member."""
    other = a_person(any_house, "second.member")
    subjects = {link(any_house, who, "kamp").subject for who in (member, other)}
    assert len(subjects) == 2
    for subject in subjects:
        assert len(subject) == 32
        assert set(subject) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_a_link_in_force_stays_as_it_is(any_house: House, member: str) -> None:
    """Only the consent is renewed; nobody is told of a change that was none."""
    first = link(any_house, member, "kamp", "openid")
    again = link(any_house, member, "kamp", "openid", "profile")
    assert again == first
    assert len(rows(any_house, outbox)) == 1
    ended = [(row.scopes, row.ended_at is not None) for row in rows(any_house, consents)]
    assert ended == [(["openid"], True), (["openid", "profile"], False)]


def test_consent_is_each_relying_partys_own(any_house: House, member: str) -> None:
    """PIPA §17: the same agency and subject, but what one system may have is not the other's."""
    one = link(any_house, member, "kamp", "openid", "profile")
    two = link(any_house, member, "kamp-mobile", "openid", "email")
    assert one.subject == two.subject
    with any_house.database.reading() as connection:
        mine = store.standing(connection, member, "kamp", "kamp-mobile")
    assert mine is not None
    assert mine.consented == {"openid", "email"}


def test_stopping_ends_every_consent(any_house: House, member: str) -> None:
    """계정 연결 중단 withdraws what was agreed for all systems of the agency."""
    link(any_house, member, "kamp")
    link(any_house, member, "kamp-mobile")
    unlink(any_house, member, "kamp")
    assert all(row.ended_at is not None for row in rows(any_house, consents))
    with any_house.database.reading() as connection:
        mine = store.standing(connection, member, "kamp", "kamp")
    assert mine is not None
    assert mine.consented == frozenset()


def test_refuses_to_stop_what_is_not_there(any_house: House, member: str) -> None:
    """A second click, an agency never linked, a member who is gone."""
    with pytest.raises(NotFound):
        unlink(any_house, member, "voucher")
    with pytest.raises(NotFound):
        unlink(any_house, "nobody", "kamp")
    link(any_house, member, "kamp")
    unlink(any_house, member, "kamp")
    with pytest.raises(NoSuchStep):
        unlink(any_house, member, "kamp")


def test_connects_nobody_past_a_suspension(any_house: House, member: str) -> None:
    """Architecture §6: only whoever suspended a link restores it; nothing is written."""
    link(any_house, member, "kamp")
    with any_house.database.transaction() as connection:
        connection.execute(update(links).values(state=LinkState.SUSPENDED.value))
    before = len(rows(any_house, audit_records))
    with pytest.raises(NoSuchStep):
        link(any_house, member, "kamp")
    assert len(rows(any_house, audit_records)) == before


def test_sixteen_first_sign_ins_make_one_link(any_house: House, member: str) -> None:
    """Architecture §11: one subject, one version, one message."""
    made = race(lambda _racer: link(any_house, member, "kamp"))
    assert len(set(made)) == 1
    assert len(rows(any_house, links)) == 1
    assert [row.link_version for row in rows(any_house, outbox)] == [1]
    assert sum(row.ended_at is None for row in rows(any_house, consents)) == 1


def test_steps_at_once_are_steps_one_after_the_other(any_house: House, member: str) -> None:
    """Architecture §6: whoever connects and stops at once, versions have no gap and messages leave in their order."""
    link(any_house, member, "kamp")

    def act(racer: int) -> None:
        try:
            if racer % 2:
                unlink(any_house, member, "kamp")
            else:
                link(any_house, member, "kamp")
        except NoSuchStep:
            pass

    race(act, RACERS)
    steps = [row.version for row in rows(any_house, link_changes)]
    assert steps == list(range(1, len(steps) + 1))
    assert [row.link_version for row in rows(any_house, outbox)] == steps
    (held,) = rows(any_house, links)
    assert held.version == steps[-1]
