"""Waiting for what other processes do in their own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
_POLL = 0.05


def eventually(look: Callable[[], Result | None], seconds: float = 20) -> Result:
    """The first true thing that `look` returns; fails with the last it returned when time is up."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r} after {seconds:.0f} s"
        time.sleep(_POLL)
    return seen
