"""What workers share of a lane, after one of them stalled or died with a wrong clock."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from idp.randomness import SystemRandomness
from idp.signals.catalogue import Channel, EventType
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database
from idp.transmitter.claim import mend_times
from idp.transmitter.destinations import Lane
from idp.transmitter.pace import Caps
from idp.transmitter.worker import lease_for
from tests.fakes import FrozenClock
from tests.protocol.ssf.kit import EVENTS, House

_LANE = Lane("voucher", Channel.EVENT)
_LEASE = lease_for(EVENTS)


class _Table(House):
    clock: FrozenClock

    def change(self, version: int) -> None:
        """Tell of a step of one link."""
        now = self.clock.now()
        said = Notice("voucher", EventType.ACCOUNT_LINK_CHANGED, "s", {"version": version}, now, "link", version)
        with self.database.transaction() as connection:
            tell(connection, SystemRandomness(), [said])


@pytest.fixture
def house(any_database: Database, tmp_path: Path) -> _Table:
    made = _Table(any_database, tmp_path / "keys", FrozenClock())
    made.addresses.add("voucher", "http://127.0.0.1:9/events", caps=Caps(max_concurrency=1))
    return made


def test_what_others_send_meanwhile_is_not_superseded_by_who_gives_it_back(house: _Table) -> None:
    """Who stalled gives rows back that another worker has under way by now: the newer change must wait for that one."""
    take = house.worker().take_turn
    house.change(1)
    stalled = take(_LANE, (), (), 1).claimed
    house.clock.advance(_LEASE)
    under_way = take(_LANE, (), (), 1).claimed
    house.change(2)
    assert take(_LANE, (), stalled, 1).claimed == []
    assert house.states() == ["pending", "pending"]
    assert house.rows()[0]["lease_token"] == under_way[0].lease_token


def test_mends_the_shares_that_a_clock_ahead_has_written(house: _Table) -> None:
    """A worker that died with a clock a year ahead: a capped lane must not wait a year for its place."""
    take = house.worker().take_turn
    house.clock.advance(timedelta(days=365))
    house.change(1)
    assert len(take(_LANE, (), (), 1).claimed) == 1
    house.clock.advance(timedelta(days=-365))
    with house.database.transaction() as connection:
        assert mend_times(connection, house.clock.now(), _LEASE) > 0
    assert take.lanes_with_work(frozenset()) == [_LANE]
    assert len(take(_LANE, (), (), 1).claimed) == 1
