"""The tables' history, walked up, down and up again with data in place, on both kinds of database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, MetaData, Table, func, inspect, select
from sqlalchemy.types import JSON, Boolean, DateTime, Integer, LargeBinary

from idp.storage import migrations
from idp.storage.columns import metadata
from idp.storage.database import Database
from idp.storage.migrations import downgrade, pending_revisions, upgrade
from tests.races import race

ROWS = 3
REVISIONS = [each.revision for each in ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()][::-1]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, every_table: None) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/idp.db"
    found: str = request.getfixturevalue("empty_postgres_url")
    return found


@pytest.fixture
def empty(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


def tables(database: Database) -> Mapping[str, Table]:
    """The tables as they stand in the database, our own and no other's."""
    with database.reading() as connection:
        found = MetaData()
        found.reflect(connection)
    return {table.name: table for table in found.sorted_tables if table.name != "alembic_version"}


def something(column: Column[Any], number: int) -> Any:
    """A value of the column's kind. Texts of one row are all alike, so that every foreign key finds its row."""
    kind = column.type
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer):
        return number
    if isinstance(kind, DateTime):
        return datetime(2026, 3, number, tzinfo=UTC)
    if isinstance(kind, LargeBinary):
        return bytes([number])
    if isinstance(kind, JSON):
        return {"number": number, "한글": ["값"]}
    return str(number)


def fill(database: Database) -> None:
    """Give every table that is empty a few rows."""
    for table in tables(database).values():
        with database.transaction() as connection:
            if connection.execute(select(func.count()).select_from(table)).scalar_one() == 0:
                for number in range(1, ROWS + 1):
                    row = {column.name: something(column, number) for column in table.columns}
                    connection.execute(table.insert().values(row))


def content(database: Database) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for name, table in tables(database).items():
        with database.reading() as connection:
            rows = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            found[name] = [dict(row) for row in rows]
    return found


def kept(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> int:
    """How many tables are in both; fails where a value that both can hold differs."""
    for name in before.keys() & after.keys():
        assert len(before[name]) == len(after[name]), name
        for old, new in zip(before[name], after[name], strict=True):
            common = old.keys() & new.keys()
            assert {key: old[key] for key in common} == {key: new[key] for key in common}, name
    return len(before.keys() & after.keys())


def test_goes_up_down_and_up_again_with_data(empty: Database) -> None:
    """Architecture §6: migrations are tested down and up with data."""
    upgrade(empty, REVISIONS[0])
    fill(empty)
    first = content(empty)
    upgrade(empty)
    fill(empty)
    whole = content(empty)
    assert kept(first, whole) == len(first)
    assert all(len(rows) == ROWS for rows in whole.values())
    for revision in REVISIONS[-2::-1]:
        downgrade(empty, revision)
        assert kept(whole, content(empty)) >= len(first)
    upgrade(empty)
    assert kept(first, content(empty)) == len(first)
    fill(empty)
    downgrade(empty, "base")
    assert tables(empty) == {}
    upgrade(empty)
    assert differences(empty) == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_step_goes_down_with_data_and_up_again(empty: Database, revision: str) -> None:
    """Each revision undoes itself, whatever the tables hold."""
    upgrade(empty, revision)
    fill(empty)
    before = content(empty)
    downgrade(empty, "-1")
    upgrade(empty, revision)
    if revision != REVISIONS[0]:
        assert {name for name, rows in content(empty).items() if rows} <= before.keys()


def differences(database: Database) -> list[Any]:
    with database.reading() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return found


def test_makes_the_tables_that_the_rooms_declare(empty: Database) -> None:
    """Columns, types, defaults, keys and indices: the history and the code say the same."""
    upgrade(empty)
    assert differences(empty) == []
    with empty.reading() as connection:
        there = inspect(connection)
        for table in metadata.sorted_tables:
            partial = {index.name for index in table.indexes if index.dialect_options[empty.kind]["where"] is not None}
            made = {
                index["name"]
                for index in there.get_indexes(table.name)
                if index.get("dialect_options", {}).get(f"{empty.kind}_where") is not None
            }
            assert made == partial, table.name


def test_a_second_time_nothing_happens(empty: Database) -> None:
    """The operator's contract: `idp migrate` may be run at every start."""
    assert pending_revisions(empty) == REVISIONS
    upgrade(empty)
    fill(empty)
    before = content(empty)
    upgrade(empty)
    assert content(empty) == before
    assert pending_revisions(empty) == []


def test_several_at_once_migrate_once(empty: Database, url: str) -> None:
    """Architecture §12: nothing of ours coordinates machines; several servers may start on an empty database."""

    def act(_racer: int) -> None:
        database = Database(url)
        try:
            upgrade(database)
        finally:
            database.close()

    race(act, 4)
    assert differences(empty) == []


def test_two_processes_at_once_migrate_once(empty: Database, url: str, tmp_path: Path) -> None:
    """The same by the command, twice at the same moment."""
    environment = {"IDP_DATABASE_URL": url, "IDP_KEYS_DIR": str(tmp_path / "keys"), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", "from idp.commands import main; main()", "migrate"]
    running = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(2)]
    for process in running:
        _out, error = process.communicate(timeout=60)
        assert process.returncode == 0, error
    assert differences(empty) == []


def test_a_failing_step_leaves_everything_as_it_was(empty: Database) -> None:
    """A migration is one transaction, on SQLite too: no half-made tables."""
    upgrade(empty, REVISIONS[0])
    fill(empty)
    before = content(empty)
    with empty.transaction() as connection:
        # What the last revision is about to make is in its way.
        connection.exec_driver_sql("CREATE TABLE outgoing_messages (id INTEGER)")
    with pytest.raises(Exception, match="outgoing_messages"):
        upgrade(empty)
    with empty.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE outgoing_messages")
    assert content(empty) == before
    assert pending_revisions(empty) == REVISIONS[1:]
    upgrade(empty)
    assert differences(empty) == []
