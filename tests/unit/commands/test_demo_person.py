"""The demonstration's sample person is somebody whom the stand-ins vouch for."""

from __future__ import annotations

import pytest

from idp.commands.demo_person import LOGIN_ID, ensure_person
from idp.house import House
from idp.members import store
from idp.members.models import members
from idp.members.profile import PersonProfile
from idp.verification.simulated.people import people
from simulator.people import people as played_by
from tests.unit.terms.documents import apply, document


@pytest.fixture(autouse=True)
def documents(house: House) -> None:
    """What members agree to is in force."""
    apply(house, document("service"), document("marketing", required=False, position=2))


def profile(house: House, member_id: str) -> PersonProfile:
    with house.database.reading() as connection:
        row = store.find(connection, member_id)
        assert row is not None
        found = house.directory.profile(row)
    assert isinstance(found, PersonProfile)
    return found


def test_is_whom_the_stand_ins_vouch_for(house: House) -> None:
    """Architecture §10, REQ-36: by CI, so recovery and conversion find who signs in with the sample password."""
    ensure_person(house)
    today = house.clock.now().date()
    hong, played = people(today)["hong_gildong"], played_by(today)["hong_gildong"]
    assert (hong.ci, hong.phone, hong.birth_date) == (played.ci, played.phone, played.birth_date)
    with house.database.reading() as connection:
        member_id = house.directory.person_id(connection, hong.ci)
        assert member_id is not None
        assert house.directory.member_id(connection, LOGIN_ID) == member_id
    found = profile(house, member_id)
    assert (found.name, found.phone, found.birth_date) == (hong.name, hong.phone, hong.birth_date.isoformat())
    assert found.identity_verified
    assert found.phone_verified
    assert found.email_verified
    assert found.verification is not None
    assert found.verification.simulated


def test_is_made_once(house: House) -> None:
    """A later start finds him."""
    ensure_person(house)
    ensure_person(house)
    with house.database.reading() as connection:
        assert len(connection.execute(members.select()).fetchall()) == 1
