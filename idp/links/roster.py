"""Taking an agency's list of accounts (the roster), so that members find theirs when they join.

Rows are judged one by one and kept a batch at a time, so a failure loses one batch's work at most, and running the same
list again mends that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import Connection

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.links.accounts import AgencyAccounts
from idp.links.roster_accounts import RosterAccounts, StandingOffer
from idp.links.roster_row import Row
from idp.storage.database import Database

BATCH = 500


@dataclass(frozen=True, slots=True)
class Conflict:
    """A row that was left out: what stands against it. Names no holder."""

    line: int
    reference: str
    why: str


REPEATED, OTHER_HOLDER, LINKED = "repeated in the list", "offered for another holder", "linked to another holder"


_UNKNOWN = StandingOffer(None, None, linked=False)


@dataclass(slots=True)
class Outcome:
    """What came of a list: how many rows were `new`, `changed`, `same` or `linked` already, and those left out."""

    counts: Counter[str] = field(default_factory=Counter)
    conflicts: list[Conflict] = field(default_factory=list)
    left_out: int = 0
    shown: int | None = None
    """How many conflicts are kept; all are counted."""

    def leave_out(self, conflict: Conflict) -> None:
        """Note one more."""
        self.left_out += 1
        if self.shown is None or len(self.conflicts) < self.shown:
            self.conflicts.append(conflict)


@dataclass(frozen=True, slots=True)
class TakeRoster:
    """Offers accounts; what is there already and says the same stays as it is."""

    database: Database
    clock: Clock
    accounts: AgencyAccounts

    def __call__(
        self, relying_party_id: str, rows: Iterable[Row], *, actor: str, replace: bool = False, dry_run: bool = False
    ) -> Outcome:
        """What came of it. With `replace` an account may change hands; one that is linked never does."""
        outcome, seen, stream = Outcome(), set[str](), iter(rows)
        while batch := list(islice(stream, BATCH)):
            fresh = [row for row in batch if _is_first(row, seen, outcome)]
            with self.database.reading() as connection:
                roster = self.accounts.roster
                taken = list(judged(connection, roster, relying_party_id, fresh, outcome, replace=replace))
            wanted = [row for row, verdict in taken if verdict in ("new", "changed")]
            if wanted and not dry_run:
                self._keep(relying_party_id, wanted, actor)
        return outcome

    def _keep(self, party_id: str, rows: list[Row], actor: str) -> None:
        now = self.clock.now()
        with self.database.transaction() as connection:
            for row in rows:
                self.accounts.roster.offer(connection, party_id, row.holder, row.account, now)
            said = {"accounts": len(rows)}
            record(connection, Record(now, Action.ROSTER_TAKEN, actor, relying_party_id=party_id, detail=said))


def judged(
    connection: Connection, roster: RosterAccounts, party_id: str, rows: list[Row], outcome: Outcome, *, replace: bool
) -> Iterator[tuple[Row, str]]:
    """The rows that can be taken, each with what it is against the roster that counts; the others are left out."""
    known = roster.standing(connection, party_id, [row.account.reference for row in rows])
    for row in rows:
        standing = known.get(row.account.reference, _UNKNOWN)
        another = standing.account is not None and not roster.is_holder(standing, row.holder)
        if another and (standing.linked or not replace):
            why = LINKED if standing.linked else OTHER_HOLDER
            outcome.leave_out(Conflict(row.line, row.account.reference, why))
            continue
        verdict = _verdict(standing, row, another=another)
        outcome.counts[verdict] += 1
        yield row, verdict


def _verdict(standing: StandingOffer, row: Row, *, another: bool) -> str:
    if standing.linked:
        return "linked"
    if standing.account is None:
        return "new"
    return "same" if standing.account == row.account and not another else "changed"


def _is_first(row: Row, seen: set[str], outcome: Outcome) -> bool:
    reference = row.account.reference
    if reference in seen:
        outcome.leave_out(Conflict(row.line, reference, REPEATED))
        return False
    seen.add(reference)
    return True
