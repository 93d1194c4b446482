"""A new password: one transaction, one winner, on every database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from idp.app.shared import share
from idp.audit.models import audit_records
from idp.credentials import store as credentials
from idp.house import House
from idp.mail.models import outgoing_messages
from idp.members import store as members
from idp.oidc.grants import revoke_of_member
from idp.recovery.set_new_password import Authority, ProofOutdated, SetNewPassword
from idp.signals.models import outbox
from tests.builders import PASSWORD, a_person, an_enterprise, link, register
from tests.protocol.oidc.lab import AGENCIES
from tests.races import RACERS, race

NEW = "Anew!Pass26"


def verb(house: House) -> SetNewPassword:
    shared = share(house)
    return SetNewPassword(
        house.database,
        house.clock,
        house.directory,
        house.hasher,
        shared.limits,
        shared.inform,
        revoke_of_member,
        shared.tell_agencies,
    )


def state(house: House, member_id: str) -> tuple[str | None, tuple[int, ...]]:
    """The hash; the session epoch, and how many letters, notices and records there are."""
    with house.database.reading() as connection:
        row = members.find(connection, member_id)
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (outgoing_messages, outbox, audit_records)
        ]
        stored = credentials.password_hash(connection, member_id)
    assert row is not None
    return stored, (row.session_epoch, *counts)


def test_changes_everything_in_one_transaction(any_house: House) -> None:
    """REQ-43, REQ-68: password, sessions, notices, letters, record."""
    register(any_house, *AGENCIES)
    member_id = a_person(any_house)
    link(any_house, member_id, "voucher")
    before = state(any_house, member_id)
    verb(any_house)(Authority(member_id, 0, "any_id"), NEW, "127.0.0.1")
    after = state(any_house, member_id)
    assert any_house.hasher.verify(after[0], NEW)
    assert [now - then for now, then in zip(after[1], before[1], strict=True)] == [1, 2, 1, 1]


@pytest.mark.parametrize("broken", ["inform", "end_grants"])
def test_changes_nothing_where_a_part_of_it_fails(any_house: House, broken: str) -> None:
    """Architecture §6: together or not at all."""
    member_id = a_person(any_house)
    before = state(any_house, member_id)

    def fails(_connection: Connection, *_: object) -> None:
        raise RuntimeError("broken")

    part: dict[str, Any] = {broken: fails}
    with pytest.raises(RuntimeError):
        replace(verb(any_house), **part)(Authority(member_id, 0, "any_id"), NEW, "127.0.0.1")
    assert state(any_house, member_id) == before


def test_lets_one_of_sixteen_with_the_same_proof_win(any_house: House) -> None:
    """Architecture §11.1: also where their proofs were different values of one use, such as two links."""
    member_id = a_person(any_house)
    act = verb(any_house)

    def set_it(racer: int) -> str | None:
        try:
            act(Authority(member_id, 0, "email"), f"{NEW}{racer}", "127.0.0.1")
        except ProofOutdated:
            return None
        return f"{NEW}{racer}"

    won = [password for password in race(set_it) if password is not None]
    stored, (epoch, letters, _notices, _records) = state(any_house, member_id)
    assert len(won) == 1
    assert RACERS == 16
    assert any_house.hasher.verify(stored, won[0])
    assert (epoch, letters) == (1, 2)


def test_sets_no_password_of_an_enterprise(any_house: House) -> None:
    """C7: an enterprise signs in by its certificate; there is no password to set."""
    member_id = an_enterprise(any_house)
    with pytest.raises(ProofOutdated):
        verb(any_house)(Authority(member_id, 0, "email"), NEW, "127.0.0.1")


def test_believes_no_address_that_is_not_proven_any_more(any_house: House) -> None:
    """Issue 3: the address that vouched must still be the member's, and proven."""
    member_id = a_person(any_house)
    digest = any_house.directory.email_digest("hong@example.kr")
    with pytest.raises(ProofOutdated):
        verb(any_house)(Authority(member_id, 0, "email", digest), NEW, "127.0.0.1")
    assert any_house.hasher.verify(state(any_house, member_id)[0], PASSWORD)
