"""A lab made once, at the frozen clock's time, and a verification room whose methods trust it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from idp.sections.certificates import Certificates
from idp.settings import Settings
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore
from idp.verification.certificates.configured import authorities_of, certificate_methods
from idp.verification.certificates.shelf import Shelf
from idp.verification.lab.make import Lab, make_lab
from tests.fakes import FixedRandomness, FrozenClock
from tests.unit.verification.certificates.signing import Signer, open_member
from tests.unit.verification.lab import Room, room as build

OpenMember = Callable[[str], Signer]


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Authorities, good and bad certificates, lists. Read only."""
    return make_lab(tmp_path_factory.mktemp("lab"), FrozenClock().now(), FixedRandomness("lab"))


@pytest.fixture(scope="session")
def member(lab: Lab) -> OpenMember:
    """Opens a member's files by folder name."""
    return lambda name: open_member(lab.directory / "members" / name)


@pytest.fixture
def lab_settings(lab: Lab, tmp_path: Path) -> Settings:
    """Trusts the lab, whose lists are imported."""
    settings = Settings(certificates=Certificates(roots=lab.authorities, crls_dir=tmp_path / "crls"))
    shelf = Shelf(settings.certificates.crls_dir)
    for path in lab.lists:
        shelf.take(path.read_bytes(), authorities_of(settings), FrozenClock().now())
    return settings


@pytest.fixture
def certificate_room(
    database: Database, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness, lab_settings: Settings
) -> Room:
    """The desk with both methods for real."""
    store = DatabaseExpiringStore(database, frozen_clock)
    methods = certificate_methods(lab_settings, store, frozen_clock, fixed_randomness)
    return build(database, store, frozen_clock, fixed_randomness).with_methods(*methods)
