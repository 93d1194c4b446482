"""Writing down what came back: the attempt always, the row's fate only while the row is still ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, literal_column, update

from idp.signals.catalogue import Channel
from idp.signals.coalesce import SUPERSEDABLE, settle_overtaken
from idp.signals.models import delivery_attempts, outbox
from idp.signals.states import DELIVERED, EXPIRED, PENDING, REFUSED
from idp.storage.prepared import PreparedRows
from idp.transmitter.claim import Claimed
from idp.transmitter.destinations import Lane
from idp.transmitter.expire import expire, lifetime
from idp.transmitter.hold import Because, held_by_worker
from idp.transmitter.schedule import LaneMemory, lane_after, probe_delay, refusal_delay
from idp.transmitter.verdict import GONE, Answer, Verdict

_PENDING: ColumnElement[str] = literal_column("'pending'")
_LATE = "lease lost"
_LOG = PreparedRows(
    delivery_attempts,
    *("jti", "relying_party_id", "at", "number", "kid", "message_sha256", "status", "outcome", "detail"),
    *("milliseconds", "peer"),
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending of one row, and how it ended."""

    row: Claimed
    answer: Answer
    started_at: datetime
    milliseconds: int
    kid: str | None = None
    message_sha256: str | None = None
    peer: str | None = None

    @property
    def jti(self) -> str:
        return self.row.jti


def settle(
    connection: Connection, lane: Lane, memory: LaneMemory, attempts: Sequence[Attempt], now: datetime, factor: float
) -> LaneMemory:
    """Record `attempts` of `lane` and decide what becomes of their rows; the lane's new memory.

    Call in a transaction that holds the lane. An attempt whose lease went to somebody else is logged and changes
    nothing: who holds the row now will settle it.
    """
    if not attempts:
        return memory
    accepted = {"state": DELIVERED, "settled_at": now, "outcome": Verdict.ACCEPTED.value}
    ours = _end_leases(connection, [attempt for attempt in attempts if not _failed(attempt)], accepted)
    ours |= _end_leases(connection, [attempt for attempt in attempts if _failed(attempt)], {})
    counted = [attempt for attempt in attempts if attempt.row.seq in ours]
    after = lane_after(memory, [attempt for attempt in counted if attempt.answer.tells_of_endpoint], now, factor)
    failed = [attempt for attempt in counted if _failed(attempt)]
    _put_off(connection, [_fate(attempt, after, now, factor) for attempt in failed])
    settle_overtaken(connection, [attempt.row.seq for attempt in failed if attempt.row.event_type in SUPERSEDABLE], now)
    if after.failing:
        expire(connection, lane, now)
    _LOG.run(connection, [_log_line(attempt, ours) for attempt in attempts])
    because = _why_hold(lane, after, counted)
    return after if because is None else held_by_worker(connection, lane, after, because, now)


def note_handed_out(connection: Connection, attempts: Sequence[Attempt]) -> None:
    """Count what was handed out and is not answered for yet. Of a message that is handed out over and over the first
    time is recorded, the second, fourth, eighth and so on: who never acknowledges must not fill the disk."""
    if not attempts:
        return
    ours = {attempt.row.seq for attempt in attempts}
    waiting = outbox.c.seq.in_(ours) & (outbox.c.state == _PENDING)
    connection.execute(update(outbox).where(waiting).values(sends=outbox.c.sends + 1))
    firsts = [attempt for attempt in attempts if attempt.row.sends & (attempt.row.sends + 1) == 0]
    _LOG.run(connection, [_log_line(attempt, ours) for attempt in firsts])


def _why_hold(lane: Lane, memory: LaneMemory, tried: Sequence[Attempt]) -> Because | None:
    """Logout messages mean nothing for long: nobody is asked to look after them."""
    if lane.channel is not Channel.EVENT or memory.held or not memory.failing:
        return None
    if any(attempt.answer.outcome == GONE for attempt in tried):
        return Because.GONE
    return Because.MISCONFIGURED if memory.misconfigured else None


def _failed(attempt: Attempt) -> bool:
    return attempt.answer.verdict is not Verdict.ACCEPTED


def _end_leases(connection: Connection, attempts: Sequence[Attempt], values: dict[str, Any]) -> set[int]:
    """Count the sending of those rows whose lease token is still the one they were claimed with; which they are."""
    by_token: dict[str, list[int]] = defaultdict(list)
    for attempt in attempts:
        by_token[attempt.row.lease_token].append(attempt.row.seq)
    ours: set[int] = set()
    for token, seqs in by_token.items():
        held = (
            update(outbox)
            .where(outbox.c.seq.in_(seqs), outbox.c.lease_token == token, outbox.c.state == _PENDING)
            .values(sends=outbox.c.sends + 1, lease_token=None, leased_until=None, **values)
            .returning(outbox.c.seq)
        )
        ours.update(connection.execute(held).scalars())
    return ours


def _fate(attempt: Attempt, lane: LaneMemory, now: datetime, factor: float) -> dict[str, Any]:
    """What becomes of a row that was not accepted."""
    row, answer = attempt.row, attempt.answer
    refusals = row.attempts + (1 if answer.verdict is Verdict.MESSAGE_REFUSED else 0)
    fate = {"of": row.seq, "refusals": refusals, "fate": PENDING, "due": now, "settled": None, "said": answer.outcome}
    means_something_for = lifetime(row.channel, row.event_type)
    if means_something_for is not None and now - row.occurred_at > means_something_for:
        return fate | {"fate": EXPIRED, "settled": now, "said": EXPIRED}
    if answer.verdict is Verdict.WITHHELD:
        return fate | {"fate": EXPIRED, "settled": now}
    if answer.verdict is Verdict.MESSAGE_REFUSED:
        delay = refusal_delay(refusals)
        return fate | ({"fate": REFUSED, "settled": now} if delay is None else {"due": now + delay})
    if lane.failing and lane.retry_at is not None:
        return fate | {"due": lane.retry_at}
    return fate | {"due": now + max(probe_delay(row.sends + 1, factor), answer.wait or timedelta())}


def _put_off(connection: Connection, fates: Sequence[dict[str, Any]]) -> None:
    if fates:
        connection.execute(
            update(outbox)
            .where(outbox.c.seq == bindparam("of"))
            .values(
                attempts=bindparam("refusals"),
                state=bindparam("fate"),
                due_at=bindparam("due"),
                settled_at=bindparam("settled"),
                outcome=bindparam("said"),
            ),
            list(fates),
        )


def _log_line(attempt: Attempt, ours: set[int]) -> dict[str, Any]:
    return {
        "jti": attempt.row.jti,
        "relying_party_id": attempt.row.relying_party_id,
        "at": attempt.started_at,
        "number": attempt.row.sends + 1,
        "kid": attempt.kid,
        "message_sha256": attempt.message_sha256,
        "status": attempt.answer.status,
        "outcome": attempt.answer.outcome,
        "detail": None if attempt.row.seq in ours else _LATE,
        "milliseconds": attempt.milliseconds,
        "peer": attempt.peer,
    }
