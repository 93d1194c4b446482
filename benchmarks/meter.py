"""Processor time and memory of whole process trees, as the kernel counts them. proc(5)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import psutil


def processor_seconds(roots: Iterable[int]) -> float:
    """What the processes `roots` and all their descendants have used since they began, system calls included.

    A descendant that ends takes its time into its parent's children counters, which are read too.
    """
    total = 0.0
    for process in _trees(roots):
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


def resident_mebibytes(roots: Iterable[int]) -> float:
    """Memory the trees hold, pages that several of them share counted once (PSS)."""
    total = 0
    for process in _trees(roots):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total / 2**20


def _trees(roots: Iterable[int]) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for root in roots:
        process = psutil.Process(root)
        found += [process, *process.children(recursive=True)]
    return found
