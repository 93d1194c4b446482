"""One provider for all strangers of this package; a browser for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ports import reserved_ports
from tests.strangers.member import Member
from tests.strangers.provider import RunningProvider, running
from tests.strangers.registered import keys_written

OPEN = {"IDP_REGISTRATION__ENABLED": "true"}


@pytest.fixture(scope="package")
def spa_address() -> Iterator[str]:
    """Where the page of the browser's client is served."""
    with reserved_ports(1) as [port]:
        yield f"http://localhost:{port}"


@pytest.fixture(scope="package")
def keys_address() -> Iterator[str]:
    """Where a relying party publishes its keys."""
    with reserved_ports(1) as [port]:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="package")
def provider(
    spa_address: str, keys_address: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningProvider]:
    """The provider, on SQLite."""
    written = {"SPA": spa_address, "KEYS_AT": keys_address, **keys_written()}
    with running(tmp_path_factory.mktemp("strangers"), written, OPEN) as provider:
        yield provider


@pytest.fixture
def member(provider: RunningProvider) -> Member:
    """홍길동 at a browser that has never been here."""
    return Member(provider.issuer)
