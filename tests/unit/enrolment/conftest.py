"""The whole application, by a clock that stands still."""

from __future__ import annotations

import pytest

from idp.house import House
from tests.unit.enrolment.walk import Site, site as build


@pytest.fixture
def site(house: House) -> Site:
    """On SQLite, with the catalogue and the terms of the demonstration."""
    return build(house)
