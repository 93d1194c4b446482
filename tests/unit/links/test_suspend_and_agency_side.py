"""Who else may change a link: an operator, and the agency by its own server."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.agencies.relying_party import RelyingParty
from idp.audit.actor import COMMAND
from idp.audit.models import audit_records
from idp.errors import NotFound
from idp.house import House
from idp.links import store
from idp.links.accounts import AgencyAccounts
from idp.links.agency_side import AgencySide, NoConsent
from idp.links.attach import AttachAccount
from idp.links.connect import Connect
from idp.links.models import consents, link_changes, links
from idp.links.offered_account import OfferedAccount
from idp.links.state import LinkState, NoSuchStep
from idp.links.stop import StopLink
from idp.links.suspend import RestoreLink, SuspendLink
from idp.signals.catalogue import LinkReason
from idp.signals.models import outbox
from tests.builders import a_person, agency, link, party, register, unlink, withdrawing
from tests.fakes import FrozenClock
from tests.races import race


def events(identifier: str) -> dict[str, str]:
    return {"endpoint_url": f"https://{identifier}.example/events", "authorization_header": "Bearer of-this-test"}


@pytest.fixture
def member(any_house: House) -> str:
    """A member linked with an agency whose two relying parties hear of events."""
    one, two = (party(each, events=events(each), scope="openid profile") for each in ("kamp", "kamp-mobile"))
    register(any_house, agency("kamp", one, two), agency("other", party("other")))
    made = a_person(any_house)
    link(any_house, made, "kamp", "openid", "profile")
    return made


def accounts(house: House) -> AgencyAccounts:
    return AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)


def suspending(house: House) -> SuspendLink:
    return SuspendLink(house.database, house.clock, house.randomness, house.catalogue)


def restoring(house: House) -> RestoreLink:
    return RestoreLink(house.database, house.clock, house.randomness, house.catalogue, accounts(house))


def agency_side(house: House) -> AgencySide:
    stop = StopLink(house.database, house.clock, house.randomness, house.catalogue)
    return AgencySide(stop, house.settings.leaving.agency_relink)


def registered(house: House, identifier: str = "kamp") -> RelyingParty:
    found = house.catalogue.relying_party(identifier)
    assert found is not None
    return found


def subject(house: House) -> str:
    (row,) = rows(house, links)
    return str(row.subject)


def rows(house: House, table: Any) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def last_told(house: House, count: int) -> list[tuple[str, str, str, str]]:
    return [
        (row.relying_party_id, row.payload["current_status"], row.payload["reason"], row.payload["initiating_entity"])
        for row in rows(house, outbox)[-count:]
    ]


def test_a_suspended_link_gives_nothing_and_keeps_what_it_had(any_house: House, member: str) -> None:
    """Architecture §6: nothing issued before is good; consent, accounts and the day it began stay."""
    connect = Connect(any_house.database, any_house.clock, any_house.randomness, any_house.catalogue)
    account = OfferedAccount("kim@kamp", "김계정")
    attach = AttachAccount(connect, accounts(any_house))
    before = attach(member, registered(any_house), account, reason=LinkReason.CONVERSION)
    (since,) = (row.linked_at for row in rows(any_house, links))
    assert isinstance(any_house.clock, FrozenClock)
    any_house.clock.advance(timedelta(hours=1))
    held = suspending(any_house)(member, "kamp", actor=COMMAND)
    assert (held.state, held.version, held.subject) == (LinkState.SUSPENDED, before.version + 1, before.subject)
    assert last_told(any_house, 2) == [
        ("kamp", "suspended", "admin_suspension", "admin"),
        ("kamp-mobile", "suspended", "admin_suspension", "admin"),
    ]
    restored = restoring(any_house)(member, "kamp", actor=COMMAND)
    assert (restored.state, restored.version) == (LinkState.LINKED, before.version + 2)
    with any_house.database.reading() as connection:
        versions = range(1, restored.version + 1)
        alive = [store.member_behind(connection, before.id, each) is not None for each in versions]
    assert alive == [False] * (restored.version - 1) + [True]
    told = [row.payload for row in rows(any_house, outbox)[-2:]]
    assert [each.get("agency_account") for each in told] == ["kim@kamp", None]
    assert [row.linked_at for row in rows(any_house, links)] == [since]
    assert sum(row.ended_at is None for row in rows(any_house, consents)) == 1
    assert [row.actor for row in rows(any_house, link_changes)][-2:] == ["operator:command"] * 2
    assert [row.actor for row in rows(any_house, audit_records) if row.action == "link.restored"] == [
        "operator:command"
    ]


def test_suspends_only_what_is_in_force_and_restores_only_what_is_suspended(any_house: House, member: str) -> None:
    """The drawing of `idp/links/state.py`."""
    with pytest.raises(NoSuchStep):
        restoring(any_house)(member, "kamp", actor=COMMAND)
    unlink(any_house, member, "kamp")
    with pytest.raises(NoSuchStep):
        suspending(any_house)(member, "kamp", actor=COMMAND)
    with pytest.raises(NotFound):
        suspending(any_house)(member, "other", actor=COMMAND)


def test_of_sixteen_who_suspend_at_once_one_does(any_house: House, member: str) -> None:
    """Architecture §11: one winner, one version, one message for each relying party."""
    before = len(rows(any_house, outbox))

    def act(_racer: int) -> bool:
        try:
            suspending(any_house)(member, "kamp", actor=COMMAND)
        except NoSuchStep:
            return False
        return True

    assert sum(race(act)) == 1
    assert [row.version for row in rows(any_house, link_changes)] == [1, 2]
    assert len(rows(any_house, outbox)) == before + 2


def test_whatever_races_whatever_versions_have_no_gap(any_house: House, member: str) -> None:
    """Architecture §6: member, operator and agency at once; history, link and messages agree afterwards."""
    name = subject(any_house)
    verbs = (
        lambda: suspending(any_house)(member, "kamp", actor=COMMAND),
        lambda: restoring(any_house)(member, "kamp", actor=COMMAND),
        lambda: agency_side(any_house).unlink(registered(any_house), name),
        lambda: agency_side(any_house).relink(registered(any_house), name),
        lambda: link(any_house, member, "kamp"),
        lambda: unlink(any_house, member, "kamp"),
    )

    def act(racer: int) -> None:
        for turn in range(3):
            try:
                verbs[(racer + turn) % len(verbs)]()
            except (NoSuchStep, NoConsent):
                continue

    race(act)
    steps = rows(any_house, link_changes)
    assert [row.version for row in steps] == list(range(1, len(steps) + 1))
    assert all(row.previous == former.current for former, row in itertools.pairwise(steps))
    (now,) = rows(any_house, links)
    assert (now.version, now.state, now.subject) == (steps[-1].version, steps[-1].current, name)
    heard = [row.link_version for row in rows(any_house, outbox) if row.relying_party_id == "kamp-mobile"]
    assert heard == [row.version for row in steps]


def test_an_agencys_own_unlink_is_told_to_its_others_only(any_house: House, member: str) -> None:
    """Account events §1.9: not echoed to the caller; the version moves all the same, and reconciliation shows it."""
    before = len(rows(any_house, outbox))
    gone = agency_side(any_house).unlink(registered(any_house), subject(any_house))
    assert (gone.state, gone.version) == (LinkState.UNLINKED, 2)
    assert len(rows(any_house, outbox)) == before + 1
    assert last_told(any_house, 1) == [("kamp-mobile", "unlinked", "agency_unlink", "admin")]
    assert rows(any_house, link_changes)[-1].actor == "agency:kamp"
    (record,) = (row for row in rows(any_house, audit_records) if row.action == "link.stopped")
    assert (record.actor, record.relying_party_id) == ("agency:kamp", "kamp")
    assert all(row.ended_at is not None for row in rows(any_house, consents))


def test_an_agency_takes_its_own_unlink_back(any_house: House, member: str) -> None:
    """Architecture §6: a relink keeps the subject; the consent is the one the member gave, no other."""
    link(any_house, member, "kamp", "openid")
    name, side = subject(any_house), agency_side(any_house)
    side.unlink(registered(any_house), name)
    again = side.relink(registered(any_house), name)
    assert (again.state, again.subject, again.version) == (LinkState.LINKED, name, 3)
    assert last_told(any_house, 1) == [("kamp-mobile", "linked", "agency_relink", "admin")]
    assert [row.scopes for row in rows(any_house, consents) if row.ended_at is None] == [["openid"]]
    assert side.relink(registered(any_house), name).version == again.version


def test_an_agency_cannot_undo_what_others_decided(any_house: House, member: str) -> None:
    """PIPA §37: who withdrew their consent is not linked again without being asked; nor after an operator's stop."""
    name, side = subject(any_house), agency_side(any_house)
    unlink(any_house, member, "kamp")
    with pytest.raises(NoConsent):
        side.relink(registered(any_house), name)
    link(any_house, member, "kamp")
    stop = StopLink(any_house.database, any_house.clock, any_house.randomness, any_house.catalogue)
    stop(member, "kamp", reason=LinkReason.ADMIN_UNLINK, actor=COMMAND)
    with pytest.raises(NoConsent):
        side.relink(registered(any_house), name)
    assert rows(any_house, links)[0].state == "unlinked"
    assert all(row.ended_at is not None for row in rows(any_house, consents))


