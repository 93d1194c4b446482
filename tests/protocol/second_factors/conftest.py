"""The scene."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.app import create_app
from idp.storage.database import Database
from tests.builders import a_house, a_person, register
from tests.fakes import FrozenClock
from tests.protocol.oidc.lab import AGENCIES
from tests.protocol.recovery.lab import HONG
from tests.protocol.second_factors.lab import ISSUER, Browser, Scene


@pytest.fixture
def scene(database: Database, keys_dir: Path, frozen_clock: FrozenClock) -> Iterator[Scene]:
    url = database.engine.url.render_as_string(hide_password=False)
    house = a_house(url, keys_dir, frozen_clock, issuer=ISSUER)
    register(house, *AGENCIES)
    member_id = a_person(house, ci=HONG.ci, identity_verified=True)
    yield Scene(house, create_app(house.settings, instead=house), member_id)
    house.close()


@pytest.fixture
def browser(scene: Scene) -> Browser:
    return scene.browser()
