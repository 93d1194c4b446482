"""A member's sign-ins from the audit; a 사업자등록번호 as people type it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.audit.actions import Action
from idp.audit.history import sign_ins
from idp.audit.record import Record, record
from idp.members.business_number import typed_business_number
from idp.storage.database import Database
from tests.fakes import FrozenClock


def test_pages_through_sign_ins_newest_first(any_database: Database, frozen_clock: FrozenClock) -> None:
    """REQ-87: of this member, and of no other action."""
    with any_database.transaction() as connection:
        for number in range(7):
            frozen_clock.advance(timedelta(minutes=1))
            action = Action.SIGN_IN_FAILED if number == 3 else Action.SIGN_IN_SUCCEEDED
            entry = Record(
                frozen_clock.now(), action, "member", "m", address="127.0.0.1", detail={"method": "password"}
            )
            record(connection, entry, Record(frozen_clock.now(), Action.SESSION_ENDED, "member", "m"))
            record(connection, Record(frozen_clock.now(), Action.SIGN_IN_SUCCEEDED, "member", "other"))
    with any_database.reading() as connection:
        first = sign_ins(connection, "m", limit=4)
        rest = sign_ins(connection, "m", before=first[-1].number, limit=4)
        nobody = sign_ins(connection, "nobody", limit=4)
    assert [each.at for each in first + rest] == sorted((each.at for each in first + rest), reverse=True)
    assert len(first + rest) == 7
    assert first[3].action is Action.SIGN_IN_FAILED
    assert {(each.method, each.address) for each in first} == {("password", "127.0.0.1")}
    assert nobody == []


@pytest.mark.parametrize("typed", ["1237894566", "123-78-94566", " 123 78 94566", "１２３-７８-９４５６６"])
def test_takes_a_number_as_it_is_typed(typed: str) -> None:
    """REQ-17; Korean input methods make full-width digits."""
    assert typed_business_number(typed) == "1237894566"


@pytest.mark.parametrize("typed", ["", "1237894560", "123789456", "12378945666", "١٢٣٧٨٩٤٥٦٦", "0000000000", "abc"])
def test_takes_nothing_that_cannot_be_one(typed: str) -> None:
    """REQ-17: the checksum decides; digits of other scripts are none of ours."""
    assert typed_business_number(typed) is None
