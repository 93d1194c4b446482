"""Ages at the edge of a birthday, in Korea."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, strategies as st

from idp.verification.age import age, is_adult, is_under_14, korean_date
from idp.web.dates import KOREA


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=KOREA)


@pytest.mark.parametrize(
    ("birth", "today", "years"),
    [
        (date(2012, 11, 26), date(2026, 11, 25), 13),
        (date(2012, 11, 25), date(2026, 11, 25), 14),
        (date(2012, 11, 24), date(2026, 11, 25), 14),
        (date(2012, 2, 29), date(2026, 2, 28), 13),
        (date(2012, 2, 29), date(2026, 3, 1), 14),
        (date(2012, 2, 29), date(2028, 2, 29), 16),
        (date(2026, 11, 25), date(2026, 11, 25), 0),
        (date(2026, 11, 26), date(2026, 11, 25), -1),
    ],
)
def test_completes_a_year_on_the_birthday(birth: date, today: date, years: int) -> None:
    """민법 §158; 29 February completes its year on 1 March."""
    assert age(birth, noon(today)) == years
    assert is_under_14(birth, noon(today)) == (years < 14)


def test_counts_days_as_they_are_in_korea() -> None:
    """REQ-82: KST. The day begins there nine hours before it does in UTC."""
    birth = date(2012, 11, 26)
    assert korean_date(datetime(2026, 11, 25, 15, 0, tzinfo=UTC)) == date(2026, 11, 26)
    assert is_under_14(birth, datetime(2026, 11, 25, 14, 59, 59, tzinfo=UTC))
    assert not is_under_14(birth, datetime(2026, 11, 25, 15, 0, tzinfo=UTC))


def test_calls_nobody_adult_before_nineteen() -> None:
    """REQ-83; 민법 §4."""
    today = noon(date(2026, 11, 25))
    assert is_adult(date(2007, 11, 25), today)
    assert not is_adult(date(2007, 11, 26), today)


@given(st.dates(date(1900, 1, 1), date(2026, 11, 25)), st.integers(0, 40000))
def test_never_grows_younger(birth: date, later: int) -> None:
    """Age only rises with time, by one a year."""
    earlier = noon(date(2026, 11, 25))
    then = noon(date.fromordinal(date(2026, 11, 25).toordinal() + later))
    assert 0 <= age(birth, then) - age(birth, earlier) <= later // 365 + 1
