"""The roster: an agency's list of accounts, taken as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from flask import Response, request

from idp.agency_api.link_document import rfc3339
from idp.agency_api.refusals import BadBody, BadLine
from idp.agency_api.routes.problems import problem
from idp.agency_api.routes.request_parts import answer, flag, json_body, lines, query
from idp.agency_api.upload import Line
from idp.links import rosters
from idp.links.replace_roster import Replaced, ReplaceRoster, Wanted
from idp.links.roster import Conflict
from idp.links.roster_row import BadRow, Row, row
from idp.links.rosters import CURRENT, PREVIOUS, Roster
from idp.oidc.machine_callers import MachineCaller
from idp.storage.database import Database
from idp.web.browser import address

LONGEST_LINE = 8192
_LONGEST_SHOWN = 60
_COUNTS = ("new", "changed", "same", "linked")


@dataclass(frozen=True, slots=True)
class RosterDoor:
    """Takes, shows and undoes."""

    database: Database
    replace: ReplaceRoster
    upload_lines: int
    undo_within: timedelta

    def put(self, caller: MachineCaller) -> Response:
        """`PUT /roster`."""
        said = query("dry_run", "replace", "leave_out")
        wanted = Wanted(flag(said, "replace"), flag(said, "leave_out"), flag(said, "dry_run"))
        rows = _rows(lines(LONGEST_LINE, self.upload_lines))
        found = self.replace(caller.relying_party, rows, wanted, client_id=caller.client_id, address=address(request))
        report = _report(found)
        if wanted.dry_run or found.roster_id is not None:
            return answer(report)
        if not found.accounts and not found.outcome.left_out:
            # Whoever exports nothing has most likely lost something.
            return problem(422, "empty_roster", "The list is empty, and nothing was changed")
        return problem(422, "roster_conflicts", "Some rows cannot be taken, and nothing was changed", report=report)

    def show(self, caller: MachineCaller) -> Response:
        """`GET /roster`: how many and since when; never what."""
        query()
        with self.database.reading() as connection:
            known = rosters.of(connection, caller.relying_party.id, [CURRENT, PREVIOUS])
        previous = known.get(PREVIOUS)
        before = None
        if previous is not None:
            before = {**_shown(previous), "undo_until": rfc3339(previous.since + self.undo_within)}
        current = known.get(CURRENT)
        return answer({"current": None if current is None else _shown(current), "previous": before})

    def undo(self, caller: MachineCaller) -> Response:
        """`POST /roster/undo`."""
        query()
        said = json_body()
        roster_id = said.get("roster_id") if isinstance(said, dict) else None
        if not isinstance(roster_id, str) or not roster_id.isalnum() or not roster_id.isascii():
            raise BadBody("roster_id names the roster that is to be undone")
        self.replace.undo(caller.relying_party, roster_id, client_id=caller.client_id, address=address(request))
        return self.show(caller)


def _rows(found: Iterator[Line]) -> Iterator[Row | Conflict]:
    for line in found:
        try:
            said = line.value()
        except BadLine as error:
            yield Conflict(line.number, "", error.why)
            continue
        try:
            yield row(line.number, said)
        except BadRow as error:
            reference = said.get("reference")
            shown = reference[:_LONGEST_SHOWN] if isinstance(reference, str) and reference.isprintable() else ""
            yield Conflict(line.number, shown, error.detail)


def _report(found: Replaced) -> dict[str, Any]:
    outcome = found.outcome
    return {
        "roster_id": found.roster_id,
        "accounts": found.accounts,
        "counts": {**{name: outcome.counts[name] for name in _COUNTS}, "gone": found.gone},
        "left_out": outcome.left_out,
        "conflicts": [asdict(conflict) for conflict in sorted(outcome.conflicts, key=lambda each: each.line)],
    }


def _shown(roster: Roster) -> dict[str, Any]:
    return {"roster_id": roster.id, "accounts": roster.accounts, "since": rfc3339(roster.since)}
