"""The worker's loop: finds lanes with something due, lets each run by itself, and does the house's periodic chores."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import structlog
from sqlalchemy.exc import IntegrityError

from idp.clock import Clock
from idp.egress import Egress
from idp.errors import StoreUnavailable
from idp.settings import Events
from idp.signals.states import REFUSED, SUPERSEDED
from idp.storage.database import Database
from idp.transmitter.claim import Claimed, mend_times
from idp.transmitter.connector import client_session
from idp.transmitter.deliver import Deliver, Response
from idp.transmitter.destinations import Lane
from idp.transmitter.expand import waiting_fan_outs
from idp.transmitter.lane import LaneRun
from idp.transmitter.lane_memory import all_memories
from idp.transmitter.metrics import Backlog, Metrics, kept_by_lane, waiting_by_lane
from idp.transmitter.record import Attempt
from idp.transmitter.turn import TakeTurn, Turn

_log = structlog.get_logger()
_T = TypeVar("_T")
_THREADS = 4
_CHORE_THREADS = 8
_PAUSE_WITHOUT_DATABASE = 1.0
_TURNS_WITHOUT_DATABASE = 3
_BETWEEN_FIGURES = timedelta(seconds=15)
_BETWEEN_MENDING = timedelta(minutes=10)
_JUMP = timedelta(seconds=2)
_MARGIN = timedelta(seconds=5)


def lease_for(events: Events) -> timedelta:
    """How long a claimed row is ours: time to wait for its turn, the request itself, and a margin to write it down."""
    return 2 * events.total_timeout + 2 * _MARGIN


@dataclass(frozen=True, slots=True)
class Chore:
    """Something the worker does for another room every so often."""

    name: str
    every: timedelta
    do: Callable[[], object]


@dataclass(slots=True)
class Worker:
    """Delivers until told to stop. Several may run on one database; they share nothing else."""

    database: Database
    clock: Clock
    events: Events
    take_turn: TakeTurn
    egress: Egress
    metrics: Metrics
    chores: Sequence[Chore] = ()
    _running: dict[Lane, asyncio.Task[None]] = field(default_factory=dict)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS, "outbox"))
    # Apart: a mail server that does not answer must not take the threads that deliveries need.
    _chore_threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_CHORE_THREADS, "chores"))

    def stop(self) -> None:
        """Claim nothing more; finish what is under way, then return from `run`. Call on the event loop."""
        self._stopping.set()

    async def run(self) -> None:
        """The loop. Ends after `stop`; raises whatever broke it, and leases cover what was under way."""
        async with client_session(self.egress, self.events, Response) as session:
            deliver = Deliver(session, self.egress, self.clock)
            try:
                async with asyncio.TaskGroup() as tasks:
                    for chore in (*self.chores, Chore("figures", _BETWEEN_FIGURES, self._show_backlog)):
                        tasks.create_task(self._repeat(chore))
                    tasks.create_task(self._watch_the_clock())
                    await self._dispatch(tasks, deliver)
            finally:
                self._threads.shutdown(wait=True)
                self._chore_threads.shutdown(wait=True)

    async def _dispatch(self, tasks: asyncio.TaskGroup, deliver: Deliver) -> None:
        while not self._stopping.is_set():
            try:
                lanes = await self._on_thread(self.take_turn.lanes_with_work, frozenset(self._running))
            except StoreUnavailable as error:
                self._without_database(error)
                await self._pause(_PAUSE_WITHOUT_DATABASE)
                continue
            for lane in lanes:
                run = LaneRun(
                    lane=lane,
                    turn=self._turn,
                    send=deliver,
                    stopping=self._stopping,
                    concurrency=self.events.concurrency,
                    batch=self.events.batch,
                    may_wait=lease_for(self.events) - self.events.total_timeout - _MARGIN,
                )
                self._running[lane] = task = tasks.create_task(self._work(run))
                task.add_done_callback(functools.partial(self._lane_ended, lane))
            self.metrics.progress(self.clock.now())
            await self._pause(self.events.idle_wait.total_seconds())

    async def _work(self, run: LaneRun) -> None:
        try:
            await run()
        except StoreUnavailable:
            # What was in hand is lost with the database; the leases end and it is sent again.
            _log.warning("worker.lane_dropped", relying_party=run.lane.relying_party_id, channel=run.lane.channel)
        except Exception:  # noqa: BLE001  # logged with its trace on the next line
            # A mistake of ours must cost this lane its pace, not every lane its worker.
            _log.exception("worker.lane_broke", relying_party=run.lane.relying_party_id, channel=run.lane.channel)
            self.metrics.trouble("broken_lane")
            await self._pause(lease_for(self.events).total_seconds())

    def _lane_ended(self, lane: Lane, _task: asyncio.Task[None]) -> None:
        del self._running[lane]

    async def _turn(self, lane: Lane, attempts: Sequence[Attempt], unsent: Sequence[Claimed], room: int) -> Turn:
        """A turn, tried again while the database is away: results in hand are worth waiting for."""
        for left in reversed(range(_TURNS_WITHOUT_DATABASE)):
            try:
                turn = await self._on_thread(self.take_turn, lane, attempts, unsent, room)
                break
            except StoreUnavailable as error:
                self._without_database(error)
                if not left:
                    raise
                await asyncio.sleep(_PAUSE_WITHOUT_DATABASE)
        now = self.clock.now()
        for attempt in attempts:
            self.metrics.attempt(attempt, now)
        return turn

    async def _repeat(self, chore: Chore) -> None:
        while not self._stopping.is_set():
            try:
                await asyncio.get_running_loop().run_in_executor(self._chore_threads, chore.do)
            except (StoreUnavailable, IntegrityError) as error:
                # Another worker at the same chore, or the database away: the next time will do.
                _log.warning("worker.chore_failed", chore=chore.name, error=type(error).__name__)
                self.metrics.trouble(f"chore_{chore.name}")
            except Exception:  # noqa: BLE001  # logged with its trace on the next line
                # One member's broken record must not keep every agency from hearing who left.
                _log.exception("worker.chore_broke", chore=chore.name)
                self.metrics.trouble(f"broken_{chore.name}")
            await self._pause(chore.every.total_seconds())

    async def _watch_the_clock(self) -> None:
        """Mend times at start, after the wall clock was set back, and now and then because another machine's may be."""
        loop = asyncio.get_running_loop()
        mend_at = 0.0
        wall, steady = self.clock.now(), loop.time()
        while not self._stopping.is_set():
            wall_now, steady_now = self.clock.now(), loop.time()
            set_back = timedelta(seconds=steady_now - steady) - (wall_now - wall) > _JUMP
            wall, steady = wall_now, steady_now
            if set_back or steady_now >= mend_at:
                mend_at = steady_now + _BETWEEN_MENDING.total_seconds()
                await self._on_thread(self._mend)
            await self._pause(1.0)

    def _mend(self) -> None:
        try:
            with self.database.transaction() as connection:
                mended = mend_times(connection, self.clock.now(), lease_for(self.events))
        except StoreUnavailable as error:
            self._without_database(error)
            return
        if mended:
            _log.warning("worker.times_mended", rows=mended)

    def _show_backlog(self) -> None:
        ready = frozenset(self.take_turn.lanes_with_work(frozenset()))
        with self.database.reading() as connection:
            waiting = waiting_by_lane(connection)
            found = Backlog(
                waiting=waiting,
                dead=kept_by_lane(connection, REFUSED),
                superseded=kept_by_lane(connection, SUPERSEDED),
                memories=all_memories(connection),
                ready=ready,
                unknown=frozenset(lane for lane in waiting if not self.take_turn.knows(lane)),
                fan_outs=waiting_fan_outs(connection),
            )
        self.metrics.backlog(found, self.clock.now())

    def _without_database(self, error: StoreUnavailable) -> None:
        _log.warning("worker.store_unavailable", detail=error.detail)
        self.metrics.trouble("store_unavailable")

    async def _on_thread(self, work: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    async def _pause(self, seconds: float) -> None:
        """Sleep, but not through a stop."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
