"""The command `idp`. Each file is one command; they parse, call and print, and decide nothing."""

from __future__ import annotations

import click

from idp.commands.agencies import agencies
from idp.commands.check import check
from idp.commands.demo import demo
from idp.commands.housekeeping import housekeeping
from idp.commands.keys import keys
from idp.commands.members import members
from idp.commands.migrate import migrate
from idp.commands.serve import serve
from idp.commands.worker import worker


@click.group()
def main() -> None:
    """One member account for every agency of a ministry: run it, feed it, look after it."""


for _command in (serve, worker, migrate, keys, agencies, members, check, housekeeping, demo):
    main.add_command(_command)
