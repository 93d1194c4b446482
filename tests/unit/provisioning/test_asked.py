"""What an operator sees and may ask again, on both kinds of database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from idp.audit.actor import COMMAND
from idp.audit.models import audit_records
from idp.errors import NotFound
from idp.house import House
from idp.links.models import provisionings
from idp.links.provisionings import ProvisioningState
from idp.provisioning.asked import Asked, Retry, asked
from tests.builders import a_person, unlink
from tests.protocol.scim.kit import choose, offering, rows


@pytest.fixture
def failed(any_house: House) -> list[str]:
    """Accounts of three members that a person must look at, by member."""
    offering(any_house, "https://kamp.example/scim")
    chosen = [a_person(any_house, f"member{number}") for number in range(3)]
    for member in chosen:
        choose(any_house, member)
    settle(any_house, state="failed", action="refused", due_at=None, remote=b"sealed", refusals=6)
    return chosen


def settle(house: House, **values: Any) -> None:
    with house.database.transaction() as connection:
        connection.execute(update(provisionings).values(**values))


def listed(house: House, **wanted: Any) -> list[Asked]:
    with house.database.reading() as connection:
        return asked(connection, **{"limit": 50, **wanted})


def test_lists_page_after_page(any_house: House, failed: list[str]) -> None:
    """Lists are paged; nothing is left out or shown twice."""
    first = listed(any_house, limit=2)
    then = listed(any_house, limit=2, after=first[-1].id)
    assert len({each.id for each in [*first, *then]}) == 3
    assert listed(any_house, limit=2, after=then[-1].id) == []
    with pytest.raises(NotFound):
        listed(any_house, after="no-such-request")


def test_lists_what_is_open_unless_told_otherwise(any_house: House, failed: list[str]) -> None:
    """What is done is no news."""
    assert len(listed(any_house, relying_party_id="kamp")) == 3
    assert listed(any_house, relying_party_id="voucher") == []
    settle(any_house, state="created")
    assert listed(any_house) == []
    assert len(listed(any_house, state=ProvisioningState.CREATED)) == 3


def test_asks_again_for_one_or_for_all(any_house: House, failed: list[str]) -> None:
    """A person has seen to it: everything is as if it had just been asked for, and the audit says who did it."""
    retry = Retry(any_house.database, any_house.clock)
    assert retry(identifier=listed(any_house)[0].id, actor=COMMAND) == 1
    assert retry(relying_party_id="kamp", actor=COMMAND) == 2
    assert retry(relying_party_id="kamp", actor=COMMAND) == 0
    now = any_house.clock.now()
    for row in rows(any_house):
        assert (row["state"], row["action"], row["remote"], row["refusals"]) == ("requested", None, None, 0)
        assert row["due_at"] == now
    with any_house.database.reading() as connection:
        query = select(audit_records.c.actor).where(audit_records.c.action == "provisioning.retried")
        assert list(connection.execute(query).scalars()) == ["operator:command"] * 3


def test_tells_again_what_was_made_and_not_updated(any_house: House, failed: list[str]) -> None:
    """The account is known: it is not looked for anew."""
    settle(any_house, action="not_updated")
    Retry(any_house.database, any_house.clock)(relying_party_id="kamp", actor=COMMAND)
    assert {(row["state"], row["remote"]) for row in rows(any_house)} == {("created", b"sealed")}


def test_asks_for_nobody_who_has_left_the_agency(any_house: House, failed: list[str]) -> None:
    """What ended with the link is not begun again by an operator."""
    unlink(any_house, failed[0], "kamp")
    assert Retry(any_house.database, any_house.clock)(relying_party_id="kamp", actor=COMMAND) == 2
