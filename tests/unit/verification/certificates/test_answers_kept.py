"""What one process remembers of responders and mirrors (issue 4)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from idp.verification.certificates.answers_kept import AnswersKept

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def names(kept: AnswersKept[str], upto: int) -> list[str]:
    return [str(number) for number in range(upto) if kept.get(str(number), NOW) is not None]


def test_keeps_until_there_is_a_newer_one() -> None:
    """Their own time decides."""
    kept = AnswersKept[str]()
    kept.put("0", "good", LATER, 1)
    assert kept.get("0", LATER - timedelta(seconds=1)) == "good"
    assert kept.get("0", LATER) is None


def test_forgets_the_oldest_where_there_are_too_many() -> None:
    """By count."""
    kept = AnswersKept[str](most=3)
    for number in range(5):
        kept.put(str(number), "good", LATER, 1)
    assert names(kept, 5) == ["2", "3", "4"]


def test_forgets_the_oldest_where_they_are_too_large() -> None:
    """By octets, however few there are: lists have megabytes, and certificates say which are fetched."""
    kept = AnswersKept[str](most_octets=100)
    for number in range(5):
        kept.put(str(number), "good", LATER, 40)
    assert names(kept, 5) == ["3", "4"]
    kept.put("4", "better", LATER, 90)
    assert (names(kept, 5), kept.get("4", NOW)) == (["4"], "better")


def test_keeps_nothing_that_is_too_large_alone() -> None:
    """It would push out everything else for nothing; what stood under its name is outdated in any case."""
    kept = AnswersKept[str](most_octets=100)
    kept.put("0", "good", LATER, 50)
    kept.put("1", "good", LATER, 50)
    kept.put("1", "huge", LATER, 101)
    assert names(kept, 2) == ["0"]


def test_stays_within_bounds_whoever_writes() -> None:
    """Threads of one server share it."""
    kept = AnswersKept[str](most=50, most_octets=1000)

    def write(first: int) -> None:
        for number in range(first, first + 200):
            kept.put(str(number % 120), "good", LATER, number % 60)

    threads = [threading.Thread(target=write, args=(100 * each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(kept, 120)) <= 50
    assert sum(each.octets for each in kept._kept.values()) <= 1000
