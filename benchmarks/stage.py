"""The provider under load, as it runs in earnest: server processes of their own, a private PostgreSQL and Redis."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import meter
from benchmarks.population import People, populate
from idp.commands.processes import IDP, Processes, Program
from idp.settings import load, process_environment
from idp.storage.database import Database
from idp.storage.migrations import upgrade
from tests.servers import postgres_server, redis_server

HONEST = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on", "shared_buffers": "256MB"}
"""The tests' servers forget everything in a power cut; a figure from one that does would flatter us."""


@dataclass(frozen=True)
class Stores:
    """Filled stores, and which processes stand behind them."""

    environment: Mapping[str, str]
    people: People
    parties: Mapping[str, list[int]]
    directory: Path
    port: int


@contextmanager
def filled_stores(kind: str, members: int) -> Iterator[Stores]:
    """PostgreSQL and Redis (`postgresql`), or one file (`sqlite`), with `members` in it."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="idp-benchmark-")))
        port = free_port()
        environment = {
            "IDP_ISSUER": f"http://127.0.0.1:{port}",
            "IDP_KEYS_DIR": str(directory / "keys"),
            "IDP_DATABASE_URL": f"sqlite:///{directory}/idp.db",
            # Eight clients from one address sign in more often than any office does.
            "IDP_SIGN_IN__ATTEMPTS_PER_ADDRESS": "1000000",
        }
        parties: dict[str, list[int]] = {}
        if kind == "postgresql":
            cluster, redis_url = (
                stack.enter_context(postgres_server(HONEST)),
                stack.enter_context(redis_server()),
            )
            cluster.create("idp")
            environment |= {"IDP_DATABASE_URL": cluster.url("idp"), "IDP_REDIS_URL": redis_url}
            parties = own_servers()
        settings = load(environment)
        database = Database(settings.database_url)
        upgrade(database)
        people = populate(settings, directory, members)
        if kind == "postgresql":
            with database.reading() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        database.close()
        yield Stores(environment, people, parties, directory, port)


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    parties: Mapping[str, list[int]]

    def resident(self) -> float:
        """Mebibytes of its processes."""
        return meter.resident_mebibytes(self.parties["server"])


@dataclass(frozen=True)
class Command:
    """How to start a server; `{port}`, `{workers}` and `{threads}` are filled in."""

    name: str
    words: tuple[str, ...]


_PYTHON = (sys.executable, "-m")
SERVERS = {
    "idp": Command(
        "idp serve", (*IDP, "serve", "--port", "{port}", "--workers", "{workers}", "--threads", "{threads}")
    ),
    "granian": Command(
        "granian",
        (
            *_PYTHON,
            *("granian", "--interface", "wsgi", "--no-ws", "--http", "1", "--log-level", "error", "--port", "{port}"),
            *("--workers", "{workers}", "--blocking-threads", "{threads}", "{app}"),
        ),
    ),
    "gunicorn": Command(
        "gunicorn gthread",
        (
            *_PYTHON,
            *("gunicorn", "--worker-class", "gthread", "--log-level", "error", "--keep-alive", "30"),
            *("--limit-request-line", "8190", "--bind", "127.0.0.1:{port}"),
            *("--workers", "{workers}", "--threads", "{threads}", "{app}"),
        ),
    ),
}


@contextmanager
def running(
    stores: Stores,
    server: str,
    *,
    workers: int,
    threads: int,
    tree: Path,
    app: str = "idp.wsgi:app",
    ready: str = "/readyz",
) -> Iterator[Server]:
    """The server of the sources in `tree`, ready to answer."""
    values = {"port": stores.port, "workers": workers, "threads": threads, "app": app}
    words = tuple(word.format(**values) for word in SERVERS[server].words)
    here = os.getcwd()  # noqa: PTH109
    with Processes(stores.directory / "log") as processes:
        os.chdir(tree)
        try:
            program = Program(
                server, words, {**process_environment(), **stores.environment}, f"http://127.0.0.1:{stores.port}{ready}"
            )
            processes.start(program)
            processes.wait_until_ready(server, 60)
        finally:
            os.chdir(here)
        yield Server(stores.port, {"server": [processes.pid(server)], **stores.parties})


def own_servers() -> dict[str, list[int]]:
    children = psutil.Process().children()
    named = {"postgres": "postgresql", "redis-server": "redis", "valkey-server": "redis"}
    return {named[each.name()]: [each.pid] for each in children if each.name() in named}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
