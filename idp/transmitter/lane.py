"""One lane at work: rows go out side by side, results come back to the outbox in batches, until nothing is due."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from idp.transmitter.claim import Claimed
from idp.transmitter.destinations import Destination, Lane
from idp.transmitter.record import Attempt
from idp.transmitter.sign import Message
from idp.transmitter.turn import Turn
from idp.transmitter.verdict import Answer, Verdict

_LINGER = 0.02
"""Seconds to gather results before they are written: one transaction for many costs a receiver's row nothing."""

AskTurn = Callable[[Lane, Sequence[Attempt], Sequence[Claimed], int], Awaitable[Turn]]
Send = Callable[[Claimed, Destination, Message | Answer], Awaitable[Attempt]]


@dataclass(slots=True)
class LaneRun:
    """Works one lane until it has nothing due, fails, or the worker stops; then everything it claimed is settled or
    given back. Memory is bounded by `batch` rows."""

    lane: Lane
    turn: AskTurn
    send: Send
    stopping: asyncio.Event
    concurrency: int
    """Requests under way at once, where neither the relying party nor its state says otherwise."""
    batch: int
    may_wait: timedelta
    """How long after its claim a row may still be sent: its lease must outlast the request."""
    _waiting: deque[tuple[Claimed, Message | Answer, float]] = field(default_factory=deque)
    _finished: list[Attempt] = field(default_factory=list)
    _unsent: list[Claimed] = field(default_factory=list)
    _senders: set[asyncio.Task[None]] = field(default_factory=set)
    _something: asyncio.Event = field(default_factory=asyncio.Event)
    _suspect: bool = False
    _destination: Destination | None = None
    _broken: BaseException | None = None
    _width: int = 1
    _looked_at: float | None = None
    _reach: int = 0

    async def __call__(self) -> None:
        try:
            while await self._one_turn():
                await self._gather()
        finally:
            for sender in self._senders:
                sender.cancel()

    async def _one_turn(self) -> bool:
        """Write down what came back, take what is due; whether there is anything left to do here."""
        finished, self._finished = self._finished, []
        unsent, self._unsent = self._unsent, []
        self._something.clear()
        asked_at = asyncio.get_running_loop().time()
        reach = self._reach_now(len(finished), asked_at)
        room = 0 if self.stopping.is_set() else reach - len(self._waiting) - len(self._senders)
        turn = await self.turn(self.lane, finished, unsent, room if room > reach // 2 else 0)
        self._destination = turn.destination
        self._width = self._width_of(turn)
        send_before = asked_at + self.may_wait.total_seconds()
        # Anything that waited through a failure goes back; the one probe of a failing lane is what was just claimed.
        self._suspect = any(attempt.answer.verdict is Verdict.ENDPOINT_FAILED for attempt in self._finished)
        if turn.memory.failing or turn.memory.held or turn.destination is None or self.stopping.is_set():
            self._give_back_waiting()
        messages = zip(turn.claimed, turn.messages, strict=True)
        self._waiting.extend((row, message, send_before) for row, message in messages)
        if self.stopping.is_set():
            self._give_back_waiting()
        self._start_senders()
        return bool(self._senders or self._finished or self._unsent)

    def _width_of(self, turn: Turn) -> int:
        registered = turn.destination.caps.max_concurrency if turn.destination is not None else None
        most = registered or self.concurrency
        return most if turn.width is None else min(most, turn.width)

    def _reach_now(self, finished: int, now: float) -> int:
        """How many rows to hold: what this receiver takes in a second. With more in hand, what turns up urgent would
        wait behind them."""
        if self._looked_at is not None and finished:
            self._reach = round(finished / max(now - self._looked_at, 0.001))
        self._looked_at = now
        return min(self.batch, max(self._reach, 2 * max(self._width, self.concurrency)))

    def _start_senders(self) -> None:
        if self._suspect:
            return
        for _ in range(min(self._width - len(self._senders), len(self._waiting))):
            sender = asyncio.create_task(self._send_one_after_another())
            self._senders.add(sender)
            sender.add_done_callback(self._sender_ended)

    def _sender_ended(self, sender: asyncio.Task[None]) -> None:
        self._senders.discard(sender)
        if not sender.cancelled() and self._broken is None:
            self._broken = sender.exception()
        self._something.set()

    async def _send_one_after_another(self) -> None:
        while self._waiting and not self._suspect and not self.stopping.is_set():
            row, message, send_before = self._waiting.popleft()
            if self._destination is None or asyncio.get_running_loop().time() > send_before:
                self._unsent.append(row)
                continue
            attempt = await self.send(row, self._destination, message)
            if attempt.answer.verdict is Verdict.ENDPOINT_FAILED:
                # Nobody sends more before the turn has judged whether the endpoint or this message is at fault.
                self._suspect = True
            self._finished.append(attempt)
            self._something.set()

    async def _gather(self) -> None:
        """Wait for results, and a moment longer for more of them."""
        if self._unsent:
            return
        await self._something.wait()
        if self._broken is not None:
            raise self._broken
        if self._senders and not self._suspect:
            await asyncio.sleep(_LINGER)

    def _give_back_waiting(self) -> None:
        self._unsent.extend(row for row, _, _ in self._waiting)
        self._waiting.clear()
