"""When to try again. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

_DELAYS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200, 21_600, 86_400))
_WAITED_FOR = timedelta(seconds=60)


def next_try(attempts: int, now: datetime, expires_at: datetime | None) -> datetime | None:
    """When a message is due again after its `attempts`-th failure; None when it is given up.

    What expires is waited for by somebody at a screen: it is tried every minute at least, and never after it expired.
    """
    if attempts > len(_DELAYS) and expires_at is None:
        return None
    delay = _DELAYS[min(attempts, len(_DELAYS)) - 1]
    if expires_at is None:
        return now + delay
    due = now + min(delay, _WAITED_FOR)
    return due if due < expires_at else None
