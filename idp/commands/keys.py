"""`idp keys`: make, look at and retire signing keys. A running server notices by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import get_args
from urllib.parse import urlsplit

import click

from idp import settings
from idp.clock import SystemClock
from idp.commands.kek import kek
from idp.commands.told import told
from idp.crypto.keyring import KEEP, Algorithm, KeyRecord, Use, create_key, list_keys, retire_key
from idp.randomness import SystemRandomness


@click.group()
def keys() -> None:
    """Signing keys: what signs ID tokens, account events and SAML assertions."""


keys.add_command(kek)


@keys.command()
@click.option("--use", type=click.Choice(get_args(Use)), required=True, help="Who is to trust the key.")
@click.option("--alg", type=click.Choice(get_args(Algorithm)), required=True, help="What it signs.")
@click.option(
    "--lead",
    type=click.FloatRange(min=0),
    metavar="HOURS",
    help="Publish it this long before it signs, else for `key_lead`. The first of its kind signs at once.",
)
def new(use: Use, alg: Algorithm, lead: float | None) -> None:
    """Make a key, publish it and let it sign after a while."""
    with told():
        loaded = settings.load()
        record = create_key(
            loaded.keys_dir,
            use,
            alg,
            clock=SystemClock(),
            randomness=SystemRandomness(),
            lead=loaded.key_lead if lead is None else timedelta(hours=lead),
            name=(urlsplit(loaded.issuer).hostname or "idp")[:64],
        )
    click.echo(f"{record.kid} is published and signs from {_minute(record.signs_from)}")


@keys.command("list")
def list_() -> None:
    """Show every key and what it does now."""
    with told():
        records = list_keys(settings.load().keys_dir)
    now = SystemClock().now()
    signing: dict[tuple[Use, Algorithm], str] = {
        (key.use, key.alg): key.kid for key in records if key.retired_at is None and key.signs_from <= now
    }
    for key in records:
        state = _state(key, now, signs=signing.get((key.use, key.alg)) == key.kid)
        click.echo(f"{key.use:<7}{key.alg:<6}{key.kid}  made {_minute(key.created_at)}  {state}")


# A kid is base64url and may begin with a hyphen; it must not be taken for an option.
@keys.command(context_settings={"ignore_unknown_options": True})
@click.argument("kid")
def retire(kid: str) -> None:
    """Stop signing with KID. It goes on being published, so that what it signed still verifies."""
    with told():
        record = retire_key(settings.load().keys_dir, kid, clock=SystemClock(), randomness=SystemRandomness())
    click.echo(f"{kid} is {_retired(record.retired_at)}")


def _state(key: KeyRecord, now: datetime, *, signs: bool) -> str:
    if key.retired_at is not None:
        return _retired(key.retired_at) if now < key.retired_at + KEEP else "gone; its files may be deleted"
    if key.signs_from > now:
        return f"published, signs from {_minute(key.signs_from)}"
    return "signing" if signs else "published, a newer one signs; retire it when you like"


def _retired(at: datetime | None) -> str:
    return "" if at is None else f"retired, published until {_minute(at + KEEP)}"


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
