"""A provider with one member who was verified when joining and has proven their e-mail address."""

from __future__ import annotations

import pytest

from idp.app import create_app
from idp.house import House
from tests.builders import a_person, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import AGENCIES
from tests.protocol.recovery.lab import HONG, Site
from tests.protocol.verification.conftest import Person


@pytest.fixture
def site(house: House) -> Site:
    register(house, *AGENCIES)
    member_id = a_person(house, ci=HONG.ci, phone=HONG.phone, birth_date="1990-01-01", email_verified=True)
    return Site(house, create_app(house.settings, instead=house), member_id)


@pytest.fixture
def visitor(site: Site) -> Person:
    """Somebody who has never been here."""
    return site.visitor()


@pytest.fixture
def clock(frozen_clock: FrozenClock) -> FrozenClock:
    return frozen_clock
