"""`python -m benchmarks.run`: measure chosen cases and print the table. Figures are processor milliseconds of the
server, PostgreSQL and Redis together; the clients' own are not in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from benchmarks import cases, machine, report
from benchmarks.load import Measured, measure
from benchmarks.stage import SERVERS, Server, Stores, filled_stores, running

_HERE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Plan:
    """What one command line asks for."""

    servers: tuple[str, ...]
    trees: tuple[Path, ...]
    names: tuple[str, ...]
    workers: int
    threads: int
    clients: int
    seconds: float
    rounds: int
    found: dict[tuple[str, str], list[Measured]] = field(default_factory=dict)
    resident: dict[str, float] = field(default_factory=dict)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(cases.CASES)))
@click.option("--stores", type=click.Choice(["postgresql", "sqlite"]), default="postgresql", show_default=True)
@click.option("--members", type=click.IntRange(8, 1_000_000), default=(1000,), multiple=True, show_default=True)
@click.option("--server", "servers", type=click.Choice(sorted(SERVERS)), default=("idp",), multiple=True)
@click.option("--against", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A second source tree.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True)
@click.option("--clients", type=click.IntRange(1, 64), default=8, show_default=True, help="Kept connections.")
@click.option("--seconds", type=click.FloatRange(0.5, 60), default=4.0, show_default=True, help="Of one stretch.")
@click.option("--rounds", type=click.IntRange(1, 9), default=3, show_default=True)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Append the table to this file as well."
)
def run(
    *,
    names: tuple[str, ...],
    stores: str,
    members: tuple[int, ...],
    servers: tuple[str, ...],
    against: Path | None,
    output: Path | None,
    **numbers: int,
) -> None:
    """Measure NAMES (all, when none is given): rounds alternate between servers, trees and sizes; medians are shown.

    Takes about cases × rounds × servers × trees × sizes × (seconds + 1), and a minute per 100 000 members.
    """
    chosen = names or tuple(cases.CASES)
    trees = (_HERE,) if against is None else (_HERE, against.resolve())
    lines = [*machine.facts(), _floors()]
    tables = []
    for count in members:
        plan = Plan(servers, trees, chosen, **numbers)  # type: ignore[arg-type]
        with filled_stores(stores, count) as filled:
            for round_number in range(plan.rounds):
                for label, server in _each(plan, filled):
                    _stretch(plan, filled, label, server, round_number)
        tables.append(report.table(f"{stores}, {count} members", plan.found, plan.resident))
    text = report.document(lines, plan_line(numbers), tables)
    click.echo(text)
    if output is not None:
        with output.open("a", encoding="utf-8") as file:
            file.write(text)


def plan_line(numbers: dict[str, int]) -> str:
    """The numbers of the command line, for the table's head."""
    return ", ".join(f"{name} {value:g}" for name, value in numbers.items())


def _each(plan: Plan, filled: Stores) -> Iterator[tuple[str, Server]]:
    for name in plan.servers:
        for tree in plan.trees:
            label = name if len(plan.trees) == 1 else f"{name} {'this tree' if tree == _HERE else tree.name}"
            with _started(plan, filled, name, tree) as server:
                yield label, server


@contextmanager
def _started(plan: Plan, filled: Stores, name: str, tree: Path) -> Iterator[Server]:
    with running(filled, name, workers=plan.workers, threads=plan.threads, tree=tree) as server:
        yield server


def _stretch(plan: Plan, filled: Stores, label: str, server: Server, round_number: int) -> None:
    for name in plan.names:
        measured = measure(
            cases.CASES[name],
            server.port,
            filled.people,
            dict(server.parties),
            clients=plan.clients,
            seconds=plan.seconds,
            warm=1.0,
        )
        plan.found.setdefault((label, name), []).append(measured)
        click.echo(
            f"{label} · {name} · round {round_number + 1}: {measured.milliseconds:.3f} CPU-ms,"
            f" {measured.per_second:.0f}/s",
            err=True,
        )
    plan.resident[label] = max(plan.resident.get(label, 0), server.resident())


def _floors() -> str:
    with_flask = machine.floors()
    return "floors, CPU-ms: " + ", ".join(f"{name} {value:.3f}" for name, value in with_flask.items())


if __name__ == "__main__":
    run()
