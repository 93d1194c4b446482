"""`idp serve`: the web server."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import click
from granian import Granian
from granian.constants import Interfaces

from idp import settings
from idp.commands.told import told

_PATIENCE_SECONDS = 10
"""How long requests under way may take once we are told to stop."""


@click.command()
@click.option("--host", help="Default: the issuer's host where that is this machine, else 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: the issuer's port.")
@click.option("--workers", type=click.IntRange(1, 64), help="Default: one a core; one in all on SQLite.")
@click.option("--threads", type=click.IntRange(1, 256), default=4, show_default=True, help="Threads of one worker.")
def serve(host: str | None, port: int | None, workers: int | None, threads: int) -> None:
    """Answer members and relying parties until stopped (docs/decisions/0003)."""
    with told():
        loaded = settings.load()
    issuer = urlsplit(loaded.issuer)
    # SQLite has one writer whoever asks; more processes would only wait for each other's lock.
    alone = loaded.database_url.startswith("sqlite")
    server = Granian(
        "idp.wsgi:app",
        address=host or "127.0.0.1",
        port=port or issuer.port or 8000,
        interface=Interfaces.WSGI,
        workers=workers or (1 if alone else os.cpu_count() or 1),
        blocking_threads=threads,
        log_access=False,
        # A worker that is told to stop while it still starts never hears it, and would be waited for without end.
        workers_kill_timeout=_PATIENCE_SECONDS,
    )
    server.serve()
