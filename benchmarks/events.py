"""`python -m benchmarks.events`: members who leave, and how long their agencies take to hear of it.

Three stretches on a PostgreSQL of its own that writes through to its disk: withdrawals by our own verb in processes of
their own; the queue they made, drained by real workers into a receiver that answers at once; and single withdrawals
beside an idle worker and beside a full queue. What is counted is the kernel's processor time of each party.
"""

from __future__ import annotations

import http.client
import multiprocessing
import os
import secrets
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import click
from sqlalchemy import Connection, text

from benchmarks import machine, meter
from benchmarks.event_population import linked_members, register_receivers
from benchmarks.stage import HONEST, free_port, own_servers
from idp.commands.processes import IDP, Processes, Program
from idp.house import build
from idp.links import stop
from idp.links.stop import ReleaseAllLinks
from idp.members.withdraw import Withdraw
from idp.randomness import Randomness
from idp.settings import load, process_environment
from idp.signals.catalogue import Priority
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database
from idp.storage.migrations import upgrade
from tests.servers import postgres_server

_FORK = multiprocessing.get_context("fork")
_WAITS = text("SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'pending')")
_BETWEEN_SINGLES = 0.05
_WAL = text("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
_FIRST_ATTEMPTS = text(
    "SELECT extract(epoch FROM min(a.at) - o.occurred_at) FROM outbox o JOIN delivery_attempts a ON a.jti = o.jti "
    "WHERE o.subject IN (SELECT subject FROM links WHERE member_id = ANY(:members)) GROUP BY o.seq, o.occurred_at"
)


@dataclass(frozen=True)
class Place:
    """Where a run happens."""

    environment: Mapping[str, str]
    database: Database
    directory: Path
    receiver_port: int
    parties: int

    @property
    def postgresql(self) -> list[int]:
        return own_servers()["postgresql"]

    def scalar(self, query: Any) -> Any:
        with self.database.reading() as connection:
            return connection.execute(query).scalar()


@dataclass(frozen=True)
class Stretch:
    """One measured stretch: what was done, how long it took and what it cost."""

    what: str
    operations: int
    seconds: float
    ours: float
    postgresql: float
    wal: int
    resident: float = 0.0

    def line(self) -> str:
        per = 1000 / self.operations
        return (
            f"| {self.what} | {self.operations:,} | {self.seconds:.1f} | {self.operations / self.seconds:,.0f} | "
            f"{self.ours * per:.3f} | {self.postgresql * per:.3f} | {self.wal / self.operations / 1024:.2f} | "
            f"{self.resident:.0f} |"
        )


@click.command()
@click.option("--members", type=click.IntRange(100, 1_000_000), default=100_000, show_default=True)
@click.option("--parties", type=click.IntRange(1, 100), default=10, show_default=True)
@click.option("--alg", "algs", type=click.Choice(["ES256", "RS256"]), default=("ES256", "RS256"), multiple=True)
@click.option("--leavers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes that withdraw.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--singles", type=click.IntRange(1, 1000), default=50, show_default=True, help="For the latencies.")
def run(members: int, parties: int, algs: tuple[str, ...], leavers: int, workers: int, singles: int) -> None:
    """Measure, and print a table in Markdown. 100,000 members at 10 relying parties take about half an hour an ALG."""
    facts = [*machine.facts(), ", ".join(f"{name} {value:.3f}" for name, value in machine.floors().items())]
    click.echo(f"\n## {datetime.now(UTC).date().isoformat()}\n\n{'; '.join(facts)}\n")
    for alg in algs:
        with _place(parties, alg) as place:
            click.echo(f"### {members:,} members × {parties} relying parties, {alg}\n")
            click.echo("| what | how many | seconds | a second | our CPU-ms | PostgreSQL CPU-ms | WAL KiB | MiB |")
            click.echo("|---|---|---|---|---|---|---|---|")
            _measure(place, members, leavers, workers, singles)


def _measure(place: Place, members: int, leavers: int, workers: int, singles: int) -> None:
    house = build(load(place.environment))
    try:
        first = linked_members(house, 2, place.parties)
        alone = linked_members(house, singles, place.parties)
        beside = linked_members(house, singles, place.parties)
        many = linked_members(house, members, place.parties)
    finally:
        house.close()
    with _working(place, 1):
        _told(place, first[:1])
        _told(place, alone)
    # Afterwards: a deployment that lives has statistics of tables that are in use, and plans made by them.
    with place.database.reading() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    with _working(place, workers) as roots:
        _told(place, first[1:])
        with _stopped(roots):
            click.echo(_withdraw(place, many, leavers).line())
        click.echo(_drain(place, beside, roots).line())
    for situation, chosen in (("idle", alone), ("beside the burst", beside)):
        click.echo(f"\ncommit to first attempt, {situation}: {_percentiles(_until_first_attempt(place, chosen))}")


def _tell_in_bulk(connection: Connection, randomness: Randomness, notices: Iterable[Notice]) -> int:
    """As urgent as what a bulk job tells, so that single members have a burst to overtake."""
    return tell(connection, randomness, [replace(each, priority=Priority.BULK) for each in notices])


def _withdraw(place: Place, members: Sequence[str], processes: int) -> Stretch:
    """Every one of `members` leaves, by the verb that the page calls."""
    shares = [members[number::processes] for number in range(processes)]
    before, wal, began = meter.processor_seconds(place.postgresql), place.scalar(_WAL), time.monotonic()
    spent = _FORK.SimpleQueue()
    leaving = [_FORK.Process(target=_leave, args=(place.environment, share, spent)) for share in shares]
    for process in leaving:
        process.start()
    ours = sum(spent.get() for _ in leaving)
    for process in leaving:
        process.join()
    return Stretch(
        "withdrawals",
        len(members),
        time.monotonic() - began,
        ours,
        meter.processor_seconds(place.postgresql) - before,
        int(place.scalar(_WAL) - wal),
    )


def _leave(environment: Mapping[str, str], members: Sequence[str], spent: Any) -> None:
    house = build(load(environment))
    withdraw = Withdraw(house.database, house.clock, ReleaseAllLinks(house.randomness, house.catalogue))
    began = time.process_time()
    with mock.patch.object(stop, "tell", _tell_in_bulk):
        for member in members:
            withdraw(member)
    spent.put(time.process_time() - began)
    house.close()


def _drain(place: Place, beside: Sequence[str], roots: Sequence[int]) -> Stretch:
    """The queue until it is empty, while single members leave."""
    began, received, wal = time.monotonic(), _received(place), place.scalar(_WAL)
    ours, postgresql = meter.processor_seconds(roots), meter.processor_seconds(place.postgresql)
    _leave_singly(place, beside)
    resident = _wait_until_told(place, roots)
    return Stretch(
        "messages pushed",
        _received(place) - received,
        time.monotonic() - began,
        meter.processor_seconds(roots) - ours,
        meter.processor_seconds(place.postgresql) - postgresql,
        int(place.scalar(_WAL) - wal),
        resident,
    )


def _told(place: Place, members: Sequence[str]) -> None:
    """`members` leave, and every agency has heard; the first time it takes the workers their start."""
    _leave_singly(place, members)
    _wait_until_told(place)


def _wait_until_told(place: Place, roots: Sequence[int] = ()) -> float:
    """Nothing waits any more; the most memory that `roots` held meanwhile, in MiB."""
    resident = 0.0
    while place.scalar(_WAITS):
        resident = max(resident, meter.resident_mebibytes(roots))
        time.sleep(0.5)
    return resident


def _leave_singly(place: Place, members: Sequence[str]) -> None:
    house = build(load(place.environment))
    withdraw = Withdraw(house.database, house.clock, ReleaseAllLinks(house.randomness, house.catalogue))
    for member in members:
        withdraw(member)
        time.sleep(_BETWEEN_SINGLES)
    house.close()


def _until_first_attempt(place: Place, members: Sequence[str]) -> list[float]:
    """Seconds from each commit to the first attempt."""
    with place.database.reading() as connection:
        return [float(each) for each in connection.execute(_FIRST_ATTEMPTS, {"members": list(members)}).scalars()]


def _percentiles(seconds: Sequence[float]) -> str:
    ranked = sorted(seconds)
    worst = ranked[min(len(ranked) - 1, int(0.99 * len(ranked)))]
    return f"p50 {statistics.median(ranked):.2f}, p99 {worst:.2f} ({len(ranked)} messages)"


def _received(place: Place) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", place.receiver_port, timeout=10)
    connection.request("GET", "/count")
    count = int(connection.getresponse().read())
    connection.close()
    return count


@contextmanager
def _place(parties: int, alg: str) -> Iterator[Place]:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="idp-events-")))
        cluster = stack.enter_context(postgres_server({**HONEST, "max_wal_size": "4GB"}))
        cluster.create("idp")
        port = free_port()
        environment = {
            **process_environment(),
            "IDP_KEYS_DIR": str(directory / "keys"),
            "IDP_DATABASE_URL": cluster.url("idp"),
            "IDP_SECRET_KEY": secrets.token_hex(32),
        }
        settings = load(environment)
        database = Database(settings.database_url)
        stack.callback(database.close)
        upgrade(database)
        house = build(settings)
        register_receivers(house, directory, parties, port, alg)
        house.close()
        processes = stack.enter_context(Processes(directory / "log"))
        receiver = Program(
            "receiver",
            (sys.executable, "-m", "benchmarks.event_receiver", str(port)),
            environment,
            f"http://127.0.0.1:{port}/count",
        )
        processes.start(receiver)
        processes.wait_until_ready("receiver")
        yield Place(environment, database, directory, port, parties)


@contextmanager
def _stopped(roots: Sequence[int]) -> Iterator[None]:
    """The workers stand still, so that the queue grows long first and what each side costs is known apart."""
    for root in roots:
        os.killpg(root, signal.SIGSTOP)
    try:
        yield
    finally:
        for root in roots:
            os.killpg(root, signal.SIGCONT)


@contextmanager
def _working(place: Place, workers: int) -> Iterator[list[int]]:
    with Processes(place.directory / "log") as processes:
        for number in range(workers):
            processes.start(Program(f"worker{number}", (*IDP, "worker"), place.environment))
        yield [processes.pid(f"worker{number}") for number in range(workers)]


if __name__ == "__main__":
    run()
