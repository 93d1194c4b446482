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
from idp.links.offered_account import OfferedAccount
from idp.links.roster_accounts import StandingOffer
from idp.storage.database import Database

BATCH = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One well-formed row: an account, and by what its holder is found."""

    line: int
    account: OfferedAccount
    holder: tuple[str, str] = field(repr=False)
    """`("person", ci)` or `("enterprise", business number)`."""


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
            fresh = [row for row in batch if _is_first(row, seen, outcome.conflicts)]
            with self.database.reading() as connection:
                wanted = list(self._judged(connection, relying_party_id, fresh, outcome, replace=replace))
            if wanted and not dry_run:
                self._keep(relying_party_id, wanted, actor)
        return outcome

    def _judged(
        self, connection: Connection, party_id: str, rows: list[Row], outcome: Outcome, *, replace: bool
    ) -> Iterator[Row]:
        """The rows that say something new."""
        known = self.accounts.roster.standing(connection, party_id, [row.account.reference for row in rows])
        for row in rows:
            standing = known.get(row.account.reference, _UNKNOWN)
            another = standing.account is not None and not self.accounts.roster.is_holder(standing, row.holder)
            if another and (standing.linked or not replace):
                why = LINKED if standing.linked else OTHER_HOLDER
                outcome.conflicts.append(Conflict(row.line, row.account.reference, why))
                continue
            verdict = _verdict(standing, row, another=another)
            outcome.counts[verdict] += 1
            if verdict in ("new", "changed"):
                yield row

    def _keep(self, party_id: str, rows: list[Row], actor: str) -> None:
        now = self.clock.now()
        with self.database.transaction() as connection:
            for row in rows:
                self.accounts.roster.offer(connection, party_id, row.holder, row.account, now)
            said = {"accounts": len(rows)}
            record(connection, Record(now, Action.ROSTER_TAKEN, actor, relying_party_id=party_id, detail=said))


def _verdict(standing: StandingOffer, row: Row, *, another: bool) -> str:
    if standing.linked:
        return "linked"
    if standing.account is None:
        return "new"
    return "same" if standing.account == row.account and not another else "changed"


def _is_first(row: Row, seen: set[str], conflicts: list[Conflict]) -> bool:
    reference = row.account.reference
    if reference in seen:
        conflicts.append(Conflict(row.line, reference, REPEATED))
        return False
    seen.add(reference)
    return True
