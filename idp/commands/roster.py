"""`idp agencies roster`: take an agency's list of accounts, so that members find theirs when they join."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, TextIO

import click

from idp import settings
from idp.commands.told import told
from idp.house import build
from idp.links.accounts import AgencyAccounts
from idp.links.roster import Conflict, TakeRoster
from idp.links.roster_row import BadRow, Row, row as row_of


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--relying-party", "party_id", required=True, help="Whose accounts they are; see `idp agencies list`.")
@click.option("--dry-run", is_flag=True, help="Show what would change and change nothing.")
@click.option("--replace", is_flag=True, help="Let an account that was offered for another holder change hands.")
def roster(file: TextIO, party_id: str, *, dry_run: bool, replace: bool) -> None:
    """Offer the accounts in FILE (`-`: standard input) to the members they belong to.

    FILE is CSV with a header, or NDJSON: `reference`, `display_name`, `role`, and one of `ci` (88 characters) or
    `business_number` (10 digits). It is read as a stream and kept 500 rows at a time; running it again changes nothing.
    Rows that cannot be taken are reported by line and left out, and the exit status is then 1.
    """
    with told(), closing(build(settings.load())) as house:
        if house.catalogue.relying_party(party_id) is None:
            raise click.ClickException(f"there is no relying party {party_id}; `idp agencies list` names them all")
        accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
        bad: list[Conflict] = []
        take = TakeRoster(house.database, house.clock, accounts)
        try:
            outcome = take(party_id, _rows(file, bad), actor="command", replace=replace, dry_run=dry_run)
        except (UnicodeDecodeError, csv.Error) as error:
            raise click.ClickException(f"the list cannot be read on: {type(error).__name__}") from error
    left_out = sorted([*bad, *outcome.conflicts], key=lambda each: each.line)
    for each in left_out:
        click.echo(f"line {each.line}: {each.reference or '-'}: {each.why}", err=True)
    counts = outcome.counts
    done = f"{counts['new']} new, {counts['changed']} changed, {counts['same']} the same, {counts['linked']} linked"
    click.echo(f"{'would be: ' if dry_run else ''}{done}, {len(left_out)} left out")
    if left_out:
        raise SystemExit(1)


def _rows(file: TextIO, bad: list[Conflict]) -> Iterator[Row]:
    """The well-formed rows; what is wrong with the others goes to `bad`."""
    for line, said in _read(file):
        try:
            yield row_of(line, said)
        except BadRow as error:
            reference = said.get("reference") if isinstance(said, Mapping) else None
            shown = reference[:60] if isinstance(reference, str) and reference.isprintable() else ""
            bad.append(Conflict(line, shown, str(error)))


def _read(file: TextIO) -> Iterator[tuple[int, Any]]:
    """Each row with its line. A list whose first character is `{` is NDJSON."""
    first = file.readline()
    if not first.lstrip().startswith("{"):
        reader = csv.DictReader(_again(first, file))
        for row in reader:
            yield reader.line_num, row
        return
    for line, text in enumerate(_again(first, file), 1):
        if text.strip():
            try:
                yield line, json.loads(text)
            except ValueError:
                yield line, None


def _again(first: str, file: TextIO) -> Iterator[str]:
    yield first
    yield from file
