"""A PostgreSQL primary and its replica that a test may kill, start again and promote."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.servers import postgres_account, postgres_programs, private_directory

_SECONDS = 30
_USER = "postgres"


class Postgres:
    """One server on a data directory that outlives its process. Reached by the Unix socket in its directory."""

    def __init__(self, directory: Path, settings: Mapping[str, str]) -> None:
        self.directory = directory
        self._settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(directory),
            # A killed process loses nothing that it handed to the kernel; only a power cut would.
            "fsync": "off",
            "shared_buffers": "32MB",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def start(self) -> None:
        """Run it, and return when it answers."""
        command = [str(postgres_programs() / "postgres"), "-D", str(self.data)]
        command += [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, user=postgres_account(), stdout=log, stderr=log, cwd=self.directory
            )
        deadline = time.monotonic() + _SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.directory / "log").read_text())
            time.sleep(0.05)

    def crash(self) -> None:
        """End every process of it at once, with nothing written down; the next start recovers from its log."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_SECONDS)
            self._process = None

    def run(self, statement: str) -> None:
        with psycopg.connect(host=str(self.directory), user=_USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    def replica(self, directory: Path, settings: Mapping[str, str]) -> Postgres:
        """A hot standby of this one: from now on what is committed here is there before it is acknowledged."""
        twin = Postgres(directory, settings)
        whose: list[str | Path] = ["-D", twin.data, "-R", "-h", self.directory, "-U", _USER]
        _run(directory, "pg_basebackup", *whose, "-X", "stream", "-c", "fast")
        twin.start()
        self.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.run("SELECT pg_reload_conf()")
        return twin

    def promote(self) -> None:
        """Make a standby the primary, and return when it takes writes."""
        self.run("SELECT pg_promote(wait => true)")

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


def url(database: str, *servers: Postgres) -> str:
    """Addresses whichever of `servers` takes writes, as libpq finds it out at each new connection."""
    hosts = ",".join(str(server.directory) for server in servers)
    return f"postgresql+psycopg://{_USER}@/{database}?host={hosts}&target_session_attrs=read-write"


@contextmanager
def postgres_pair() -> Iterator[tuple[Postgres, Path]]:
    """A running primary, and an empty directory for a replica of it. Whatever runs at the end is ended."""
    account = postgres_account()
    with private_directory(account) as first, private_directory(account) as second:
        _run(first, "initdb", "-D", first / "data", "-U", _USER, "-A", "trust", "--no-sync", "-E", "UTF8")
        primary = Postgres(first, {})
        primary.start()
        try:
            yield primary, second
        finally:
            primary.crash()


def _run(directory: Path, program: str, *arguments: str | Path) -> None:
    command = [str(part) for part in (postgres_programs() / program, *arguments)]
    subprocess.run(command, user=postgres_account(), check=True, capture_output=True, cwd=directory)
