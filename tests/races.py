"""Many who do the same thing at the same moment: what is meant for one must go to one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

RACERS = 16

Result = TypeVar("Result")


def race(act: Callable[[int], Result], racers: int = RACERS) -> list[Result]:
    """What each racer got from `act(its number)`; all started together. The first failure is raised."""
    line = threading.Barrier(racers)

    def run(racer: int) -> Result:
        line.wait(30)
        return act(racer)

    with ThreadPoolExecutor(racers) as pool:
        return list(pool.map(run, range(racers)))