def test_an_agency_cannot_take_back_what_is_long_ago(any_house: House, member: str) -> None:
    """`leaving.agency_relink`: later the member has forgotten what they agreed to."""
    name, side = subject(any_house), agency_side(any_house)
    side.unlink(registered(any_house), name)
    assert isinstance(any_house.clock, FrozenClock)
    any_house.clock.advance(side.relink_within + timedelta(seconds=1))
    with pytest.raises(NoConsent):
        side.relink(registered(any_house), name)


def test_a_relying_party_that_had_no_consent_gets_none(any_house: House, member: str) -> None:
    """PIPA §17: consent is each relying party's own, also when another of the agency is taken back."""
    name, side = subject(any_house), agency_side(any_house)
    side.unlink(registered(any_house), name)
    with pytest.raises(NoConsent):
        side.relink(registered(any_house, "kamp-mobile"), name)
    assert rows(any_house, links)[0].version == 2
    assert all(row.ended_at is not None for row in rows(any_house, consents))


def test_an_agency_reaches_its_own_subjects_only(any_house: House, member: str) -> None:
    """Architecture §11.4: another agency's subject is nobody, and so is a member who left."""
    name, side = subject(any_house), agency_side(any_house)
    for call in (side.unlink, side.relink):
        with pytest.raises(NotFound):
            call(registered(any_house, "other"), name)
    side.unlink(registered(any_house), name)
    withdrawing(any_house)(member)
    with pytest.raises(NotFound):
        side.relink(registered(any_house), name)


