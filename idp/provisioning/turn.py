"""One short transaction of a lane: settle what came back, claim what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.clock import Clock
from idp.provisioning.attempt import Attempt
from idp.provisioning.due import Due, claim, due_parties, mend_times
from idp.provisioning.settle import settle
from idp.randomness import Randomness, url_token
from idp.signals.catalogue import Channel
from idp.storage.database import Database
from idp.transmitter import pace
from idp.transmitter.destinations import Lane
from idp.transmitter.lane_memory import all_memories, held_memory, mend_shares, remember
from idp.transmitter.pace import Caps, returned, taken
from idp.transmitter.schedule import LONGEST_ROW_WAIT, LaneMemory, Lease, spread

CAPS = Caps(max_concurrency=4)
"""Accounts that are made at one agency at once, by all workers together."""


@dataclass(frozen=True, slots=True)
class TakeTurn:
    """Speaks with the database for every lane. Blocks: runs on a thread."""

    database: Database
    clock: Clock
    randomness: Randomness
    lease: timedelta

    def __call__(self, relying_party_id: str, attempts: Sequence[Attempt], wanted: int) -> list[Due]:
        """Up to `wanted` rows to carry to this relying party, once `attempts` are settled.

        Raises:
            StoreUnavailable: the database did not answer; the same turn may be taken again.
        """
        lane, now = Lane(relying_party_id, Channel.SCIM), self.clock.now()
        with self.database.transaction() as connection:
            known = memory = held_memory(connection, lane)
            memory = settle(connection, memory, attempts, now, spread(self.randomness))
            memory = returned(memory, [attempt.row.lease_token for attempt in attempts], now, self.lease)
            token = url_token(self.randomness, 16)
            limit = pace.room(memory, CAPS, now, wanted)
            rows = claim(connection, relying_party_id, now=now, limit=limit, lease=self.lease, token=token)
            memory = taken(memory, CAPS, Lease(token, len(rows), now + self.lease), now)
            if memory != known:
                remember(connection, lane, memory)
        return rows

    def parties_with_work(self, busy: frozenset[str]) -> list[str]:
        """The relying parties outside `busy` for which something is due and may be sent.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        now = self.clock.now()
        with self.database.reading() as connection:
            parties = [party for party in due_parties(connection, now) if party not in busy]
            memories = all_memories(connection) if parties else {}
        return [party for party in parties if self._has_room(memories.get(Lane(party, Channel.SCIM)), now)]

    def mend(self) -> int:
        """Undo what a clock that ran ahead has written."""
        now = self.clock.now()
        with self.database.transaction() as connection:
            mended = mend_times(connection, now, furthest=LONGEST_ROW_WAIT, longest_lease=self.lease)
            return mended + mend_shares(connection, (Channel.SCIM,), now, self.lease)

    @staticmethod
    def _has_room(memory: LaneMemory | None, now: datetime) -> bool:
        return pace.room(memory or LaneMemory(), CAPS, now, 1) > 0
