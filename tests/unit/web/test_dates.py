from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from idp.web.dates import korean_day, korean_time


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2026, 11, 24, 14, 59, 59, tzinfo=UTC), "2026-11-24"),
        (datetime(2026, 11, 24, 15, 0, tzinfo=UTC), "2026-11-25"),
        (date(2026, 11, 25), "2026-11-25"),
        (None, ""),
    ],
)
def test_prints_the_day_it_was_in_korea(moment: datetime | date | None, shown: str) -> None:
    """KST is UTC+9 all year."""
    assert korean_day(moment) == shown


@pytest.mark.parametrize(
    ("moment", "shown"), [(datetime(2026, 11, 24, 15, 4, tzinfo=UTC), "2026-11-25 00:04"), (None, "")]
)
def test_prints_the_time_it_was_in_korea(moment: datetime | None, shown: str) -> None:
    """KST again; a moment that never was is nothing."""
    assert korean_time(moment) == shown
