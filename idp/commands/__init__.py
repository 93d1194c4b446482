"""The command `idp`. Owns the command line: each file is one command that parses, calls and prints. May not decide
anything, and does not know the web application.
"""

from __future__ import annotations

import importlib

import click

_COMMANDS = {
    "agencies": "idp.commands.agencies",
    "certificates": "idp.commands.certificates",
    "check": "idp.commands.check",
    "deliveries": "idp.commands.deliveries",
    "demo": "idp.commands.demo",
    "housekeeping": "idp.commands.housekeeping",
    "keys": "idp.commands.keys",
    "members": "idp.commands.members",
    "links": "idp.commands.links",
    "migrate": "idp.commands.migrate",
    "provisioning": "idp.commands.provisioning",
    "retained": "idp.commands.retained",
    "serve": "idp.commands.serve",
    "terms": "idp.commands.terms",
    "worker": "idp.commands.worker",
}


class _LoadedWhenCalled(click.Group):
    """Imports a command when it is called: all of them together take two seconds, most need a tenth of that."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(_COMMANDS[name]), name)
        return command


@click.group(cls=_LoadedWhenCalled)
def main() -> None:
    """One member account for every agency of a ministry: run it, feed it, look after it."""
