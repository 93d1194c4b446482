"""The provider with the lab's agencies, and their servers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from idp.app import create_app
from idp.house import House
from tests.builders import register
from tests.fakes import FrozenClock
from tests.protocol.agency_api.lab import AGENCIES, Server, server
from tests.races import RACERS


@pytest.fixture
def app(any_house: House) -> Flask:
    """With room for as many uploads as there are racers."""
    register(any_house, *AGENCIES)
    roomy = any_house.settings.agency_api.model_copy(update={"uploads": RACERS})
    house = replace(any_house, settings=any_house.settings.model_copy(update={"agency_api": roomy}))
    return create_app(house.settings, instead=house)


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
