"""A stranger's service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.protocol.scim.stranger import Stranger, serving


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """A SCIM service that nobody here wrote."""
    with serving(Stranger()) as running:
        yield running