@pytest.mark.parametrize("how", ["unlink", "withdraw"])
def test_no_message_names_an_account_once_the_link_has_ended(any_house: House, member: str, how: str) -> None:
    """즉시파기: an account's id often is an e-mail address, and what was sent is kept for months."""
    connect = Connect(any_house.database, any_house.clock, any_house.randomness, any_house.catalogue)
    attach = AttachAccount(connect, accounts(any_house))
    for each in ("kim@kamp.example", "kim2@kamp.example"):
        attach(member, registered(any_house), OfferedAccount(each, "김계정"), reason=LinkReason.CONVERSION)
        with any_house.database.transaction() as connection:
            connection.execute(update(outbox).values(state="delivered", settled_at=any_house.clock.now()))
    attach(member, registered(any_house), OfferedAccount("kim3@kamp.example", "김계정"), reason=LinkReason.CONVERSION)
    other = a_person(any_house, "second.member")
    attach(other, registered(any_house), OfferedAccount("lee@kamp.example", "이계정"), reason=LinkReason.CONVERSION)
    if how == "unlink":
        unlink(any_house, member, "kamp")
    else:
        withdrawing(any_house)(member)
    said = json.dumps([row.payload for row in rows(any_house, outbox)])
    assert said.count("@kamp.example") == said.count("lee@kamp.example") == 1
    changes = [row for row in rows(any_house, outbox) if row.event_type == "account-link-changed"]
    assert all(row.payload["version"] == row.link_version for row in changes)
