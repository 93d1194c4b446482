"""Stages and browsers, kept for all journeys of this package; people and their browser windows are new each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests import browsers
from tests.journeys.stage import Stage, raised
from tests.journeys.tab import Tab
from tests.journeys.watch import Watch
from tests.servers import PostgresServer

_SECONDS = 15
OpenBrowser = Callable[[Stage], Tab]


@pytest.fixture(scope="package")
def sqlite_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Everything on SQLite, what expires as well."""
    with raised(tmp_path_factory.mktemp("sqlite-stage"), {}) as stage:
        yield stage


@pytest.fixture(scope="package")
def postgres_stage(
    postgres: PostgresServer, redis_instance: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """The provider on PostgreSQL and Redis."""
    postgres.create("journeys")
    given = {"IDP_DATABASE_URL": postgres.url("journeys"), "IDP_REDIS_URL": redis_instance}
    with raised(tmp_path_factory.mktemp("postgres-stage"), given) as stage:
        yield stage
    postgres.drop("journeys")


@pytest.fixture(params=["sqlite", "postgresql"])
def any_stage(request: pytest.FixtureRequest) -> Stage:
    """Each stage in turn."""
    name = {"sqlite": "sqlite_stage", "postgresql": "postgres_stage"}[request.param]
    stage: Stage = request.getfixturevalue(name)
    return stage


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium, for which there is no other host."""
    with browsers.chromium("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost") as browser:
        yield browser


@pytest.fixture
def open_browser(chromium: Browser) -> Iterator[OpenBrowser]:
    """Opens browsers that share nothing; at the end each must have kept to this machine and have had no complaint."""
    watches: list[Watch] = []
    contexts = []

    def open_one(stage: Stage) -> Tab:
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="ko-KR")
        context.set_default_timeout(_SECONDS * 1000)
        contexts.append(context)
        watch = Watch(context)
        watches.append(watch)
        return Tab(context.new_page(), stage, watch)

    yield open_one
    for context in contexts:
        context.close()
    for watch in watches:
        watch.verdict()
