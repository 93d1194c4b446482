"""A private PostgreSQL and a private Redis for one test run: reached by Unix socket only, so that no port can be taken
and nobody else on the machine can come in; gone without trace at the end.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import psycopg
import redis

_START_SECONDS = 30


class MissingProgram(Exception):
    """The machine lacks a server program; the text says which and how to get it."""


class PostgresServer:
    """A running cluster. `url` addresses one of its databases."""

    def __init__(self, socket_directory: Path) -> None:
        self._socket_directory = socket_directory

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self._socket_directory}"

    def create(self, database: str) -> None:
        """Make `database`, empty."""
        with self._connected("postgres") as connection:
            connection.execute(f"CREATE DATABASE {database}".encode())

    def drop(self, database: str) -> None:
        """Remove `database`, and whoever is still connected to it."""
        with self._connected("postgres") as connection:
            connection.execute(f"DROP DATABASE {database} WITH (FORCE)".encode())

    def empty(self, database: str, tables: Iterable[str]) -> None:
        """Delete every row of `tables`, past every trigger and foreign key."""
        with self._connected(database) as connection:
            # DELETE, not TRUNCATE nor a fresh copy of the database: those take a tenth of a second and more.
            deletions = [f"DELETE FROM {table}" for table in tables]  # noqa: S608 - our own table names
            connection.execute("; ".join(["SET session_replication_role = replica", *deletions]).encode())

    def ping(self) -> None:
        """Return when the server answers."""
        self._connected("postgres").close()

    def _connected(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._socket_directory),
            user="postgres",
            dbname=database,
            autocommit=True,
            options="-c lock_timeout=5000",  # a test that left a transaction open is found out, not waited for
        )


@contextmanager
def postgres_server(settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[PostgresServer]:
    """A fresh cluster that trusts its socket's directory and, unless `settings` say otherwise, keeps nothing through a
    power cut.

    Raises:
        MissingProgram: PostgreSQL is not installed.
    """
    programs = postgres_programs()
    account = postgres_account()
    with private_directory(account) as directory:
        subprocess.run(
            [
                programs / "initdb",
                "-D",
                directory / "data",
                *["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"],
            ],
            user=account,
            check=True,
            capture_output=True,
            cwd=directory,
        )
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(directory),
            "fsync": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
            "shared_buffers": "32MB",
            "max_connections": "200",
            **settings,
        }
        command: list[str | Path] = [programs / "postgres", "-D", directory / "data"]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        server = PostgresServer(directory)
        with _running(command, account, directory, server.ping):
            yield server


@contextmanager
def redis_server() -> Iterator[str]:
    """The URL of a fresh server that saves nothing.

    Raises:
        MissingProgram: neither Redis nor Valkey is installed.
    """
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        raise MissingProgram("redis-server is not on PATH (Debian: apt-get install redis-server)")
    with private_directory(None) as directory:
        url = f"unix://{directory}/socket"

        def ask() -> None:
            with redis.Redis.from_url(url) as client:
                client.ping()

        command: list[str | Path] = [program, "--port", "0", "--unixsocket", directory / "socket", "--save", ""]
        command += ["--appendonly", "no", "--dir", directory]
        with _running(command, None, directory, ask):
            yield url


def postgres_programs() -> Path:
    on_path = shutil.which("postgres")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    for directory in candidates:
        if (directory / "initdb").exists():
            return directory
    raise MissingProgram("postgres is neither on PATH nor in /usr/lib/postgresql (Debian: apt-get install postgresql)")


def postgres_account() -> str | None:
    """Whom to run it as: PostgreSQL refuses root, whose runs borrow the account its package makes."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise MissingProgram("PostgreSQL refuses to run as root and there is no user postgres to run it as") from None


@contextmanager
def private_directory(owner: str | None) -> Iterator[Path]:
    # Not pytest's own: the path of a Unix socket may have 107 bytes only, and another account must reach it.
    with tempfile.TemporaryDirectory(prefix="idp-") as name:
        if owner:
            shutil.chown(name, owner)
        yield Path(name)


@contextmanager
def _running(
    command: list[str | Path], account: str | None, directory: Path, ask: Callable[[], None]
) -> Iterator[None]:
    log = directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, user=account, stdout=output, stderr=output, cwd=directory)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(ask):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()}")
            time.sleep(0.02)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (psycopg.OperationalError, redis.ConnectionError):
        return False
    return True
