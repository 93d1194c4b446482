"""`idp retained`: what is kept of members who left. Opened only for whoever shows their own receipt."""

from __future__ import annotations

import json
import sys
from contextlib import closing

import click
from sqlalchemy import func, select

from idp import settings
from idp.audit.actions import Action
from idp.audit.actor import COMMAND
from idp.audit.record import Record, record
from idp.commands.told import told
from idp.errors import NotFound
from idp.house import build
from idp.members.archive import Archive
from idp.members.models import retained_records


@click.group()
def retained() -> None:
    """What is kept of members who left, until its period is over."""


@retained.command(name="list")
def list_() -> None:
    """Of each category: how many records, and when the next one is destroyed."""
    count = select(retained_records.c.category, func.count().label("count"), func.min(retained_records.c.expires_at))
    with told(), closing(build(settings.load())) as house, house.database.reading() as connection:
        rows = connection.execute(count.group_by(retained_records.c.category).order_by(retained_records.c.category))
        for category, number, next_end in rows:
            click.echo(f"{category}  {number}  {next_end:%Y-%m-%d}")


@retained.command()
def show() -> None:
    """The records of whoever shows the link of their receipt, which is read from standard input; it is in the audit."""
    token = sys.stdin.readline().strip().rpartition("/")[2]
    with told(), closing(build(settings.load())) as house:
        archive = Archive(house.cipher, house.randomness, ())
        with house.database.transaction() as connection:
            records = archive.opened(connection, token)
            if not records:
                raise NotFound("nothing is kept under this receipt")
            said = {"records": len(records)}
            record(connection, Record(house.clock.now(), Action.RETAINED_OPENED, str(COMMAND), detail=said))
    for category, until, content in records:
        click.echo(f"{category} until {until:%Y-%m-%d}")
        click.echo(json.dumps(content, ensure_ascii=False, indent=2))
