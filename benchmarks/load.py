"""Closed-loop load: so many clients, a process and a connection each, the next request as soon as one is answered."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from benchmarks import meter
from benchmarks.cases import Load, Operation
from benchmarks.population import People

_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Measured:
    """One run of one case."""

    operations: int
    seconds: float
    latencies: Sequence[float]
    processor: dict[str, float]
    """Processor seconds by party: `server`, `postgresql`, `redis`."""

    @property
    def per_second(self) -> float:
        return self.operations / self.seconds

    @property
    def milliseconds(self) -> float:
        """Processor milliseconds of one operation, every party together."""
        return 1000 * sum(self.processor.values()) / self.operations

    def share(self, party: str) -> float:
        return 1000 * self.processor.get(party, 0.0) / self.operations

    def percentile(self, part: float) -> float:
        """Milliseconds within which `part` of the operations were answered."""
        ranked = sorted(self.latencies)
        return 1000 * ranked[min(len(ranked) - 1, int(part * len(ranked)))]


def measure(
    case: Callable[[Load], Operation],
    port: int,
    people: People,
    parties: dict[str, list[int]],
    *,
    clients: int,
    seconds: float,
    warm: float,
) -> Measured:
    """Run `case` for `seconds`, after a warm-up that counts for nothing.

    Raises:
        RuntimeError: a client got an answer it did not expect.
    """
    pipes, processes = [], []
    for index in range(clients):
        ours, theirs = _FORK.Pipe()
        load = Load(port, people, index, clients)
        process = _FORK.Process(target=_client, args=(case, load, warm, seconds, theirs), daemon=True)
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)
    try:
        for pipe in pipes:
            _said(pipe)
        before, started = {name: meter.processor_seconds(pids) for name, pids in parties.items()}, time.perf_counter()
        for pipe in pipes:
            pipe.send(None)
        latencies = [latency for pipe in pipes for latency in _said(pipe)]
        elapsed = time.perf_counter() - started
        used = {name: meter.processor_seconds(pids) - before[name] for name, pids in parties.items()}
    finally:
        for process in processes:
            process.terminate()
            process.join()
    return Measured(len(latencies), elapsed, latencies, used)


def _said(pipe: Connection) -> list[float]:
    try:
        answer = pipe.recv()
    except EOFError:
        raise RuntimeError("a client died") from None
    if isinstance(answer, str):
        raise RuntimeError(answer)  # noqa: TRY004  # what the client said went wrong
    found: list[float] = answer
    return found


def _client(case: Callable[[Load], Operation], load: Load, warm: float, seconds: float, pipe: Connection) -> None:
    try:
        operation = case(load)
        _repeat(operation, warm)
        pipe.send([])
        pipe.recv()
        pipe.send(_repeat(operation, seconds))
    except Exception as error:  # noqa: BLE001  # whatever it was, the other side must hear of it
        pipe.send(f"{type(error).__name__}: {error}")


def _repeat(operation: Operation, seconds: float) -> list[float]:
    latencies, now = [], time.perf_counter()
    until = now + seconds
    while now < until:
        operation()
        after = time.perf_counter()
        latencies.append(after - now)
        now = after
    return latencies
