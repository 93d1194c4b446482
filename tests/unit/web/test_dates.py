from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from idp.web.dates import korean_day, korean_time
from tests.unit.web.preview import preview


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


def test_prints_english_dates_to_readers_of_english() -> None:
    """Architecture §9: English complete; and which clock it was, since the reader may be elsewhere."""
    moment = datetime(2026, 11, 24, 15, 4, tzinfo=UTC)
    with preview().test_request_context(headers={"Accept-Language": "en"}):
        assert korean_day(moment) == "25 Nov 2026"
        assert korean_day(date(2026, 1, 3)) == "3 Jan 2026"
        assert korean_time(moment) == "25 Nov 2026, 00:04 KST"
        assert korean_day(None) == korean_time(None) == ""
