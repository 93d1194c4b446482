"""One short transaction of a lane with the outbox: settle what came back, give back what was not sent, claim more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from idp.clock import Clock
from idp.errors import IdpError, StoreUnavailable
from idp.randomness import Randomness, url_token
from idp.storage.database import Database
from idp.transmitter.claim import Claimed, claim, has_work, pending_lanes, release
from idp.transmitter.destinations import Destination, Destinations, Lane
from idp.transmitter.lane_memory import all_memories, held_memory
from idp.transmitter.record import Attempt, settle
from idp.transmitter.schedule import LaneMemory, spread
from idp.transmitter.sign import Message, Sign
from idp.transmitter.verdict import Answer

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Turn:
    """What a lane may do next."""

    claimed: Sequence[Claimed]
    messages: Sequence[Message | Answer]
    """One for each of `claimed`."""
    memory: LaneMemory
    destination: Destination | None


@dataclass(frozen=True, slots=True)
class TakeTurn:
    """Speaks with the database for every lane. Blocks: runs on a thread."""

    database: Database
    clock: Clock
    randomness: Randomness
    destinations: Destinations
    sign: Sign
    lease: timedelta

    def __call__(self, lane: Lane, attempts: Sequence[Attempt], unsent: Sequence[Claimed], room: int) -> Turn:
        """Settle `attempts`, release `unsent`, claim up to `room` rows and sign their messages.

        Raises:
            StoreUnavailable: the database did not answer; the same turn may be taken again.
        """
        destination = self._destination(lane)
        now = self.clock.now()
        with self.database.transaction() as connection:
            if self.database.kind == "postgresql":
                # The planner overrates a claim on a long lane so much that it would compile it: 0.4 s for 1 ms of work.
                connection.exec_driver_sql("SET LOCAL jit = off")
            memory = held_memory(connection, lane)
            memory = settle(connection, lane, memory, attempts, now, spread(self.randomness))
            release(connection, list(unsent))
            claimed = claim(
                connection,
                lane,
                memory,
                now=now,
                limit=room if destination is not None else 0,
                lease=self.lease,
                token=url_token(self.randomness, 16),
            )
        # After the commit: signing takes longer than everything above and holds nobody up.
        messages = [] if destination is None else [self.sign(row, destination) for row in claimed]
        return Turn(claimed, messages, memory, destination)

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
            due = [lane for lane in lanes if has_work(connection, lane, memories.get(lane, LaneMemory()), now)]
        return [lane for lane in due if self._destination(lane) is not None]

    def knows(self, lane: Lane) -> bool:
        """Whether messages of `lane` have anywhere to go."""
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
