"""Who is told what becomes true of a member, on both kinds of database."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from idp.house import House
from idp.links.models import links
from idp.links.state import LinkState
from idp.links.tell_agencies import TellLinkedAgencies
from idp.links.told_agencies import connected
from idp.members import store as members
from idp.signals.event_types import REQUESTABLE
from idp.signals.models import outbox
from idp.signals.outbox import DELIVERED, EXPIRED, PENDING
from idp.signals.security_events import (
    ChangeType,
    CredentialType,
    Ended,
    Fact,
    account_disabled,
    account_enabled,
    credential_change,
    credential_change_required,
    credential_compromise,
    recovery_activated,
    recovery_information_changed,
    session_revoked,
    token_claims_change,
)
from tests.builders import EMAIL, PHONE, a_person, agency, link, party, register, unlink

EVERYTHING = {"events_requested": [each.value for each in REQUESTABLE]}
CLAIMS = {"name": "profile", "email": "email", "email_verified": "email", "phone_number": "phone"}


def events(identifier: str, **fields: Any) -> dict[str, Any]:
    return {"endpoint_url": f"https://{identifier}.example/events", **fields}


@pytest.fixture
def member(any_house: House) -> str:
    """A member of three agencies: two that ask for everything, one of them by two systems, and one for links only."""
    one = party("kamp", scope="openid profile email", events=events("kamp", **EVERYTHING))
    two = party("kamp-mobile", scope="openid phone", events=events("kamp-mobile", **EVERYTHING))
    heard = party(
        "voucher",
        scope="openid email phone",
        backchannel_logout_uri="https://voucher.example/out",
        events=events("voucher", **EVERYTHING),
    )
    register(
        any_house,
        agency("kamp", one, two),
        agency("voucher", heard),
        agency("links-only", party("links-only", events=events("links-only"))),
        agency("stranger", party("stranger", events=events("stranger", **EVERYTHING))),
    )
    member_id = a_person(any_house)
    link(any_house, member_id, "kamp", "openid", "profile", "email")
    link(any_house, member_id, "voucher", "openid", "phone")
    link(any_house, member_id, "links-only", "openid")
    return member_id


def tell(house: House, member_id: str, *facts: Fact) -> int:
    verb = TellLinkedAgencies(house.randomness, house.catalogue).ready()
    with house.database.transaction() as connection:
        members.lock(connection, member_id)
        return verb(connection, member_id, facts)


def told(house: House) -> list[Any]:
    """Everything queued but what the links themselves said."""
    with house.database.reading() as connection:
        query = select(outbox).where(outbox.c.event_type != "account-link-changed").order_by(outbox.c.seq)
        return list(connection.execute(query))


def put_state(house: House, agency_id: str, state: LinkState) -> None:
    with house.database.transaction() as connection:
        connection.execute(update(links).where(links.c.agency_id == agency_id).values(state=state.value))


def every_fact(house: House) -> tuple[Fact, ...]:
    now = house.clock.now()
    return (
        session_revoked(now, Ended.DISOWNED),
        credential_change(now, CredentialType.PASSWORD, ChangeType.UPDATE),
        token_claims_change(now, CLAIMS),
        account_disabled(now),
        account_enabled(now),
        credential_change_required(now),
        credential_compromise(now, CredentialType.PASSWORD),
        recovery_activated(now),
        recovery_information_changed(now),
    )


def test_tells_each_party_that_asked_and_no_other(any_house: House, member: str) -> None:
    """Account events §1.8: linked agencies only, and of those what their streams requested."""
    sent = tell(any_house, member, credential_change(any_house.clock.now(), CredentialType.APP, ChangeType.CREATE))
    rows = told(any_house)
    assert sent == len(rows) == 3
    assert [row.relying_party_id for row in rows] == ["kamp", "kamp-mobile", "voucher"]
    assert {row.link_id for row in rows} == {None}, "that a link is told of does not wait for this"


def test_tells_of_all_sessions_by_logout_token_too(any_house: House, member: str) -> None:
    """Back-Channel Logout §2.4; CAEP §3.1: the same cause, so the same txn."""
    tell(any_house, member, session_revoked(any_house.clock.now(), Ended.EVERYWHERE))
    rows = [row for row in told(any_house) if row.relying_party_id == "voucher"]
    assert [(row.channel, row.event_type) for row in rows] == [
        ("logout", "backchannel-logout"),
        ("event", "session-revoked"),
    ]
    assert len({row.txn for row in rows}) == 1
    assert rows[0].payload == {"sub": rows[0].subject}


def test_names_the_claims_that_each_party_may_have_and_no_value(any_house: House, member: str) -> None:
    """CAEP §3.2: by what it registered and the member agreed to; a party without consent hears nothing."""
    tell(any_house, member, token_claims_change(any_house.clock.now(), CLAIMS))
    rows = told(any_house)
    assert {row.relying_party_id: row.payload["claims"] for row in rows} == {
        "kamp": {"email": None, "email_verified": None, "name": None},
        "voucher": {"phone_number": None},
    }
    written = json.dumps([dict(row.payload) for row in rows], ensure_ascii=False)
    assert not any(value in written for value in (EMAIL, PHONE, "홍길동"))


def test_leaves_a_link_told_while_claims_wait(any_house: House, member: str) -> None:
    """REQ-33: what the page says of an agency is about the link."""
    with any_house.database.transaction() as connection:
        connection.execute(update(outbox).values(state=DELIVERED))
    tell(any_house, member, token_claims_change(any_house.clock.now(), CLAIMS))
    with any_house.database.reading() as connection:
        assert all(told for _agency, told in connected(connection, member))


def test_tells_a_suspended_link_of_everything_but_claims(any_house: House, member: str) -> None:
    """Suspended, nothing is released; what threatens the account is still the agency's business."""
    put_state(any_house, "voucher", LinkState.SUSPENDED)
    now = any_house.clock.now()
    tell(any_house, member, session_revoked(now, Ended.DISOWNED), token_claims_change(now, CLAIMS))
    assert [row.event_type for row in told(any_house) if row.relying_party_id == "voucher"] == ["session-revoked"]


