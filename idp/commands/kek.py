"""`idp keys kek`: rotate the key-encryption key, so that backups from before open no more what was withdrawn since."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import click

from idp import settings
from idp.clock import SystemClock
from idp.commands.sealed_columns import count_under, rewrap as rewrap_everything
from idp.commands.told import told
from idp.crypto.fields import FieldCipher, header_of
from idp.crypto.kek_files import Kek, drop_kek, list_keks, make_kek, use_kek
from idp.crypto.symmetric import RECHECK, load_kek
from idp.errors import ConfigurationError
from idp.randomness import SystemRandomness
from idp.settings import Settings
from idp.storage.database import Database


@click.group()
def kek() -> None:
    """The key that wraps every member's data key: new, use, rewrap, drop. Nothing restarts."""


@kek.command("list")
def list_() -> None:
    """Show every key-encryption key and how many values it wraps."""
    with told():
        loaded = settings.load()
        with closing(Database(loaded.database_url)) as database:
            for key in list_keks(loaded.keys_dir):
                state = "in use" if key.current else "opens"
                count = count_under(database, header_of(key.id))
                click.echo(f"{key.id}  {state:<7}{count:>9} values  since {key.since:%Y-%m-%d %H:%M} UTC")


@kek.command()
def new() -> None:
    """Make a key that opens and does not wrap yet. Machines with key directories of their own get its file now."""
    with told():
        made = make_kek(settings.load().keys_dir, SystemRandomness())
    click.echo(f"{made.id} is there as {made.path.name}; next: idp keys kek use {made.id}")


@kek.command()
@click.argument("name")
def use(name: str) -> None:
    """Let key NAME wrap from now on; the one before it still opens."""
    with told():
        used = use_kek(settings.load().keys_dir, name, SystemRandomness())
    click.echo(f"{used.id} wraps; next: idp keys kek rewrap")


@kek.command()
def rewrap() -> None:
    """Bring everything under the key in use, in batches, while servers run; again as often as you like."""
    with told():
        loaded = settings.load()
        with closing(Database(loaded.database_url)) as database:
            done = rewrap_everything(database, FieldCipher(load_kek(loaded.keys_dir), SystemRandomness()))
    click.echo(f"{done.renewed} values brought under the key in use")
    if done.unreadable:
        raise click.ClickException(f"{done.unreadable} values open under no key there is")


@kek.command()
@click.argument("name")
@click.option("--lose-unfinished", is_flag=True, help="Do not wait for what was begun under it: joining, recovery.")
def drop(name: str, *, lose_unfinished: bool) -> None:
    """Destroy key NAME. Backups from before the rotation open no more; take one of the database first."""
    with told():
        loaded = settings.load()
        keys = list_keks(loaded.keys_dir)
        with closing(Database(loaded.database_url)) as database:
            why = _why_not(loaded, keys, count_under(database, header_of(name)), lose_unfinished=lose_unfinished)
        if why is not None:
            raise ConfigurationError(why)
        drop_kek(loaded.keys_dir, name)
    click.echo(f"{name} is destroyed, here; destroy its copies in backups of the keys too")


def _why_not(loaded: Settings, keys: tuple[Kek, ...], count: int, *, lose_unfinished: bool) -> str | None:
    if count:
        return f"{count} values are still under it: idp keys kek rewrap"
    in_use_for = SystemClock().now() - keys[0].since
    if in_use_for < 20 * RECHECK:
        return (
            "the key in use was changed a moment ago; a server may not have noticed: wait a minute, rewrap, try again"
        )
    unfinished = max(loaded.enrolment.guardian, loaded.enrolment.draft, timedelta(days=1))
    if in_use_for < unfinished and not lose_unfinished:
        return f"what was begun under it, such as joining, ends within {unfinished.days} days of the change"
    return None
