"""The database: SQLite for one machine, PostgreSQL for more."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from idp.errors import ConfigurationError, StoreUnavailable

# At DEBUG it writes every row it fetched to the log, whatever `hide_parameters` says of what it sent.
logging.getLogger("sqlalchemy").setLevel(logging.WARNING)

_MIGRATION_LOCK = 7_305_201_126
"""Any number that no other program on this database locks."""
_WAL_ATTEMPTS = 100
_WAL_PAUSE_SECONDS = 0.05
_BUSY_MS = 30_000
_FORGETTING_MS = 250


class Database:
    """Hands out connections: `transaction` to change, `reading` to look."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        """Prepare a pool; nothing is opened yet.

        Raises:
            ConfigurationError: the URL is of another kind of database.
        """
        parsed = make_url(url)
        self.kind = parsed.get_backend_name()
        if self.kind not in ("sqlite", "postgresql"):
            raise ConfigurationError(f"database_url: {self.kind} is neither sqlite nor postgresql")
        arguments: dict[str, Any] = {}
        if self.kind == "sqlite":
            if parsed.database:
                _make_private(Path(parsed.database))
            # isolation_level None: the driver opens no transaction of its own, so that ours begin as we say.
            arguments = {"timeout": 30, "check_same_thread": False, "isolation_level": None}
        else:
            arguments = {"connect_timeout": 5, "options": "-c statement_timeout=30000 -c timezone=UTC"}
        options: dict[str, Any] = {
            "poolclass": QueuePool,
            "pool_size": pool_size,
            "max_overflow": pool_size,
            "pool_timeout": 10,
            "connect_args": arguments,
            # An error quotes its statement's parameters otherwise: sealed profiles, digests, whatever we keep.
            "hide_parameters": True,
        }
        self.engine: Engine = create_engine(parsed, **options)
        self._reader = self.engine
        if self.kind == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
        else:
            # One statement needs no BEGIN and COMMIT around it: two round trips less on every look. Connections of its
            # own, because to move one from mode to mode and back costs as much as the look itself.
            self._reader = create_engine(parsed, **options, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose work commits when the block ends and is undone when it raises.

        On SQLite the write lock is taken at the start (`BEGIN IMMEDIATE`), so what is read inside is still true
        at commit; on PostgreSQL lock the rows that matter.

        Raises:
            StoreUnavailable: the database cannot be reached or stayed locked.
        """
        with _reachable(), self.engine.connect() as connection:
            if self.kind == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.exec_driver_sql("ROLLBACK")
                    connection.rollback()
                    raise
                connection.exec_driver_sql("COMMIT")
                connection.commit()
            else:
                with connection.begin():
                    yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on which each statement sees what is committed at its start.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        with _reachable(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def each_alone(self) -> Iterator[Connection]:
        """A connection on which each statement is a transaction of its own: for a change that one statement makes
        whole. Two round trips less than `transaction`.

        Raises:
            StoreUnavailable: the database cannot be reached or stayed locked.
        """
        with self.reading() as connection:
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction for changing tables, which no other process gets at the same time.

        Raises:
            StoreUnavailable: the database cannot be reached, or somebody else has migrated for half a minute.
        """
        with self.transaction() as connection:
            if self.kind == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            yield connection

    def forget_overwritten(self) -> bool:
        """Take what was deleted or overwritten out of SQLite's write-ahead log too; whether it is out. Its old pages
        would keep a destroyed data key until the log happens to be written over.

        Not while somebody reads: then False, and a later call will do. On PostgreSQL there is nothing to do: its rows
        and its log leave by its own housekeeping.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        if self.kind != "sqlite":
            return True
        with self.reading() as connection:
            # Who has just left waits for this answer, and so do all writers.
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_FORGETTING_MS}")
            try:
                return not connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_MS}")

    def close(self) -> None:
        """Close every connection; for a process that is about to end or to fork."""
        self.engine.dispose()
        self._reader.dispose()


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable("database: no free connection") from error
    except DBAPIError as error:
        if not isinstance(error, OperationalError | InterfaceError) and not error.connection_invalidated:
            raise
        # Of these errors the driver's own words name tables, hosts and locks, never a row's values.
        said = str(error.orig).partition("\n")[0][:200]
        raise StoreUnavailable(f"database: {type(error.orig).__name__}: {said}") from error


def _make_private(path: Path) -> None:
    """An empty file that only we may read, where there is none: SQLite would make one by the umask, for everybody on
    the machine, and its log after it. One that is there keeps the mode its operator gave it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # it is there, or SQLite will say why it cannot be
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """WAL lets readers pass a writer; FULL keeps a commit through a power cut: what agencies heard must stay true."""
    cursor = connection.cursor()
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _switch_to_wal(cursor: Any) -> None:
    """The first time, SQLite needs the file to itself for this and, unlike elsewhere, does not wait for it."""
    for _attempt in range(_WAL_ATTEMPTS):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            time.sleep(_WAL_PAUSE_SECONDS)
        else:
            return
    cursor.execute("PRAGMA journal_mode=WAL")
