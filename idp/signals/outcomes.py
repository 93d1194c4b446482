"""How single messages have fared, for whoever queued them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from idp.signals.models import outbox


@dataclass(frozen=True, slots=True)
class Outcome:
    """One message: its state, and how often it was sent so far."""

    state: str
    sends: int


def outcomes(connection: Connection, jtis: Collection[str]) -> Mapping[str, Outcome]:
    """Of each message that is still kept, by its `jti`."""
    rows = connection.execute(select(outbox.c.jti, outbox.c.state, outbox.c.sends).where(outbox.c.jti.in_(jtis)))
    return {row.jti: Outcome(row.state, row.sends) for row in rows}
