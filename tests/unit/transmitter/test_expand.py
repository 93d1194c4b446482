"""Bulk work written out in pieces: once, whole, and never ahead of the lanes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from idp.clock import SystemClock
from idp.errors import NotFound
from idp.randomness import SystemRandomness
from idp.signals.catalogue import Channel, EventType, Priority
from idp.signals.fan_out import Chunk, FanOut, queue_fan_out
from idp.signals.models import fan_outs, outbox
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database
from idp.transmitter.destinations import Lane
from idp.transmitter.expand import ExpandFanOuts, waiting_fan_outs
from idp.transmitter.hold import Because, hold
from tests.races import race

_CLOCK, _RANDOMNESS = SystemClock(), SystemRandomness()
_PARTIES = ("kamp", "voucher")


@dataclass
class Numbered:
    """An expander of links 0 to `count` - 1: two relying parties hear of each."""

    count: int
    asked: list[str | None] = field(default_factory=list)
    interrupt: Callable[[int], None] = lambda _start: None

    def __call__(self, _connection: Connection, fan_out: FanOut, after: str | None, limit: int) -> Chunk:
        self.asked.append(after)
        start = 0 if after is None else int(after)
        self.interrupt(start)
        end = min(start + limit, self.count)
        notices = [
            Notice(party, EventType.ACCOUNT_LINK_CHANGED, f"s{number}", {}, fan_out.created_at, f"link{number}", 2)
            for number in range(start, end)
            for party in _PARTIES
        ]
        return Chunk(notices, end - start, str(end) if end < self.count else None)


def queued(database: Database, cause: str = "numbered") -> str:
    with database.transaction() as connection:
        return queue_fan_out(connection, _RANDOMNESS, cause, "admin_unlink", "kamp", _CLOCK.now())


def expander(database: Database, numbered: Numbered, chunk: int = 7, backlog: int = 10_000) -> ExpandFanOuts:
    known = {"numbered": numbered}
    return ExpandFanOuts(database, _CLOCK, _RANDOMNESS, known, lambda _lane: True, chunk, backlog)


def told(database: Database) -> list[tuple[str, str]]:
    with database.reading() as connection:
        query = select(outbox.c.relying_party_id, outbox.c.link_id).order_by(outbox.c.seq)
        return [(row[0], row[1]) for row in connection.execute(query)]


def everything(count: int) -> list[tuple[str, str]]:
    return sorted((party, f"link{number}") for number in range(count) for party in _PARTIES)


def test_tells_of_every_link_once_in_bulk(any_database: Database) -> None:
    """Account events §3.2: an intent row, expanded in chunks; one `txn` toward each relying party all the same."""
    queued(any_database)
    numbered = Numbered(20)
    assert expander(any_database, numbered)() == 3
    assert numbered.asked == [None, "7", "14"]
    assert sorted(told(any_database)) == everything(20)
    with any_database.reading() as connection:
        rows = connection.execute(select(outbox.c.relying_party_id, outbox.c.txn, outbox.c.priority)).all()
        row = connection.execute(select(fan_outs)).mappings().one()
        assert waiting_fan_outs(connection) == 0
    assert len({(row[0], row[1]) for row in rows}) == 2
    assert {row[2] for row in rows} == {Priority.BULK}
    assert (row["state"], row["links"], row["notices"]) == ("done", 20, 40)
    assert expander(any_database, numbered)() == 0


def test_keeps_what_ends_sessions_urgent(any_database: Database) -> None:
    """A thousand sessions that end are a thousand that somebody could still use."""

    def expand(_connection: Connection, fan_out: FanOut, _after: str | None, _limit: int) -> Chunk:
        logout = Notice(
            "kamp", EventType.BACKCHANNEL_LOGOUT, "s", {"sub": "s"}, fan_out.created_at, channel=Channel.LOGOUT
        )
        return Chunk([logout], 1, None)

    queued(any_database)
    known = {"numbered": expand}
    ExpandFanOuts(any_database, _CLOCK, _RANDOMNESS, known, lambda _lane: True, 7, 100)()
    with any_database.reading() as connection:
        assert connection.execute(select(outbox.c.priority)).scalar_one() == Priority.SECURITY


def test_racing_workers_tell_of_every_link_once(any_database: Database) -> None:
    """Eight workers on three fan-outs: none waits for another, none repeats another."""
    for _ in range(3):
        queued(any_database)
    race(lambda _racer: expander(any_database, Numbered(30))(), racers=8)
    while expander(any_database, Numbered(30))():
        pass
    assert sorted(told(any_database)) == sorted(everything(30) * 3)


def test_a_chunk_that_fails_leaves_nothing_and_keeps_nobody(any_database: Database) -> None:
    """What is wrong with one fan-out is its own trouble; it is tried again after the others."""
    first = queued(any_database)

    def refuse(start: int) -> None:
        if start == 7:
            raise NotFound("of this test")

    expander(any_database, Numbered(20, interrupt=refuse))()
    assert sorted(told(any_database)) == everything(7)
    second = queued(any_database)
    with any_database.transaction() as connection:
        connection.execute(update(fan_outs).where(fan_outs.c.id == second).values(created_at=_CLOCK.now()))
    while expander(any_database, Numbered(20))():
        pass
    with any_database.reading() as connection:
        done = connection.execute(select(fan_outs.c.id).where(fan_outs.c.state == "done")).scalars().all()
    assert sorted(done) == sorted([first, second])
    assert sorted(told(any_database)) == sorted(everything(20) * 2)


def test_stops_while_a_lane_has_enough(any_database: Database) -> None:
    """Account events §4: bulk work watches the backlog; a lane that does not move is not waited for."""
    queued(any_database)
    expand = expander(any_database, Numbered(100), chunk=10, backlog=30)
    assert expand() == 3
    assert expand() == 0
    for party in _PARTIES:
        with any_database.transaction() as connection:
            hold(connection, Lane(party, Channel.EVENT), Because.OPERATOR, _CLOCK.now())
    assert expand() == 7
    assert sorted(told(any_database)) == everything(100)


def test_waits_for_nobody_who_must_come_for_it(any_database: Database) -> None:
    """RFC 8936: a receiver that fetches its events may be away for days."""
    queued(any_database)
    known = {"numbered": Numbered(100)}
    expand = ExpandFanOuts(any_database, _CLOCK, _RANDOMNESS, known, lambda _lane: False, 10, 30)
    assert expand() == 10
    assert sorted(told(any_database)) == everything(100)


def test_leaves_unknown_causes_to_a_newer_release(any_database: Database) -> None:
    """Old and new releases run side by side (architecture §12)."""
    queued(any_database, "of next year")
    assert expander(any_database, Numbered(10))() == 0
    with any_database.reading() as connection:
        assert waiting_fan_outs(connection) == 1


@pytest.mark.parametrize("chunks", [0, 1, 3])
def test_killed_in_a_chunk_it_goes_on_where_it_was(any_database: Database, chunks: int) -> None:
    """`kill -9` between a chunk's messages and its commit: nothing is lost, nothing is told twice."""
    queued(any_database)
    address = any_database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.unit.transmitter.test_expand", address, str(chunks)]
    killed = subprocess.run(command, check=False, timeout=60, cwd=Path(__file__).parents[3])
    assert killed.returncode == -signal.SIGKILL
    assert sorted(told(any_database)) == everything(chunks * 7)
    expander(any_database, Numbered(40))()
    assert sorted(told(any_database)) == everything(40)


def test_forgets_an_intent_whose_transaction_failed(any_database: Database) -> None:
    """Architecture §11: an uncommitted change is never told."""

    def act() -> None:
        with any_database.transaction() as connection:
            queue_fan_out(connection, _RANDOMNESS, "numbered", "reason", "kamp", _CLOCK.now() + timedelta(1))
            raise KeyError

    with pytest.raises(KeyError):
        act()
    assert expander(any_database, Numbered(5))() == 0


def _die(database_url: str, chunks: str) -> None:
    """Expand and be killed in the chunk after `chunks` whole ones, its messages written and not committed."""

    class Doomed(Numbered):
        def __call__(self, connection: Connection, fan_out: FanOut, after: str | None, limit: int) -> Chunk:
            chunk = super().__call__(connection, fan_out, after, limit)
            if len(self.asked) > int(chunks):
                tell(connection, _RANDOMNESS, chunk.notices)
                os.kill(os.getpid(), signal.SIGKILL)
            return chunk

    expander(Database(database_url), Doomed(40))()


if __name__ == "__main__":
    _die(*sys.argv[1:])
