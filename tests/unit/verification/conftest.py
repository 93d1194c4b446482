"""The verification room on a frozen clock, and one over each kind of store."""

from __future__ import annotations

import pytest

from idp.clock import SystemClock
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore, ExpiringStore
from tests.fakes import FixedRandomness, FrozenClock
from tests.unit.verification.lab import Room, room as build


@pytest.fixture
def room(database: Database, frozen_clock: FrozenClock, fixed_randomness: FixedRandomness) -> Room:
    """On SQLite, where time stands still."""
    return build(database, DatabaseExpiringStore(database, frozen_clock), frozen_clock, fixed_randomness)


@pytest.fixture
def any_room(database: Database, any_expiring_store: ExpiringStore, fixed_randomness: FixedRandomness) -> Room:
    """Once over each kind of expiring store, by the machine's own clock."""
    return build(database, any_expiring_store, SystemClock(), fixed_randomness)
