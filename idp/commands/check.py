"""`idp check`: would this configuration serve?"""

from __future__ import annotations

from contextlib import closing

import click
from sqlalchemy import text

from idp import settings
from idp.account.retention import read as read_retention
from idp.commands.told import told
from idp.house import build
from idp.storage.migrations import pending_revisions


@click.command()
def check() -> None:
    """Look at settings, stores, tables, keys and catalogue, and say what is wrong."""
    with told():
        loaded = settings.load()
        click.echo(f"settings    ok, {loaded.environment}, issuer {loaded.issuer}")
        read_retention(loaded.retention_file)
        with closing(build(loaded)) as house:
            with house.database.reading() as connection:
                connection.execute(text("SELECT 1"))
            click.echo(f"database    ok, {house.database.kind}")
            waiting = pending_revisions(house.database)
            if waiting:
                raise click.ClickException(f"tables      {len(waiting)} revisions behind: run `idp migrate`")
            click.echo("tables      ok")
            house.store.ping()
            click.echo("expiring    ok")
            signing = house.keyring.signing_key("oidc", "RS256")
            click.echo(f"keys        ok, ID tokens are signed by {signing.kid}")
            snapshot = house.catalogue.snapshot()
            click.echo(
                f"catalogue   ok, {len(snapshot.agencies)} agencies, {len(snapshot.relying_parties)} relying parties"
            )
