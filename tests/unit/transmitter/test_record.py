"""What becomes of a lane and its rows when nothing was sent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from idp.signals.catalogue import Channel
from idp.storage.database import Database
from idp.transmitter.destinations import Lane
from idp.transmitter.lane_memory import all_memories
from idp.transmitter.record import Attempt
from idp.transmitter.verdict import Answer, Verdict, unsendable, withheld
from tests.fakes import FrozenClock
from tests.protocol.ssf.kit import House

_LANE = Lane("voucher", Channel.EVENT)
_DOWN = Answer(Verdict.ENDPOINT_FAILED, "connect")


class _Table(House):
    clock: FrozenClock

    def answer(self, answer: Answer) -> int:
        """Claim what may go and have it end so; how many that were."""
        take = self.worker().take_turn
        claimed = take(_LANE, (), (), 100).claimed
        take(_LANE, [Attempt(row, answer, self.clock.now(), 5) for row in claimed], (), 0)
        return len(claimed)

    def failures(self) -> int:
        with self.database.reading() as connection:
            return all_memories(connection)[_LANE].consecutive_failures


@pytest.fixture
def house(any_database: Database, tmp_path: Path) -> _Table:
    """An endpoint that has failed once, and may be asked again."""
    made = _Table(any_database, tmp_path / "keys", FrozenClock())
    made.addresses.add("voucher", "http://127.0.0.1:9/events")
    made.tell("voucher", "a", "a", "b")
    made.answer(_DOWN)
    made.clock.advance(timedelta(seconds=2))
    return made


def test_what_may_not_be_said_any_more_keeps_nobody(house: _Table) -> None:
    """It is given up at once and not tried for a day: what comes after it of the same subject may be that the link has
    ended."""
    assert house.answer(withheld()) == 1
    assert [(row["state"], row["outcome"]) for row in house.rows(subject="a")] == [
        ("expired", "withheld"),
        ("pending", None),
    ]


@pytest.mark.parametrize("answer", [withheld(), unsendable("unbuildable")])
def test_what_was_not_sent_says_nothing_of_its_endpoint(house: _Table, answer: Answer) -> None:
    """Account events §3.4: health comes from deliveries alone; a lane that fails stays so, and asks with another."""
    assert house.answer(answer) == 1
    assert house.failures() == 1
    assert house.answer(_DOWN) == 1
    assert house.failures() == 2
