"""The database: what a transaction keeps, what it undoes, and what we hear when it does not answer."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, delete, insert, select
from sqlalchemy.exc import IntegrityError, InterfaceError, ProgrammingError, StatementError

from idp.credentials.models import passwords
from idp.errors import ConfigurationError, StoreUnavailable
from idp.storage.columns import Instant
from idp.storage.database import Database
from tests.races import RACERS, race
from tests.servers import PostgresServer

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "a-hash-nobody-may-read"


def put(connection: Connection, member: str = "m") -> None:
    connection.execute(insert(passwords).values(member_id=member, hash=SECRET, changed_at=NOW))


def held(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(select(passwords.c.member_id).order_by(passwords.c.member_id)).scalars())


def test_keeps_what_a_transaction_did(any_database: Database) -> None:
    """Architecture §6: a verb opens its own transaction."""
    with any_database.transaction() as connection:
        put(connection)
    assert held(any_database) == ["m"]


class Cancelled(BaseException):
    """As when a worker is told to stop."""


@pytest.mark.parametrize("failure", [ValueError, Cancelled])
def test_undoes_everything_when_it_raises(any_database: Database, failure: type[BaseException]) -> None:
    """Together or not at all; and the connection is good for the next one."""

    def act() -> None:
        with any_database.transaction() as connection:
            put(connection)
            raise failure

    with pytest.raises(failure):
        act()
    assert held(any_database) == []
    with any_database.transaction() as connection:
        put(connection)
    assert held(any_database) == ["m"]


def test_shows_nobody_what_is_not_committed(any_database: Database) -> None:
    """READ COMMITTED on PostgreSQL, WAL on SQLite: readers neither wait nor see half."""
    with any_database.transaction() as connection:
        put(connection)
        assert held(any_database) == []
    assert held(any_database) == ["m"]


def test_lets_one_writer_after_the_other_through(any_database: Database) -> None:
    """More writers than connections: each waits its turn and none is lost."""

    def act(racer: int) -> None:
        for number in range(5):
            with any_database.transaction() as connection:
                put(connection, f"{racer:02}-{number}")

    race(act, 2 * RACERS)
    assert len(held(any_database)) == 10 * RACERS


def test_reads_what_is_true_at_commit(database: Database) -> None:
    """BEGIN IMMEDIATE: on SQLite nobody writes between a transaction's look and its change."""

    def act(_racer: int) -> None:
        with database.transaction() as connection:
            count = len(connection.execute(select(passwords.c.member_id)).all())
            put(connection, f"{count:02}")

    race(act)
    assert held(database) == [f"{number:02}" for number in range(RACERS)]


def test_quotes_no_parameters_in_an_error(any_database: Database) -> None:
    """Architecture §11: what is kept never reaches a log, and a log prints exceptions."""
    naive = datetime(2026, 1, 1)  # noqa: DTZ001  # refused, which is the point
    values = {"member_id": "m", "hash": SECRET, "changed_at": naive}
    with pytest.raises(StatementError) as raised, any_database.transaction() as connection:
        connection.execute(insert(passwords).values(**values))
    assert SECRET not in str(raised.value)
    with any_database.transaction() as connection:
        put(connection)
    with pytest.raises(IntegrityError) as raised, any_database.transaction() as connection:
        put(connection)
    assert SECRET not in str(raised.value)


def test_says_that_a_missing_database_is_unavailable(tmp_path: Path) -> None:
    """A store that does not answer is one kind of error to the whole house."""
    gone = Database(f"postgresql+psycopg://nobody@/idp?host={tmp_path}")
    for attempt in (gone.transaction, gone.reading, gone.migrating):
        with pytest.raises(StoreUnavailable), attempt():
            pytest.fail("it was reached")
    gone.close()


def test_says_that_an_unmigrated_database_is_unavailable_and_why(tmp_path: Path) -> None:
    """The operator reads which table is missing."""
    bare = Database(f"sqlite:///{tmp_path}/bare.db")
    with pytest.raises(StoreUnavailable, match="no such table: passwords"):
        held(bare)
    bare.close()


def test_says_that_a_full_pool_is_unavailable(sqlite_template: Path) -> None:
    """Every connection is taken: a wait, then the same error, not a failure of ours."""
    database = Database(f"sqlite:///{sqlite_template}", pool_size=1)
    database.engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    with database.reading(), database.reading(), pytest.raises(StoreUnavailable, match="no free connection"):
        held(database)
    assert held(database) == []
    database.close()


def test_says_that_a_locked_database_is_unavailable(database: Database) -> None:
    """SQLite: a writer that never ends, another process's for instance."""
    path = database.engine.url.database
    assert path is not None
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    with pytest.raises(StoreUnavailable, match="locked"), database.transaction():
        pytest.fail("it was reached")
    holder.execute("ROLLBACK")
    holder.close()
    with database.transaction() as connection:
        put(connection)


def test_says_that_a_lost_connection_is_unavailable_and_comes_back(
    postgres_database: Database, postgres: PostgresServer
) -> None:
    """PostgreSQL restarted, or its administrator ended us: this request fails, the next finds a new connection."""
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'idp'"

    def act() -> None:
        with postgres_database.transaction() as connection:
            put(connection)
            with psycopg.connect(postgres.url("postgres").replace("+psycopg", ""), autocommit=True) as administrator:
                administrator.execute(kill)
            put(connection, "n")

    with pytest.raises(StoreUnavailable):
        act()
    deadline = 3
    while deadline:
        try:
            assert held(postgres_database) == []
        except StoreUnavailable:
            deadline -= 1
        else:
            break
    assert deadline


