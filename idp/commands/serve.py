"""`idp serve`: the web server."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import click
from granian import Granian
from granian.constants import HTTPModes, Interfaces

from idp import logs, settings
from idp.commands.told import told

_PATIENCE_SECONDS = 10
"""How long requests under way may take once we are told to stop."""
_THREADS = 4
# Its lines go where all of ours go, in the one form; by itself it writes plain text to standard output.
_LOG = {"loggers": {"_granian": {"handlers": [], "propagate": True}}}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: the issuer's port.")
@click.option("--workers", type=click.IntRange(1, 64), help="Default: one a core; one in all on SQLite.")
@click.option("--threads", type=click.IntRange(1, 256), help=f"Threads of one worker. Default: {_THREADS}.")
def serve(host: str, port: int | None, workers: int | None, threads: int | None) -> None:
    """Answer members and relying parties until stopped (docs/decisions/0003)."""
    with told():
        loaded = settings.load()
    logs.configure()
    issuer = urlsplit(loaded.issuer)
    cores = os.cpu_count() or 1
    # SQLite has one writer whoever asks; more processes would only wait for each other's lock.
    alone = loaded.database_url.startswith("sqlite")
    server = Granian(
        "idp.wsgi:app",
        address=host,
        port=port or issuer.port or 8000,
        interface=Interfaces.WSGI,
        # What stands before us speaks HTTP/1.1 to us; a second protocol is a second parser to trust.
        http=HTTPModes.http1,
        websockets=False,
        workers=workers or (1 if alone else cores),
        # More than twice the cores and granian warns, rightly.
        blocking_threads=threads or min(_THREADS, 2 * cores + 1),
        log_access=False,
        log_dictconfig=_LOG,
        # A worker that is told to stop while it still starts never hears it, and would be waited for without end.
        workers_kill_timeout=_PATIENCE_SECONDS,
    )
    server.serve()
