"""Rosters as wholes: which one counts, which one may come back, which ones are gone.

    staged ── switch ──▶ current ── switch ──▶ previous ── next switch, or too old ──▶ discarded
                            ▲  └── undo ──▶ undone       │
                            └──────────── undo ──────────┘

A discarded or undone roster loses its accounts, a batch at a time; that there was one stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from idp.clock import Clock
from idp.links.models import roster_accounts, rosters
from idp.randomness import Randomness, case_blind_token
from idp.storage.database import Database

STAGED: Final = "staged"
CURRENT: Final = "current"
PREVIOUS: Final = "previous"
UNDONE: Final = "undone"
DISCARDED: Final = "discarded"
_SWEPT_AT_ONCE, _BATCHES = 1000, 100
_LONGEST_READING = timedelta(days=1)
_other_accounts = roster_accounts.alias("there")


@dataclass(frozen=True, slots=True)
class Roster:
    """One list. `since` is when it came into its state."""

    id: str
    state: str
    accounts: int
    since: datetime


def current_or_new(connection: Connection, randomness: Randomness, relying_party_id: str, at: datetime) -> str:
    """The id of the roster that counts, made where there is none."""
    found = _current(connection, relying_party_id)
    if found is not None:
        return found
    try:
        with connection.begin_nested():
            return add(connection, randomness, relying_party_id, CURRENT, at)
    except IntegrityError:
        found = _current(connection, relying_party_id)
        if found is None:
            raise
        return found


def add(connection: Connection, randomness: Randomness, relying_party_id: str, state: str, at: datetime) -> str:
    """The id of a new roster, empty."""
    roster_id = case_blind_token(randomness)
    connection.execute(insert(rosters).values(id=roster_id, relying_party_id=relying_party_id, state=state, since=at))
    return roster_id


def of(connection: Connection, relying_party_id: str, states: Sequence[str]) -> dict[str, Roster]:
    """A relying party's rosters in these states, of which there is one each at most."""
    counted = (
        select(func.count())
        .select_from(roster_accounts)
        .where(roster_accounts.c.roster_id == rosters.c.id)
        .correlate(rosters)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(rosters.c.id, rosters.c.state, rosters.c.since, counted.label("accounts")).where(
            rosters.c.relying_party_id == relying_party_id, rosters.c.state.in_(states)
        )
    )
    return {row.state: Roster(row.id, row.state, row.accounts, row.since) for row in rows}


def state_of(connection: Connection, relying_party_id: str, roster_id: str) -> str | None:
    """What became of a relying party's roster; None where it has no such one."""
    found: str | None = connection.execute(
        select(rosters.c.state).where(rosters.c.id == roster_id, rosters.c.relying_party_id == relying_party_id)
    ).scalar()
    return found


def missing_from(connection: Connection, before: str, after: str) -> int:
    """How many accounts of one roster another has not."""
    there = _other_accounts.c
    known = select(there.id).where(
        there.roster_id == after, there.reference_digest == roster_accounts.c.reference_digest
    )
    return int(
        connection.execute(
            select(func.count())
            .select_from(roster_accounts)
            .where(roster_accounts.c.roster_id == before, ~known.correlate(roster_accounts).exists())
        ).scalar_one()
    )


def hold(connection: Connection, relying_party_id: str) -> None:
    """Hold what counts until the transaction ends, so that two who change it come one after the other."""
    connection.execute(
        select(rosters.c.id)
        .where(rosters.c.relying_party_id == relying_party_id, rosters.c.state.in_((CURRENT, PREVIOUS)))
        .order_by(rosters.c.id)
        .with_for_update()
    ).fetchall()


def move(connection: Connection, relying_party_id: str, before: str, after: str, at: datetime) -> None:
    """Take a relying party's roster from one state to another; where there is none, nothing."""
    connection.execute(
        update(rosters)
        .where(rosters.c.relying_party_id == relying_party_id, rosters.c.state == before)
        .values(state=after, since=at)
    )


def put(connection: Connection, roster_id: str, state: str, at: datetime) -> None:
    """Take one roster to a state."""
    connection.execute(update(rosters).where(rosters.c.id == roster_id).values(state=state, since=at))


def put_staged(connection: Connection, roster_id: str, state: str, at: datetime) -> bool:
    """Take a roster that is being read in to a state; whether it still was: one that took too long has been discarded
    and loses its accounts.

    Raises:
        IntegrityError: it is to count, and another does by now.
    """
    staged = (rosters.c.id == roster_id) & (rosters.c.state == STAGED)
    return connection.execute(update(rosters).where(staged).values(state=state, since=at)).rowcount == 1


def discard_rosters(database: Database, clock: Clock, undo_within: timedelta) -> int:
    """Discard rosters that cannot come back any more, and those whose reading broke off long ago; delete accounts of
    such, a batch at a time and a hundred batches at most; how many accounts."""
    now = clock.now()
    with database.transaction() as connection:
        for state, since in ((PREVIOUS, now - undo_within), (STAGED, now - _LONGEST_READING)):
            old = (rosters.c.state == state) & (rosters.c.since < since)
            connection.execute(update(rosters).where(old).values(state=DISCARDED, since=now))
    swept = 0
    for _ in range(_BATCHES):
        batch = sweep_batch(database)
        swept += batch
        if not batch:
            break
    return swept


def sweep_batch(database: Database) -> int:
    """Delete a batch of accounts of one roster that is gone; how many."""
    with database.transaction() as connection:
        gone = connection.execute(_one_to_sweep()).scalar()
        if gone is None:
            return 0
        batch = select(roster_accounts.c.id).where(roster_accounts.c.roster_id == gone).limit(_SWEPT_AT_ONCE)
        return connection.execute(delete(roster_accounts).where(roster_accounts.c.id.in_(batch))).rowcount


def _one_to_sweep() -> Select[Any]:
    # One probe of an index for each roster that is gone. Asked for the accounts of such rosters, a planner expects to
    # meet them soon, and reads every account of the rosters that count before it knows that there are none.
    first = select(roster_accounts.c.id).where(roster_accounts.c.roster_id == rosters.c.id).correlate(rosters).limit(1)
    gone = rosters.c.state.in_((DISCARDED, UNDONE))
    return select(rosters.c.id).where(gone, first.scalar_subquery().is_not(None)).limit(1)


def _current(connection: Connection, relying_party_id: str) -> str | None:
    found: str | None = connection.execute(
        select(rosters.c.id).where(rosters.c.relying_party_id == relying_party_id, rosters.c.state == CURRENT)
    ).scalar()
    return found
