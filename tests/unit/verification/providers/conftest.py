"""A lab on a frozen clock. Its keys are made once: they are nobody's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore
from simulator.keys import Keys, new_keys
from tests.fakes import FixedRandomness, FrozenClock
from tests.unit.verification.providers.lab import Lab, a_lab


@pytest.fixture(scope="session")
def keys() -> Keys:
    return new_keys()


@pytest.fixture
def lab(database: Database, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness, keys: Keys) -> Iterator[Lab]:
    with a_lab(database, DatabaseExpiringStore(database, frozen_clock), frozen_clock, fixed_randomness, keys) as built:
        yield built


@pytest.fixture
def impatient(
    database: Database, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness, keys: Keys
) -> Iterator[Lab]:
    """One that waits a second for an answer, and no longer."""
    store = DatabaseExpiringStore(database, frozen_clock)
    with a_lab(database, store, frozen_clock, fixed_randomness, keys, 1) as built:
        yield built
