"""Dates as pages print them: Korean days in the reader's language, wherever the server stands."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from idp.web.translations import ENGLISH, language

# Fixed: Korea keeps no summer time, and slim images carry no time zone database.
KOREA = timezone(timedelta(hours=9), "KST")

# Not the C library's, whose words follow the server's locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def korean_day(moment: datetime | date | None) -> str:
    """`2026-11-25` or `25 Nov 2026`, the day it was in Korea at that instant; empty for None."""
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        moment = moment.astimezone(KOREA).date()
    if language() == ENGLISH:
        return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    return moment.isoformat()


def korean_time(moment: datetime | None) -> str:
    """`2026-11-25 18:04` or `25 Nov 2026, 18:04 KST`, the time it was in Korea; empty for None."""
    if moment is None:
        return ""
    there = moment.astimezone(KOREA)
    if language() == ENGLISH:
        return f"{korean_day(there)}, {there:%H:%M} KST"
    return f"{there:%Y-%m-%d %H:%M}"
