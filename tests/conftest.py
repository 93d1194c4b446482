"""What every test may ask for: databases, expiring stores, a frozen clock; and a network that ends at this machine."""

from __future__ import annotations

import importlib
import itertools
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from pytest_socket import socket_allow_hosts

from idp.clock import SystemClock
from idp.crypto.keyring import ensure_keys
from idp.house import House
from idp.randomness import SystemRandomness
from idp.storage.columns import metadata
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore, ExpiringStore, RedisExpiringStore
from tests.builders import a_house
from tests.fakes import FixedRandomness, FrozenClock
from tests.once import nothing_twice
from tests.programs import lacking
from tests.servers import MissingProgram, PostgresServer, postgres_server, redis_server

__all__ = ["nothing_twice"]
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def closed_sockets() -> None:
    """Loopback and Unix sockets only; pytest-socket lifts this again after each test."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture
def frozen_clock() -> FrozenClock:
    """A clock that stands still until told."""
    return FrozenClock()


@pytest.fixture
def fixed_randomness() -> FixedRandomness:
    """Randomness that is the same in every run."""
    return FixedRandomness()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A private PostgreSQL of this run."""
    try:
        with postgres_server() as server:
            yield server
    except MissingProgram as missing:
        lacking(str(missing))


@pytest.fixture(scope="session")
def redis_instance() -> Iterator[str]:
    """The URL of a private Redis of this run."""
    try:
        with redis_server() as url:
            yield url
    except MissingProgram as missing:
        lacking(str(missing))


@pytest.fixture
def redis_url(redis_instance: str) -> str:
    """The URL of that Redis, emptied."""
    with redis.Redis.from_url(redis_instance) as client:
        client.flushall()
    return redis_instance


@pytest.fixture
def empty_postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a PostgreSQL database without tables, of this test alone."""
    name = f"empty_{next(_numbers)}"
    postgres.create(name)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(scope="session")
def every_table() -> None:
    """Every room's tables are on the shared metadata."""
    for models in sorted((Path(__file__).parents[1] / "idp").glob("*/models.py")):
        importlib.import_module(f"idp.{models.parent.name}.models")


@pytest.fixture(scope="session")
def sqlite_template(every_table: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no row, to be copied."""
    path = tmp_path_factory.mktemp("template") / "idp.db"
    _create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_with_tables(every_table: None, postgres: PostgresServer) -> str:
    """The name of a PostgreSQL database with every table, shared by the tests of this run one after another."""
    postgres.create("idp")
    _create_tables(postgres.url("idp"))
    return "idp"


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A database with every table, on SQLite: for tests that do not care which kind."""
    path = tmp_path / "idp.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def postgres_database(postgres: PostgresServer, postgres_with_tables: str) -> Iterator[Database]:
    """A database with every table and no row, on PostgreSQL."""
    postgres.empty(postgres_with_tables, metadata.tables)
    database = Database(postgres.url(postgres_with_tables))
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest) -> Database:
    """A database with every table, once on each kind."""
    name = {"sqlite": "database", "postgresql": "postgres_database"}[request.param]
    database: Database = request.getfixturevalue(name)
    return database


@pytest.fixture
def redis_store(redis_url: str) -> Iterator[RedisExpiringStore]:
    """An empty expiring store on Redis."""
    store = RedisExpiringStore(redis_url)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def any_expiring_store(request: pytest.FixtureRequest) -> ExpiringStore:
    """An empty expiring store, once on each kind, by the machine's own clock."""
    if request.param == "redis":
        store: ExpiringStore = request.getfixturevalue("redis_store")
        return store
    name = {"sqlite": "database", "postgresql": "postgres_database"}[request.param]
    return DatabaseExpiringStore(request.getfixturevalue(name), SystemClock())


@pytest.fixture(scope="session")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys made once a run, long ago by every clock: a thousand prime numbers are slow to find."""
    directory = tmp_path_factory.mktemp("keys")
    ensure_keys(directory, clock=FrozenClock(datetime(2020, 1, 1, tzinfo=UTC)), randomness=SystemRandomness())
    return directory


@pytest.fixture
def house(database: Database, keys_dir: Path, frozen_clock: FrozenClock) -> Iterator[House]:
    """A house on SQLite, empty, in which time stands still."""
    house = a_house(database.engine.url.render_as_string(hide_password=False), keys_dir, frozen_clock)
    yield house
    house.close()


@pytest.fixture
def any_house(any_database: Database, keys_dir: Path, frozen_clock: FrozenClock) -> Iterator[House]:
    """The same, once on each kind of database."""
    house = a_house(any_database.engine.url.render_as_string(hide_password=False), keys_dir, frozen_clock)
    yield house
    house.close()


def _create_tables(url: str) -> None:
    database = Database(url)
    with database.transaction() as connection:
        metadata.create_all(connection)
    database.close()
