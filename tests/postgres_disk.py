"""Tables of a PostgreSQL database on a small disk of their own, which a test may fill."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg

from idp.storage.database import Database
from tests.servers import postgres_account

_BYTES = 32 << 20
_NO_ROOM = (
    "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
)


@contextmanager
def postgres_disk(database: Database, *tables: str) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Move `tables` and their indexes to a file system in memory; what leaves it without room while a block lasts.
    Where nothing may be mounted, PostgreSQL says of each write that there is no room."""
    directory = Path(tempfile.mkdtemp(prefix="idp-disk-"))
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={_BYTES}", "tmpfs", str(directory)]
    if shutil.which("mount") is None or subprocess.run(mounting, check=False, capture_output=True).returncode:
        directory.rmdir()
        yield lambda: _refusing(database, tables)
        return
    try:
        place = directory / "tables"
        place.mkdir()
        account = postgres_account()
        if account is not None:
            shutil.chown(place, account)
        with _on(database, place, tables):
            yield lambda: _without_room(directory)
    finally:
        subprocess.run(["umount", str(directory)], check=True)
        directory.rmdir()


@contextmanager
def _on(database: Database, place: Path, tables: tuple[str, ...]) -> Iterator[None]:
    with _connected(database) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{place}'".encode())
        _move(connection, tables, "small")
        try:
            yield
        finally:
            _move(connection, tables, "pg_default")
            connection.execute("DROP TABLESPACE small")


@contextmanager
def _refusing(database: Database, tables: tuple[str, ...]) -> Iterator[None]:
    with _connected(database) as connection:
        connection.execute(_NO_ROOM)
        for table in tables:
            fires = f"BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()"
            connection.execute(f"CREATE TRIGGER no_room {fires}".encode())
        try:
            yield
        finally:
            connection.execute("DROP FUNCTION no_room() CASCADE")


def _connected(database: Database) -> psycopg.Connection:
    address = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)


def _move(connection: psycopg.Connection, tables: tuple[str, ...], place: str) -> None:
    for table in tables:
        connection.execute(f"ALTER TABLE {table} SET TABLESPACE {place}".encode())
        names = connection.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [table]).fetchall()
        for (index,) in names:
            connection.execute(f"ALTER INDEX {index} SET TABLESPACE {place}".encode())


@contextmanager
def _without_room(directory: Path) -> Iterator[None]:
    ballast = directory / "ballast"
    ballast.write_bytes(b"\0" * (shutil.disk_usage(directory).free - 8192))
    try:
        yield
    finally:
        ballast.unlink()
