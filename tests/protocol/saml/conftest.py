"""An identity provider with one SAML relying party and one member."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idp.app import create_app
from idp.credentials.password import CHEAPEST, PasswordHasher
from idp.house import build
from idp.members.join import Join
from idp.members.profile import PersonProfile
from idp.settings import Settings
from idp.storage.database import Database
from tests.fakes import FrozenClock
from tests.protocol.saml.lab import PASSWORD, Browser, Provider
from tests.vectors.saml.forge import Signatory, metadata, signatory


@pytest.fixture(scope="session")
def provider_key() -> Signatory:
    """The registered provider's signing key."""
    return signatory()


@pytest.fixture(scope="session")
def saml_keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys made once a run: a thousand prime numbers are slow to find."""
    return tmp_path_factory.mktemp("saml-keys")


@pytest.fixture
def idp(database: Database, tmp_path: Path, saml_keys_dir: Path) -> Iterator[Provider]:
    """The provider with its plain relying party and one member."""
    settings = Settings(database_url=f"sqlite:///{tmp_path}/idp.db", keys_dir=saml_keys_dir)
    # python3-saml, which reads the answers, knows only the machine's clock.
    clock = FrozenClock(datetime.now(UTC).replace(microsecond=0))
    house = build(settings, clock=clock, hasher=PasswordHasher(CHEAPEST))
    profile = PersonProfile("honggildong", "홍길동", "hong@example.kr", "01012345678")
    join = Join(house.database, house.clock, house.randomness, house.directory, house.hasher)
    join.person(profile, PASSWORD, actor="test")
    provider = Provider(house, create_app(settings, instead=house))
    provider.register(metadata())
    yield provider
    house.close()


@pytest.fixture
def member(idp: Provider) -> Browser:
    """A browser whose member is signed in, and linked with the relying party."""
    browser = idp.browser()
    browser.sign_in(browser.ask_plainly("_first"))
    return browser
