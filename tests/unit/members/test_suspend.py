"""Suspending members and requiring new passwords, on both kinds of database."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, select

from idp.audit.actor import COMMAND
from idp.audit.models import audit_records
from idp.credentials import store as credentials
from idp.errors import NotFound
from idp.house import House
from idp.links.models import links
from idp.links.tell_agencies import TellLinkedAgencies
from idp.mail.models import outgoing_messages
from idp.mail.post import Post
from idp.members import store
from idp.members.change_profile import ChangeProfile, edition
from idp.members.inform import Inform
from idp.members.prove_email import ProveEmail
from idp.members.suspend import NotToBeSuspended, Restore, Suspend
from idp.oidc.grants import revoke_of_member
from idp.recovery.require_new_password import NoWayBack, RequireNewPassword
from idp.signals.event_types import REQUESTABLE
from idp.signals.models import outbox
from idp.signals.security_events import Fact, TellAgencies
from idp.signin.password import WAY_BACK
from tests.builders import EMAIL, a_person, agency, an_enterprise, link, party, register, withdrawing
from tests.races import race

EVENTS = {
    "endpoint_url": "https://kamp.example/events",
    "events_requested": [each.value for each in REQUESTABLE if each.value != "account-link-changed"],
}


@pytest.fixture
def member(any_house: House) -> str:
    one = party("kamp", events=EVENTS, backchannel_logout_uri="https://kamp.example/out")
    register(any_house, agency("kamp", one))
    member_id = a_person(any_house, email_verified=True)
    link(any_house, member_id, "kamp")
    return member_id


def telling(house: House) -> TellAgencies:
    return TellLinkedAgencies(house.randomness, house.catalogue)


def informing(house: House) -> Inform:
    return Inform(Post(house.clock, house.randomness, house.cipher), house.directory)


def letters(house: House) -> list[str]:
    with house.database.reading() as connection:
        return sorted(set(connection.execute(select(outgoing_messages.c.letter)).scalars()))


def suspend(house: House, member_id: str, tell: TellAgencies | None = None) -> int:
    verb = Suspend(
        house.database,
        house.clock,
        partial(revoke_of_member, reason="suspended"),
        tell or telling(house),
        informing(house),
    )
    return verb(member_id, actor=COMMAND, reason="case-17")


def restore(house: House, member_id: str) -> int:
    return Restore(house.database, house.clock, telling(house), informing(house))(
        member_id, actor=COMMAND, reason="case-17"
    )


def require(house: House, member_id: str, *, leaked: bool = False) -> int:
    verb = RequireNewPassword(
        house.database, house.clock, house.directory, revoke_of_member, telling(house), informing(house)
    )
    return verb(member_id, actor=COMMAND, reason="case-17", leaked=leaked)


def state(house: House, member_id: str) -> tuple[str, int]:
    with house.database.reading() as connection:
        row = store.find(connection, member_id)
    assert row is not None
    return row.status, row.session_epoch


def told(house: House) -> list[tuple[str, Any]]:
    with house.database.reading() as connection:
        rows = connection.execute(select(outbox).order_by(outbox.c.seq)).all()
    return [(row.event_type, row.payload) for row in rows]


def last_record(house: House) -> tuple[str, str, Any]:
    with house.database.reading() as connection:
        row = connection.execute(select(audit_records).order_by(audit_records.c.seq.desc()).limit(1)).one()
    return row.action, row.actor, row.detail


def test_shuts_a_member_out_and_keeps_what_is_theirs(any_house: House, member: str) -> None:
    """RISC §2.3; sessions end in the same transaction, the link stays."""
    assert suspend(any_house, member) == 3
    assert state(any_house, member) == ("suspended", 1)
    assert [kind for kind, _payload in told(any_house)] == [
        "account-disabled",
        "backchannel-logout",
        "session-revoked",
    ]
    revoked = told(any_house)[2][1]
    assert (revoked["initiating_entity"], set(revoked["reason_admin"])) == ("admin", {"ko", "en"})
    with any_house.database.reading() as connection:
        assert connection.execute(select(links.c.state)).scalar_one() == "linked"
    assert letters(any_house) == ["standing_changed"]
    assert last_record(any_house) == ("member.suspended", "operator:command", {"reason": "case-17", "told": 3})


def test_lets_them_back_in(any_house: House, member: str) -> None:
    """RISC §2.4; what was ended stays ended."""
    suspend(any_house, member)
    assert restore(any_house, member) == 1
    assert state(any_house, member) == ("active", 1)
    assert told(any_house)[-1] == ("account-enabled", {})
    assert last_record(any_house)[:2] == ("member.restored", "operator:command")


def test_takes_one_of_those_who_suspend_at_once(any_house: House, member: str) -> None:
    """One transition, told once."""

    def act(_racer: int) -> bool:
        try:
            suspend(any_house, member)
        except NotToBeSuspended:
            return False
        return True

    assert sum(race(act)) == 1
    assert [kind for kind, _payload in told(any_house)].count("account-disabled") == 1
    assert state(any_house, member)[1] == 1


def test_refuses_what_changes_nothing(any_house: House, member: str) -> None:
    """Nobody hears of what did not happen."""
    with pytest.raises(NotToBeSuspended):
        restore(any_house, member)
    with pytest.raises(NotFound):
        suspend(any_house, "nobody")
    withdrawing(any_house)(member)
    before = len(told(any_house))
    for act in (suspend, restore):
        with pytest.raises(NotFound):
            act(any_house, member)
    assert len(told(any_house)) == before


def test_lets_a_suspended_member_be_withdrawn(any_house: House, member: str) -> None:
    """REQ-76: an operator may end what they suspended."""
    suspend(any_house, member)
    assert withdrawing(any_house)(member).agencies == ("kamp",)
    assert state(any_house, member)[0] == "withdrawn"


def test_changes_and_proves_nothing_of_a_suspended_member(any_house: House) -> None:
    """A page or a link in a letter that was open before the suspension opens nothing after it."""
    house, member = any_house, a_person(any_house, "second.member")
    with house.database.reading() as connection:
        row = store.find(connection, member)
    assert row is not None
    suspend(house, member)
    change = ChangeProfile(house.database, house.clock, house.directory, informing(house), WAY_BACK, telling(house))
    with pytest.raises(NotFound):
        change(member, {"email": "new@example.kr"}, seen=edition(row))
    prove = ProveEmail(house.database, house.clock, house.directory, telling(house))
    assert prove(member, house.directory.email_digest(EMAIL)) is False
    with house.database.reading() as connection:
        after = store.find(connection, member)
    assert after is not None
    assert after.profile == row.profile


class Failing:
    """Agencies that cannot be told."""

    def ready(self) -> Failing:
        return self

    def __call__(self, _connection: Connection, _member_id: str, _facts: Iterable[Fact]) -> int:
        raise KeyError


def test_suspends_nobody_where_agencies_cannot_be_told(any_house: House, member: str) -> None:
    """Architecture §6: together or not at all."""
    with pytest.raises(KeyError):
        suspend(any_house, member, Failing())
    assert state(any_house, member) == ("active", 0)


@pytest.mark.parametrize("leaked", [False, True])
def test_forgets_a_password_that_others_may_know(any_house: House, member: str, *, leaked: bool) -> None:
    """RISC §2.1, §2.7; CAEP §3.3: revoked by an operator, every session over."""
    require(any_house, member, leaked=leaked)
    with any_house.database.reading() as connection:
        assert credentials.password_hash(connection, member) is None
    assert state(any_house, member) == ("active", 1)
    kinds = [kind for kind, _payload in told(any_house)]
    assert kinds == [
        *(["credential-compromise"] if leaked else []),
        "account-credential-change-required",
        "credential-change",
        "backchannel-logout",
        "session-revoked",
    ]
    changed = dict(told(any_house))["credential-change"]
    assert (changed["credential_type"], changed["change_type"], changed["initiating_entity"]) == (
        "password",
        "revoke",
        "admin",
    )
    assert letters(any_house) == ["new_password_required"]
    assert last_record(any_house)[0] == "password.new_required"
    with pytest.raises(NotFound):
        require(any_house, member)


def test_shuts_nobody_out_who_could_not_set_a_new_password(any_house: House) -> None:
    """REQ-43: a verification or a proven address is the way back."""
    with pytest.raises(NoWayBack):
        require(any_house, a_person(any_house))
    with pytest.raises(NotFound):
        require(any_house, an_enterprise(any_house))
    assert told(any_house) == []