def test_tells_nothing_once_a_link_has_ended(any_house: House, member: str) -> None:
    """REQ-73; and what waited about the member's claims is withheld."""
    tell(any_house, member, token_claims_change(any_house.clock.now(), CLAIMS))
    unlink(any_house, member, "kamp")
    states = {row.relying_party_id: row.state for row in told(any_house) if row.event_type == "token-claims-change"}
    assert states == {"kamp": EXPIRED, "voucher": PENDING}
    before = len(told(any_house))
    tell(any_house, member, recovery_activated(any_house.clock.now()))
    assert {row.relying_party_id for row in told(any_house)[before:]} == {"voucher"}


def test_says_nothing_by_which_two_agencies_find_one_member(any_house: House, member: str) -> None:
    """Architecture §11.4: of what one of them hears, nothing is in what another hears but kinds, words and times."""
    tell(any_house, member, *every_fact(any_house))
    rows = told(any_house)
    by_party = {name: [row for row in rows if row.relying_party_id == name] for name in ("kamp", "voucher")}
    common = {row.subject for row in by_party["kamp"]} & {row.subject for row in by_party["voucher"]}
    common |= {row.txn for row in by_party["kamp"]} & {row.txn for row in by_party["voucher"]}
    assert common == set()
    innocent = {
        "event_timestamp",
        "initiating_entity",
        "reason_admin",
        "credential_type",
        "change_type",
        "claims",
        "sub",
    }
    assert {name for row in rows for name in row.payload} <= innocent


def test_tells_nothing_of_what_was_undone(any_house: House, member: str) -> None:
    """Architecture §11: an uncommitted change is never told."""
    verb = TellLinkedAgencies(any_house.randomness, any_house.catalogue).ready()

    def act(connection: Connection) -> None:
        verb(connection, member, every_fact(any_house))
        raise KeyError

    with pytest.raises(KeyError), any_house.database.transaction() as connection:
        act(connection)
    assert told(any_house) == []


def test_asks_for_nothing_where_nothing_happened(any_house: House, member: str) -> None:
    """No fact, no message."""
    assert tell(any_house, member) == 0
    assert told(any_house) == []
