"""`idp housekeeping`: sweep what expired and seal the audit trail, for who prefers cron to the worker."""

from __future__ import annotations

from contextlib import closing

import click

from idp import settings
from idp.audit.seal import broken_positions, seal
from idp.commands.told import told
from idp.house import build


@click.command()
def housekeeping() -> None:
    """Sweep what has expired, seal the audit trail and look whether its chain holds."""
    with told(), closing(build(settings.load())) as house:
        swept = house.store.purge_expired()
        sealed = 0
        while (batch := seal(house.database)) > 0:
            sealed += batch
        broken = next(broken_positions(house.database), None)
    click.echo(f"swept {swept}, sealed {sealed}")
    if broken is not None:
        raise click.ClickException(
            f"the audit chain is broken at position {broken}: a record was changed after the fact"
        )
