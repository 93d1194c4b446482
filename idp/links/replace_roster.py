"""Putting a whole roster in the place of another, at once, and taking that back.

rows ──▶ a staged roster, a batch at a time ──▶ judged as a whole ──▶ current; the one before is kept for a while
                                                    │
                                                    └── dry run, conflicts, cut off: discarded
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from idp.agencies.relying_party import RelyingParty
from idp.audit.actions import Action
from idp.audit.actor import agency_system
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import Conflict as Refused
from idp.links import rosters
from idp.links.accounts import AgencyAccounts
from idp.links.roster import BATCH, REPEATED, Conflict, Outcome, judged
from idp.links.roster_row import Row
from idp.links.rosters import CURRENT, DISCARDED, PREVIOUS, STAGED, UNDONE
from idp.randomness import Randomness
from idp.storage.database import Database

SHOWN = 1000
"""Conflicts that a report lists; it counts all."""


class RosterChanged(Refused):
    """Another list was put in place meanwhile; what was judged against the one before would be judged otherwise now."""

    code = "roster_changed"


class NothingToUndo(Refused):
    """It is not the roster that counts, or the one before it is gone."""

    code = "nothing_to_undo"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a list is to be taken."""

    replace: bool = False
    """An account may change hands; one that is linked never does."""
    leave_out: bool = False
    """What cannot be taken is left out; otherwise nothing is taken where anything cannot be."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Replaced:
    """What came of it. `roster_id` is the roster that counts now, if the list is it; `gone` are accounts that the one
    before had and this one has not."""

    roster_id: str | None
    outcome: Outcome
    gone: int
    accounts: int


@dataclass(frozen=True, slots=True)
class ReplaceRoster:
    """Takes whole lists, in bounded memory, and undoes the last one."""

    database: Database
    clock: Clock
    randomness: Randomness
    accounts: AgencyAccounts
    undo_within: timedelta

    def __call__(
        self,
        party: RelyingParty,
        rows: Iterable[Row | Conflict],
        wanted: Wanted,
        *,
        client_id: str = "",
        address: str | None = None,
    ) -> Replaced:
        """What came of the list; a row that could not be read stands in it as its conflict. The same list twice is
        taken once.

        Raises:
            RosterChanged: another list came between, or this one took longer than a day.
        """
        began = self.clock.now()
        with self.database.transaction() as connection:
            staged = rosters.add(connection, self.randomness, party.id, STAGED, began)
            before = rosters.of(connection, party.id, [CURRENT]).get(CURRENT)
        outcome, switched = Outcome(shown=SHOWN), False
        try:
            for batch in _batches(rows, outcome):
                self._stage(party, staged, batch, outcome, wanted)
            taken = sum(outcome.counts.values())
            refused = outcome.left_out > 0 and not wanted.leave_out
            counts = None
            with self.database.transaction() as connection:
                gone = rosters.missing_from(connection, before.id, staged) if before is not None else 0
                news = outcome.counts["new"] + outcome.counts["changed"] + gone
                if not (wanted.dry_run or refused or taken == 0):
                    counts = before.id if before is not None else None
                    if news > 0 or before is None:
                        self._switch(connection, party, staged, counts)
                        counts = staged
                        record(connection, self._entry(Action.ROSTER_TAKEN, party, client_id, taken, address))
            switched = counts == staged
            return Replaced(counts, outcome, gone, taken)
        finally:
            if not switched:
                self._discard(staged)

    def undo(self, party: RelyingParty, roster_id: str, *, client_id: str = "", address: str | None = None) -> None:
        """Put the roster before `roster_id` back in its place; undone already, nothing.

        Raises:
            NothingToUndo: it does not count, there was none before it, or that is too old to come back.
        """
        now = self.clock.now()
        with self.database.transaction() as connection:
            rosters.hold(connection, party.id)
            if rosters.state_of(connection, party.id, roster_id) == UNDONE:
                return
            known = rosters.of(connection, party.id, [CURRENT, PREVIOUS])
            current, previous = known.get(CURRENT), known.get(PREVIOUS)
            if current is None or current.id != roster_id or previous is None:
                raise NothingToUndo("it does not count, or there was none before it")
            if now - previous.since > self.undo_within:
                raise NothingToUndo("the one before it is too old")
            rosters.put(connection, current.id, UNDONE, now)
            rosters.put(connection, previous.id, CURRENT, now)
            entry = self._entry(Action.ROSTER_UNDONE, party, client_id, previous.accounts, address)
            record(connection, entry)

    def _stage(self, party: RelyingParty, staged: str, batch: list[Row], outcome: Outcome, wanted: Wanted) -> None:
        roster, fresh = self.accounts.roster, dict[str, Row]()
        for row in batch:
            if row.account.reference in fresh:
                outcome.leave_out(Conflict(row.line, row.account.reference, REPEATED))
            else:
                fresh[row.account.reference] = row
        with self.database.reading() as connection:
            taken = list(judged(connection, roster, party.id, list(fresh.values()), outcome, replace=wanted.replace))
        offers = [(row.holder, row.account) for row, _verdict in taken]
        with self.database.transaction() as connection:
            added = roster.stage(connection, staged, party.id, offers, self.clock.now())
        for row, verdict in taken:
            if row.account.reference not in added:
                outcome.counts[verdict] -= 1
                outcome.leave_out(Conflict(row.line, row.account.reference, REPEATED))

    def _switch(self, connection: Connection, party: RelyingParty, staged: str, before: str | None) -> None:
        now = self.clock.now()
        rosters.hold(connection, party.id)
        current = rosters.of(connection, party.id, [CURRENT]).get(CURRENT)
        if (current.id if current is not None else None) != before:
            raise RosterChanged("another list was put in place meanwhile")
        rosters.move(connection, party.id, PREVIOUS, DISCARDED, now)
        rosters.move(connection, party.id, CURRENT, PREVIOUS, now)
        try:
            in_time = rosters.put_staged(connection, staged, CURRENT, now)
        except IntegrityError as error:
            # Where none counted there was nothing to hold, and another was as quick.
            raise RosterChanged("another list was put in place meanwhile") from error
        if not in_time:
            raise RosterChanged("it took too long to come")

    def _discard(self, staged: str) -> None:
        with self.database.transaction() as connection:
            rosters.put_staged(connection, staged, DISCARDED, self.clock.now())
        rosters.sweep_batch(self.database)

    def _entry(self, action: Action, party: RelyingParty, client_id: str, accounts: int, address: str | None) -> Record:
        detail: dict[str, str | int | bool | None] = {"accounts": accounts, "client_id": client_id}
        actor = str(agency_system(party.id))
        return Record(self.clock.now(), action, actor, None, party.agency.id, party.id, address, detail)


def _batches(rows: Iterable[Row | Conflict], outcome: Outcome) -> Iterator[list[Row]]:
    stream = iter(rows)
    while batch := list(islice(stream, BATCH)):
        good = []
        for row in batch:
            if isinstance(row, Conflict):
                outcome.leave_out(row)
            else:
                good.append(row)
        yield good
