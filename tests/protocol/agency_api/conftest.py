"""The provider with the lab's agencies, and their servers."""

from __future__ import annotations

import pytest
from flask import Flask

from idp.app import create_app
from idp.house import House
from tests.builders import register
from tests.fakes import FrozenClock
from tests.protocol.agency_api.lab import AGENCIES, Server, server


@pytest.fixture
def app(any_house: House) -> Flask:
    register(any_house, *AGENCIES)
    return create_app(any_house.settings, instead=any_house)


@pytest.fixture
def kamp(any_house: House, app: Flask) -> Server:
    """The server of KAMP."""
    return server(any_house, app, "kamp")


@pytest.fixture
def voucher(any_house: House, app: Flask) -> Server:
    """The server of another agency."""
    return server(any_house, app, "voucher")


@pytest.fixture
def clock(frozen_clock: FrozenClock) -> FrozenClock:
    return frozen_clock
