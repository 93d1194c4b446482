"""Bulk work that is written down as an intent first: one row in the transaction that decides it, and what it tells of
each link in pieces afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, insert

from idp.randomness import Randomness, url_token
from idp.signals.models import fan_outs
from idp.signals.outbox import Notice

WAITING = "waiting"
DONE = "done"


@dataclass(frozen=True, slots=True)
class FanOut:
    """What was decided once of many links with an agency. `cause` names the expander that knows which and how."""

    id: str
    cause: str
    reason: str
    created_at: datetime
    agency_id: str
    detail: Mapping[str, str | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is told of the next few links."""

    notices: Sequence[Notice]
    links: int
    cursor: str | None
    """Where the next chunk starts, at most 128 characters; None: this was the last."""


class Expander(Protocol):
    """Knows which links a fan-out is about and what is told of each."""

    def __call__(self, connection: Connection, fan_out: FanOut, after: str | None, limit: int, /) -> Chunk:
        """The chunk after the cursor `after` (None: the first), of at most `limit` links.

        Change the links themselves in the same transaction, and hold the locks that their other changes hold: chunk,
        cursor and links stand or fall together, so that a chunk that was cut off is made again and told once.
        """
        ...


def queue_fan_out(
    connection: Connection,
    randomness: Randomness,
    cause: str,
    reason: str,
    agency_id: str,
    at: datetime,
    *,
    detail: Mapping[str, str | int | bool | None] | None = None,
) -> str:
    """The id of a new fan-out, which stands or falls with the transaction; a worker expands it soon after."""
    identifier = url_token(randomness, 16)
    connection.execute(
        insert(fan_outs).values(
            id=identifier,
            cause=cause,
            reason=reason,
            agency_id=agency_id,
            detail=dict(detail or {}),
            transactions={},
            state=WAITING,
            created_at=at,
            touched_at=at,
        )
    )
    return identifier
