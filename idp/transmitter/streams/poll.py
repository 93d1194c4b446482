"""Handing out events to a receiver that fetches them. RFC 8936 §2.4."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from idp.agencies.event_streams import EventStream, StreamStatus
from idp.agencies.relying_party import RelyingParty
from idp.clock import Clock
from idp.randomness import Randomness, url_token
from idp.signals.catalogue import Channel
from idp.storage.database import Database
from idp.transmitter.claim import Claimed, claim, has_more, has_work, release, take_named
from idp.transmitter.destinations import Destination, Lane
from idp.transmitter.lane_memory import held_memory, remember
from idp.transmitter.record import Attempt, note_handed_out, settle
from idp.transmitter.schedule import LaneMemory, spread
from idp.transmitter.sign import Message, Sign
from idp.transmitter.streams.held_party import fresh_party
from idp.transmitter.streams.poll_request import PollRequest
from idp.transmitter.streams.refusals import NoSuchStream
from idp.transmitter.streams.stream_document import named_stream
from idp.transmitter.verdict import Answer, Verdict, judge

_log = structlog.get_logger()
_ACCEPTED = Answer(Verdict.ACCEPTED, Verdict.ACCEPTED.value)
_HANDED_OUT = Answer(Verdict.ACCEPTED, "handed_out")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a receiver gets."""

    sets: Mapping[str, str] = field(default_factory=dict)
    """Signed events by `jti`."""
    more: bool = False
    """Whether there is more to be had, now or once these are acknowledged."""
    flowing: bool = True
    """Whether anything could come: not while the stream is paused or stopped."""


@dataclass(frozen=True, slots=True)
class Poll:
    """Settles what its receiver answers to, then hands out what waits: the same rows in the same order as they would be
    pushed in, of one subject the earliest only, each leased for a while. What is not acknowledged until then is handed
    out again."""

    database: Database
    clock: Clock
    randomness: Randomness
    sign: Sign
    lease: timedelta
    most: int
    """Events in one answer, whatever is asked for."""

    def __call__(self, relying_party_id: str, stream_id: str, request: PollRequest) -> Fetched:
        """The next events. Acknowledgements count before anything is read: what is acknowledged in this very request is
        not handed out by it.

        Raises:
            NoSuchStream: it is not there, not yours, or not one that is fetched.
        """
        lane = Lane(relying_party_id, Channel.EVENT)
        with self.database.transaction() as connection:
            if self.database.kind == "postgresql":
                # As for a claim by a worker: the planner would compile it.
                connection.exec_driver_sql("SET LOCAL jit = off")
            party = fresh_party(connection, relying_party_id)
            stream = named_stream(party, stream_id)
            if stream.delivery != "poll":
                raise NoSuchStream("no such stream")
            known = held_memory(connection, lane)
            # Not before: while we waited for the lane, others have written times later than that.
            now = self.clock.now()
            memory = self._settle(connection, lane, known, request, now)
            if memory != known:
                remember(connection, lane, memory)
            flowing = stream.status is StreamStatus.ENABLED and not memory.held
            wanted = self.most if request.max_events is None else min(request.max_events, self.most)
            token = url_token(self.randomness, 16)
            limit = wanted if flowing else 0
            claimed = claim(connection, lane, now=now, limit=limit, lease=self.lease, token=token)
            more = flowing and has_more(connection, lane, now)
        # After the commit, as in a worker: signing takes longest and holds nobody up.
        sets = self._signed(lane, claimed, _destination(party, stream), now)
        _log.info(
            "ssf.polled",
            relying_party=relying_party_id,
            acknowledged=len(request.acknowledged),
            refused=len(request.refused),
            handed_out=len(sets),
        )
        return Fetched(sets, more, flowing)

    def has_some(self, relying_party_id: str) -> bool:
        """Whether a look would find something; reads without locking."""
        with self.database.reading() as connection:
            return has_work(connection, Lane(relying_party_id, Channel.EVENT), self.clock.now())

    def _settle(
        self, connection: Connection, lane: Lane, memory: LaneMemory, request: PollRequest, now: datetime
    ) -> LaneMemory:
        """Write down what was acknowledged and refused, each refusal as if it had been pushed (RFC 8935 §2.3)."""
        names = request.acknowledged | request.refused.keys()
        if not names:
            return memory
        token = url_token(self.randomness, 16)
        rows = take_named(connection, lane, names, until=now + self.lease, token=token)
        attempts = [Attempt(row, self._answer(row, request, now), now, 0) for row in rows]
        return settle(connection, lane, memory, attempts, now, spread(self.randomness))

    @staticmethod
    def _answer(row: Claimed, request: PollRequest, now: datetime) -> Answer:
        err = request.refused.get(row.jti)
        return _ACCEPTED if err is None else judge(row.channel, 400, None, json.dumps({"err": err}).encode(), now)

    def _signed(self, lane: Lane, rows: Sequence[Claimed], destination: Destination, now: datetime) -> dict[str, str]:
        """The events of `rows`, signed with the key of the day; what cannot be signed goes its way."""
        if not rows:
            return {}
        made = [(row, self.sign(row, destination)) for row in rows]
        signed = [(row, message) for row, message in made if isinstance(message, Message)]
        failed = [(row, answer) for row, answer in made if isinstance(answer, Answer)]
        handed_out = [
            Attempt(row, _HANDED_OUT, now, 0, kid=message.kid, message_sha256=message.sha256) for row, message in signed
        ]
        with self.database.transaction() as connection:
            note_handed_out(connection, handed_out)
            if failed:
                self._give_up(connection, lane, failed, now)
        return {row.jti: message.text for row, message in signed}

    def _give_up(
        self, connection: Connection, lane: Lane, failed: Sequence[tuple[Claimed, Answer]], now: datetime
    ) -> None:
        """A message that cannot be made is refused by us; where it is only a key that lacks, it waits."""
        known = held_memory(connection, lane)
        waits = Verdict.ENDPOINT_FAILED
        refused = [Attempt(row, answer, now, 0) for row, answer in failed if answer.verdict is not waits]
        memory = settle(connection, lane, known, refused, now, spread(self.randomness))
        if memory != known:
            remember(connection, lane, memory)
        release(connection, [row for row, answer in failed if answer.verdict is waits], now)


def _destination(party: RelyingParty, stream: EventStream) -> Destination:
    """What signing must know; there is no address to send to."""
    return Destination("", party.audience, None, stream.alg)
