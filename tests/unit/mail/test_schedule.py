"""When to try again."""

from __future__ import annotations

from datetime import timedelta

from idp.mail.schedule import next_try
from tests.unit.mail.samples import NOW


def test_waits_longer_every_time_and_gives_up_after_a_day():
    """10 s, 1 min, 5 min, 30 min, 2 h, 6 h, 24 h, and no more."""
    waits = []
    attempts = 1
    while (due := next_try(attempts, NOW, None)) is not None:
        waits.append((due - NOW).total_seconds())
        attempts += 1
    assert waits == [10, 60, 300, 1800, 7200, 21_600, 86_400]


def test_tries_what_is_waited_for_every_minute_until_it_expires():
    """A code is worth sending until it expires, and not a second longer."""
    expires_at = NOW + timedelta(minutes=3)
    now, attempts, tries = NOW, 1, []
    while (due := next_try(attempts, now, expires_at)) is not None:
        tries.append((due - NOW).total_seconds())
        now, attempts = due, attempts + 1
    assert tries == [10, 70, 130]


def test_tries_nothing_at_the_moment_it_expires():
    """`expires_at` is the first instant at which it is useless."""
    assert next_try(1, NOW, NOW + timedelta(seconds=10)) is None
    assert next_try(1, NOW, NOW + timedelta(seconds=11)) == NOW + timedelta(seconds=10)


def test_goes_on_with_what_is_waited_for_however_often_it_failed():
    """Ten attempts in ten minutes are no reason to stop before the code expires."""
    assert next_try(50, NOW, NOW + timedelta(minutes=9)) == NOW + timedelta(minutes=1)
