"""Dates as pages print them: Korean days, wherever the server stands."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

# Fixed: Korea keeps no summer time, and slim images carry no time zone database.
KOREA = timezone(timedelta(hours=9), "KST")


def korean_day(moment: datetime | date | None) -> str:
    """`2026-11-25`, the day it was in Korea at that instant; empty for None."""
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        moment = moment.astimezone(KOREA).date()
    return moment.isoformat()


def korean_time(moment: datetime | None) -> str:
    """`2026-11-25 18:04`, the time it was in Korea; empty for None."""
    return "" if moment is None else moment.astimezone(KOREA).strftime("%Y-%m-%d %H:%M")
