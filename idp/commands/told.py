"""How a command says that something cannot be done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from idp.errors import IdpError


@contextmanager
def told() -> Iterator[None]:
    """Turn our errors into one line and exit status 1."""
    try:
        yield
    except IdpError as error:
        raise click.ClickException(error.public or error.detail or error.code) from error
