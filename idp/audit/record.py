"""Writing one record, inside the transaction that makes the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert

from idp.audit.actions import Action
from idp.audit.models import audit_records
from idp.storage.prepared import Prepared

_INSERT = Prepared(
    insert(audit_records).inline(),
    *("at", "action", "actor", "member_id", "agency_id", "relying_party_id", "address", "detail"),
)


@dataclass(frozen=True, slots=True)
class Record:
    """What happened: who did what to whom, when and from where. `detail` holds codes and counts only."""

    at: datetime
    action: Action
    actor: str
    member_id: str | None = None
    agency_id: str | None = None
    relying_party_id: str | None = None
    address: str | None = None
    detail: Mapping[str, str | int | bool | None] = field(default_factory=dict)


def record(connection: Connection, *records: Record) -> None:
    """Write `records`; they stand or fall with the caller's transaction."""
    for entry in records:
        _INSERT.run(
            connection,
            {
                "at": entry.at,
                "action": entry.action.value,
                "actor": entry.actor,
                "member_id": entry.member_id,
                "agency_id": entry.agency_id,
                "relying_party_id": entry.relying_party_id,
                "address": entry.address,
                "detail": dict(entry.detail),
            },
        )
