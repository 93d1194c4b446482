"""Workers of ours on threads, each with an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol


class Looping(Protocol):
    """Runs on an event loop until it is told there to stop."""

    async def run(self) -> None: ...

    def stop(self) -> None: ...


@contextmanager
def looping(*workers: Looping) -> Iterator[None]:
    """Run `workers`; stop them and see that none broke."""
    with ExitStack() as stack:
        for each in workers:
            running = _Running(each)
            running.start()
            stack.callback(running.end)
        yield


class _Running(threading.Thread):
    def __init__(self, worker: Looping) -> None:
        super().__init__(daemon=True)
        self._worker = worker
        self._loop: asyncio.AbstractEventLoop | None = None
        self._broke: BaseException | None = None

    def run(self) -> None:
        async def work() -> None:
            self._loop = asyncio.get_running_loop()
            await self._worker.run()

        try:
            asyncio.run(work())
        except BaseException as error:  # noqa: BLE001  # handed to the test's own thread
            self._broke = error

    def end(self) -> None:
        """Stop it; raise what broke it."""
        wait_for(lambda: self._loop is not None or self._broke is not None)
        if self._loop is not None and self._broke is None:
            self._loop.call_soon_threadsafe(self._worker.stop)
        self.join(20)
        assert not self.is_alive(), "the worker did not stop"
        if self._broke is not None:
            raise self._broke


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Return as soon as `condition` holds; fail when it does not in time."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)
