"""A provider with three OpenID Connect relying parties and one member."""

from __future__ import annotations

import pytest

from idp.app import create_app
from idp.house import House
from tests.builders import a_person, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.assertions import Signer
from tests.protocol.oidc.lab import AGENCIES, Browser, Provider


@pytest.fixture
def provider(house: House) -> Provider:
    """The provider, by a clock that stands still."""
    register(house, *AGENCIES)
    a_person(house)
    return Provider(house, create_app(house.settings, instead=house))


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
