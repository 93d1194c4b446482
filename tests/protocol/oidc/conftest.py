"""A provider with three OpenID Connect relying parties and one member."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.app import create_app
from idp.clock import SystemClock
from idp.house import House
from idp.storage.database import Database
from tests.builders import a_house, a_person, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.assertions import Signer
from tests.protocol.oidc.lab import AGENCIES, Browser, Provider
from tests.protocol.oidc.registrar import Registrar


@pytest.fixture
def provider(house: House) -> Provider:
    """The provider, by a clock that stands still."""
    register(house, *AGENCIES)
    a_person(house)
    return Provider(house, create_app(house.settings, instead=house))


@pytest.fixture(params=["database", "redis"])
def redis_or_none(request: pytest.FixtureRequest) -> str | None:
    """Where the expiring store is."""
    if request.param == "database":
        return None
    url: str = request.getfixturevalue("redis_url")
    return url


@pytest.fixture
def racing(any_database: Database, redis_or_none: str | None, keys_dir: Path) -> Iterator[Provider]:
    """A provider on one of the four combinations, by the machine's own clock."""
    url = any_database.engine.url.render_as_string(hide_password=False)
    house = a_house(url, keys_dir, SystemClock(), redis_url=redis_or_none)
    register(house, *AGENCIES)
    a_person(house)
    yield Provider(house, create_app(house.settings, instead=house))
    house.close()


@pytest.fixture
def browser(provider: Provider) -> Browser:
    """A browser that has never been here."""
    return provider.browser()


@pytest.fixture
def clock(frozen_clock: FrozenClock) -> FrozenClock:
    """The provider's clock."""
    return frozen_clock


@pytest.fixture(scope="session")
def signer() -> Signer:
    """A key of a relying party's, made once: prime numbers are slow to find."""
    return Signer.rsa()


@pytest.fixture
def open_house(database: Database, keys_dir: Path, frozen_clock: FrozenClock) -> Iterator[House]:
    """A house on SQLite in which clients may register themselves, by a clock that stands still."""
    url = database.engine.url.render_as_string(hide_password=False)
    house = a_house(url, keys_dir, frozen_clock, registration={"enabled": True, "calls_per_minute": 10_000})
    register(house, *AGENCIES)
    a_person(house)
    yield house
    house.close()


@pytest.fixture
def registrar(open_house: House) -> Registrar:
    """The registration endpoint of that house."""
    return Registrar(open_house, create_app(open_house.settings, instead=open_house))
