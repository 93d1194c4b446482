"""Writing down what came back, as far as the row is still ours: where the link ended meanwhile it is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, case, update

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.links.models import provisionings
from idp.links.provisionings import NO_LEASE, ProvisioningState
from idp.provisioning.attempt import Attempt, Needed, Outcome
from idp.provisioning.due import Due
from idp.transmitter.schedule import LaneMemory, lane_after, probe_delay, refusal_delay
from idp.transmitter.verdict import Verdict

_log = structlog.get_logger()
_LATER = timedelta(minutes=30)
_row = provisionings.c


def settle(
    connection: Connection, memory: LaneMemory, attempts: Sequence[Attempt], now: datetime, factor: float
) -> LaneMemory:
    """Decide what becomes of the rows of `attempts`; the lane's new memory. Call while holding the lane.

    A row whose lease is not ours any more stays as it is: whoever ended or holds it has the say.
    """
    reached = [attempt for attempt in attempts if attempt.outcome is not None]
    after = lane_after(memory, reached, now, factor)
    for attempt in attempts:
        values = {"due_at": now + _LATER, "outcome": "not_in_force"}
        if attempt.outcome is not None:
            values = _fate(attempt, attempt.outcome, after, now, factor)
        ours = (_row.id == attempt.row.id, _row.lease_token == attempt.row.lease_token)
        if connection.execute(update(provisionings).where(*ours).values(**values, **NO_LEASE)).rowcount:
            _write_down(connection, attempt, values, now)
    return after


def _fate(attempt: Attempt, outcome: Outcome, lane: LaneMemory, now: datetime, factor: float) -> dict[str, Any]:
    row, answer = attempt.row, outcome.answer
    sent = {"sends": _row.sends + 1, "outcome": answer.outcome}
    if answer.verdict is Verdict.ACCEPTED:
        unchanged = (_row.revision == row.revision, None)
        return sent | {
            "state": ProvisioningState.CREATED.value,
            "settled_at": now if row.state is ProvisioningState.REQUESTED else _row.settled_at,
            "remote": attempt.sealed,
            "action": None,
            "refusals": 0,
            "due_at": now if outcome.again else case(unchanged, else_=now),
        }
    if outcome.needed is not None:
        return sent | _failed(outcome.needed, now)
    if answer.verdict is Verdict.MESSAGE_REFUSED:
        delay = refusal_delay(row.refusals + 1)
        if delay is None:
            made = row.state is ProvisioningState.CREATED
            return sent | _failed(Needed.NOT_UPDATED if made else Needed.REFUSED, now)
        return sent | {"refusals": row.refusals + 1, "due_at": now + delay}
    if lane.failing and lane.retry_at is not None:
        return sent | {"due_at": lane.retry_at}
    return sent | {"due_at": now + max(probe_delay(row.sends + 1, factor), answer.wait or timedelta())}


def _failed(needed: Needed, now: datetime) -> dict[str, Any]:
    return {
        "state": ProvisioningState.FAILED.value,
        "action": needed.value,
        "settled_at": now,
        "due_at": None,
    }


def _write_down(connection: Connection, attempt: Attempt, values: dict[str, Any], now: datetime) -> None:
    row, state = attempt.row, values.get("state")
    if state == ProvisioningState.FAILED:
        _log.error(
            "provisioning.needs_a_person",
            provisioning=row.id,
            relying_party=row.relying_party_id,
            action=values["action"],
            outcome=values["outcome"],
        )
        record(connection, _entry(Action.PROVISIONING_FAILED, row, now, {"action": values["action"]}))
    elif state == ProvisioningState.CREATED and row.state is ProvisioningState.REQUESTED:
        record(connection, _entry(Action.PROVISIONING_CREATED, row, now, {"outcome": values["outcome"]}))


def _entry(action: Action, row: Due, now: datetime, detail: dict[str, str | int | bool | None]) -> Record:
    return Record(now, action, "system", row.member_id, row.agency_id, row.relying_party_id, detail=detail)
