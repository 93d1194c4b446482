"""`idp terms`: put the documents that members agree to in force."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from idp import settings
from idp.commands.told import told
from idp.house import build
from idp.terms.apply import ApplyTerms
from idp.terms.documents_folder import read


@click.group()
def terms() -> None:
    """The documents that members agree to."""


@terms.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def apply(folder: Path) -> None:
    """Put the documents of FOLDER in force; members are asked again where a required one changed."""
    with told(), closing(build(settings.load())) as house:
        changed = ApplyTerms(house.database, house.clock)(read(folder), actor="command")
    for document in changed:
        click.echo(f"{document}: a new version is in force")
    if not changed:
        click.echo("nothing to change")


@terms.command("list")
def list_() -> None:
    """The documents in force."""
    with told(), closing(build(settings.load())) as house:
        current = house.terms()
    for document in current.documents:
        weight = "required" if document.required else "optional"
        click.echo(f"{document.id:<24}version {document.version}  {weight}  {document.text('ko').title}")
