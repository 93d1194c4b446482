"""The worker's loop for accounts: finds agencies for which something is due, and lets each go at its own pace."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import structlog

from idp.agencies.catalogue import Catalogue
from idp.clock import Clock
from idp.crypto.fields import FieldCipher
from idp.egress import Egress
from idp.errors import StoreUnavailable
from idp.provisioning.attempt import Attempt
from idp.provisioning.exchange import Exchange
from idp.provisioning.metrics import Metrics, open_by_party
from idp.provisioning.open_member import OpenMember
from idp.provisioning.reach_agency import ReachAgency
from idp.provisioning.scim_parties import ScimParties
from idp.provisioning.turn import CAPS, TakeTurn
from idp.settings import Events
from idp.transmitter.connector import client_session

_log = structlog.get_logger()
_T = TypeVar("_T")
_THREADS = 2
_REQUESTS_A_VISIT = 8
_MARGIN = timedelta(seconds=10)
_PAUSE_WITHOUT_DATABASE = 1.0
_BETWEEN_FIGURES = timedelta(seconds=15)
_BETWEEN_MENDING = timedelta(minutes=10)


def lease_for(events: Events) -> timedelta:
    """How long a claimed row is ours: every request of a visit may take its full time."""
    return _REQUESTS_A_VISIT * events.total_timeout + _MARGIN


@dataclass(slots=True)
class Provisioner:
    """Makes accounts until told to stop. Several may run on one database; they share nothing else."""

    clock: Clock
    events: Events
    take_turn: TakeTurn
    open_member: OpenMember
    catalogue: Catalogue
    cipher: FieldCipher
    egress: Egress
    metrics: Metrics
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS, "provisioning"))

    def stop(self) -> None:
        """Claim nothing more; finish what is under way, then return from `run`. Call on the event loop."""
        self._stopping.set()

    async def run(self) -> None:
        """The loop. Ends after `stop`; raises whatever broke it, and leases cover what was under way."""
        async with client_session(self.egress, self.events) as session:
            exchange = Exchange(session, self.egress, self.clock)
            parties = ScimParties(self.catalogue, self.cipher, self.clock, lambda: exchange)
            reach = ReachAgency(self.open_member, self._on_thread, self.clock)
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._repeat(_BETWEEN_FIGURES, self._show))
                    tasks.create_task(self._repeat(_BETWEEN_MENDING, self.take_turn.mend))
                    while not self._stopping.is_set():
                        for party in await self._parties_with_work():
                            self._running[party] = task = tasks.create_task(self._work(party, parties, reach))
                            task.add_done_callback(functools.partial(self._ended, party))
                        await self._pause(self.events.idle_wait.total_seconds())
            finally:
                self._threads.shutdown(wait=True)

    async def _parties_with_work(self) -> list[str]:
        try:
            return await self._on_thread(self.take_turn.parties_with_work, frozenset(self._running))
        except StoreUnavailable as error:
            _log.warning("provisioning.store_unavailable", detail=error.detail)
            await self._pause(_PAUSE_WITHOUT_DATABASE)
            return []

    async def _work(self, party: str, parties: ScimParties, reach: ReachAgency) -> None:
        """One lane, until nothing is due: up to `CAPS` accounts side by side, settled together."""
        attempts: list[Attempt] = []
        try:
            while True:
                scim_party = await self._on_thread(parties.of, party)
                if scim_party is None and not attempts:
                    return
                wanted = 0 if scim_party is None or self._stopping.is_set() else CAPS.max_concurrency or 1
                rows = await self._on_thread(self.take_turn, party, attempts, wanted)
                for attempt in attempts:
                    self.metrics.attempt(attempt)
                if not rows or scim_party is None:
                    return
                attempts = list(await asyncio.gather(*(reach(row, scim_party) for row in rows)))
        except StoreUnavailable:
            # What was in hand is lost with the database; the leases end, and what was made is found.
            _log.warning("provisioning.lane_dropped", relying_party=party)

    async def _repeat(self, every: timedelta, do: Callable[[], object]) -> None:
        while not self._stopping.is_set():
            try:
                await self._on_thread(do)
            except StoreUnavailable as error:
                _log.warning("provisioning.store_unavailable", detail=error.detail)
            await self._pause(every.total_seconds())

    def _show(self) -> None:
        with self.take_turn.database.reading() as connection:
            waiting = open_by_party(connection)
        self.metrics.show(waiting, self.clock.now())

    def _ended(self, party: str, _task: asyncio.Task[None]) -> None:
        del self._running[party]

    async def _on_thread(self, work: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    async def _pause(self, seconds: float) -> None:
        """Sleep, but not through a stop."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
