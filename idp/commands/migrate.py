"""`idp migrate`: bring the database's tables to this version."""

from __future__ import annotations

from contextlib import closing

import click

from idp import settings
from idp.commands.told import told
from idp.storage.database import Database
from idp.storage.migrations import downgrade, upgrade


@click.command()
@click.option("--down-to", metavar="REVISION", help="Go back to an earlier revision instead; `base` is the empty one.")
def migrate(down_to: str | None) -> None:
    """Bring the database to this version's tables; a second time nothing happens."""
    with told(), closing(Database(settings.load().database_url)) as database:
        if down_to is None:
            upgrade(database)
        else:
            downgrade(database, down_to)