@pytest.mark.parametrize("raise_in", [Database.transaction, Database.reading])
def test_says_that_a_broken_driver_is_unavailable(
    any_database: Database, raise_in: Callable[[Database], object]
) -> None:
    """InterfaceError: the driver found the connection closed under it."""
    broken = InterfaceError("SELECT 1", {}, Exception("connection already closed"))
    with pytest.raises(StoreUnavailable), raise_in(any_database):  # type: ignore[attr-defined]
        raise broken


def test_leaves_mistakes_of_ours_as_they_are(any_database: Database) -> None:
    """A statement that is wrong is a failure with a reference number, not a database that is away."""
    expected = StoreUnavailable if any_database.kind == "sqlite" else ProgrammingError  # SQLite calls both the same
    with pytest.raises(expected), any_database.reading() as connection:
        connection.execute(select(Table("nowhere", MetaData(), Column("x", Integer))))


def test_deadlocked_transactions_are_told_to_try_again(postgres_database: Database) -> None:
    """PostgreSQL ends one of two that wait for each other crosswise; that one may be repeated."""
    for member in ("a", "b"):
        with postgres_database.transaction() as connection:
            put(connection, member)
    both = threading.Barrier(2)

    def act(racer: int) -> str:
        order = ("a", "b") if racer == 0 else ("b", "a")
        try:
            with postgres_database.transaction() as connection:
                for step, member in enumerate(order):
                    connection.execute(passwords.update().where(passwords.c.member_id == member).values(hash="x"))
                    if step == 0:
                        both.wait(10)
        except StoreUnavailable:
            return "unavailable"
        return "done"

    assert sorted(race(act, 2)) == ["done", "unavailable"]


@pytest.mark.parametrize("url", ["mysql://x/y", "oracle://x"])
def test_refuses_other_databases(url: str) -> None:
    """Architecture §6: SQLite or PostgreSQL."""
    with pytest.raises(ConfigurationError, match="neither sqlite nor postgresql"):
        Database(url)


def test_makes_the_directory_of_a_sqlite_file(tmp_path: Path) -> None:
    """The operator's contract: a first start needs no preparation."""
    database = Database(f"sqlite:///{tmp_path}/a/b/idp.db")
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    database.close()


def test_keeps_instants_as_the_same_instants(any_database: Database) -> None:
    """Columns: aware, in UTC, to the microsecond, whatever zone they came in; naive ones are refused."""
    table = Table("instants", MetaData(), Column("name", String(8), primary_key=True), Column("at", Instant))
    seoul = datetime(2026, 3, 2, 18, 0, 0, 123456, tzinfo=timezone(timedelta(hours=9)))
    with any_database.transaction() as connection:
        table.create(connection)
        connection.execute(insert(table).values(name="seoul", at=seoul))
        found = connection.execute(select(table.c.at)).scalar_one()
        table.drop(connection)
    assert found == seoul
    assert found.utcoffset() == timedelta(0)


def test_leaves_nothing_overwritten_in_the_write_ahead_log(database: Database) -> None:
    """REQ-78, 즉시파기: a destroyed key is not to be read from the files; while somebody reads it says so and waits
    no longer than a member would."""
    path = Path(database.engine.url.database or "")
    files = (path, path.with_name(f"{path.name}-wal"))
    with database.transaction() as connection:
        put(connection)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM passwords").fetchall()
        with database.transaction() as connection:
            connection.execute(delete(passwords))
        assert not database.forget_overwritten()
        assert any(SECRET.encode() in file.read_bytes() for file in files)
    assert database.forget_overwritten()
    assert not any(SECRET.encode() in file.read_bytes() for file in files)


def test_has_nothing_to_forget_where_the_server_keeps_house(postgres_database: Database) -> None:
    """PostgreSQL removes dead rows and old log by itself."""
    assert postgres_database.forget_overwritten()


def test_keeps_a_new_file_from_other_users(tmp_path: Path) -> None:
    """CWE-732: password hashes and sealed profiles are for us alone, in the file and in the log beside it, whatever the
    umask; one that is there already keeps the mode its operator gave it."""
    path = tmp_path / "new" / "idp.db"
    before = os.umask(0o022)
    try:
        with closing(Database(f"sqlite:///{path}")) as database, database.transaction() as connection:
            connection.exec_driver_sql("CREATE TABLE one (two)")
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("idp.db", "idp.db-wal", "idp.db-shm"), 0o600)
    path.chmod(0o640)
    Database(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_writes_no_row_to_the_log(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """Architecture §11.7: SQLAlchemy logs fetched rows at DEBUG, though parameters are hidden; whoever turns the root
    up to find another fault must not find members."""
    caplog.set_level(logging.DEBUG)
    with closing(Database(database.engine.url.render_as_string(hide_password=False))) as loud:
        with loud.transaction() as connection:
            put(connection)
        with loud.reading() as connection:
            assert connection.execute(select(passwords.c.hash)).scalars().all() == [SECRET]
    assert SECRET not in caplog.text
