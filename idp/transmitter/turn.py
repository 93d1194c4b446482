"""One short transaction of a lane with the outbox: settle what came back, give back what was not sent, claim more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from idp.clock import Clock
from idp.errors import IdpError, StoreUnavailable
from idp.randomness import Randomness, url_token
from idp.storage.database import Database
from idp.transmitter import pace
from idp.transmitter.claim import Claimed, claim, has_work, pending_lanes, release
from idp.transmitter.destinations import Destination, Destinations, Lane
from idp.transmitter.lane_memory import all_memories, held_memory, remember
from idp.transmitter.pace import Caps, returned, taken
from idp.transmitter.record import Attempt, settle
from idp.transmitter.schedule import LaneMemory, Lease, spread
from idp.transmitter.sign import Message, Sign
from idp.transmitter.verdict import Answer

_log = structlog.get_logger()
_UNCAPPED = Caps()


@dataclass(frozen=True, slots=True)
class Turn:
    """What a lane may do next."""

    claimed: Sequence[Claimed]
    messages: Sequence[Message | Answer]
    """One for each of `claimed`."""
    memory: LaneMemory
    destination: Destination | None
    width: int | None = None
    """How many requests may be under way at once, in all workers together; None: as many as each likes."""


@dataclass(frozen=True, slots=True)
class TakeTurn:
    """Speaks with the database for every lane. Blocks: runs on a thread."""

    database: Database
    clock: Clock
    randomness: Randomness
    destinations: Destinations
    sign: Sign
    lease: timedelta

    def __call__(self, lane: Lane, attempts: Sequence[Attempt], unsent: Sequence[Claimed], wanted: int) -> Turn:
        """Settle `attempts`, release `unsent`, claim up to `wanted` rows and sign their messages.

        Raises:
            StoreUnavailable: the database did not answer; the same turn may be taken again.
        """
        destination = self._destination(lane)
        caps = _UNCAPPED if destination is None else destination.caps
        with self.database.transaction() as connection:
            if self.database.kind == "postgresql":
                # The planner overrates a claim on a long lane so much that it would compile it: 0.4 s for 1 ms of work.
                connection.exec_driver_sql("SET LOCAL jit = off")
            known = memory = held_memory(connection, lane)
            # Not before: while we waited for the lane, others have written times later than that.
            now = self.clock.now()
            memory = settle(connection, lane, memory, attempts, now, spread(self.randomness))
            release(connection, unsent, now)
            back = [attempt.row.lease_token for attempt in attempts] + [row.lease_token for row in unsent]
            memory = returned(memory, back, now, self.lease)
            token = url_token(self.randomness, 16)
            limit = pace.room(memory, caps, now, wanted) if destination is not None else 0
            claimed = claim(connection, lane, now=now, limit=limit, lease=self.lease, token=token)
            memory = taken(memory, caps, Lease(token, len(claimed), now + self.lease), now)
            if memory != known:
                remember(connection, lane, memory)
        # After the commit: signing takes longer than everything above and holds nobody up.
        messages = [] if destination is None else [self.sign(row, destination) for row in claimed]
        return Turn(claimed, messages, memory, destination, pace.width(memory, caps, now))

    def lanes_with_work(self, busy: frozenset[Lane]) -> list[Lane]:
        """The lanes outside `busy` that have something due and an address to send it to.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        now = self.clock.now()
        with self.database.reading() as connection:
            lanes = [lane for lane in pending_lanes(connection) if lane not in busy]
            if not lanes:
                return []
            memories = all_memories(connection)
        ready = [lane for lane in lanes if self._may_be_sent(lane, memories.get(lane, LaneMemory()), now)]
        with self.database.reading() as connection:
            return [lane for lane in ready if has_work(connection, lane, now)]

    def _may_be_sent(self, lane: Lane, memory: LaneMemory, now: datetime) -> bool:
        destination = self._destination(lane)
        return destination is not None and pace.room(memory, destination.caps, now, 1) > 0

    def knows(self, lane: Lane) -> bool:
        """Whether messages of `lane` have anywhere to go, or somebody who comes for them."""
        return self._destination(lane) is not None or self.destinations.awaits(*lane)

    def pushes_to(self, lane: Lane) -> bool:
        """Whether messages of `lane` leave by our own doing: those that somebody must come for may lie for days."""
        return self._destination(lane) is not None

    def _destination(self, lane: Lane) -> Destination | None:
        """A registration that cannot be read stops its own lane only."""
        try:
            return self.destinations.destination(*lane)
        except StoreUnavailable:
            raise
        except IdpError as error:
            _log.error(
                "events.no_destination", relying_party=lane.relying_party_id, channel=lane.channel, code=error.code
            )
            return None
