"""A member's sign-ins, read from the audit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from idp.audit.actions import Action
from idp.audit.models import audit_records

SIGN_INS = (Action.SIGN_IN_SUCCEEDED, Action.SIGN_IN_FAILED, Action.SIGN_IN_LOCKED)
"""Every attempt whose member is known."""


@dataclass(frozen=True, slots=True)
class SignInRecord:
    """One attempt, or an answer to a relying party. `number` pages; `method` is the code its recorder gave."""

    number: int
    at: datetime
    action: Action
    method: str
    address: str | None
    relying_party_id: str | None = None


def sign_ins(
    connection: Connection,
    member_id: str,
    *,
    before: int | None = None,
    limit: int,
    actions: Collection[Action] = SIGN_INS,
) -> list[SignInRecord]:
    """Up to `limit` of a member's sign-ins, newest first; the next page is that `before` the last `number` of this."""
    query = select(
        audit_records.c.seq,
        audit_records.c.at,
        audit_records.c.action,
        audit_records.c.detail,
        audit_records.c.address,
        audit_records.c.relying_party_id,
    ).where(audit_records.c.member_id == member_id, audit_records.c.action.in_([action.value for action in actions]))
    if before is not None:
        query = query.where(audit_records.c.seq < before)
    rows = connection.execute(query.order_by(audit_records.c.seq.desc()).limit(limit))
    return [
        SignInRecord(
            row.seq, row.at, Action(row.action), str(row.detail.get("method", "")), row.address, row.relying_party_id
        )
        for row in rows
    ]
