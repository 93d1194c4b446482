"""The day's room for wrong codes (issue 4), on every expiring store."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from idp.credentials.daily_guesses import DailyGuesses, GuessesSpent
from idp.crypto.digests import Digester
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore, ExpiringStore
from tests.fakes import FrozenClock

MOST = 30
UNTIL_MIDNIGHT = 6 * 60 * 60
"""The frozen clock begins at 18:00 in Korea."""


@pytest.fixture
def guesses(any_expiring_store: ExpiringStore) -> DailyGuesses:
    return DailyGuesses(any_expiring_store, Digester(b"k" * 32), FrozenClock(), MOST)


@pytest.fixture
def timed(database: Database, frozen_clock: FrozenClock) -> DailyGuesses:
    """On a store that goes by the frozen clock, too."""
    return DailyGuesses(DatabaseExpiringStore(database, frozen_clock), Digester(b"k" * 32), frozen_clock, MOST)


def test_leaves_room_for_so_many_wrong_codes(guesses: DailyGuesses) -> None:
    """The last one is told apart, once, so that the member can be told; nobody else's day is touched."""
    assert [guesses.check("member") for _ in range(MOST)] == [False] * (MOST - 1) + [True]
    for _ in range(3):
        with pytest.raises(GuessesSpent) as refused:
            guesses.check("member")
        assert (refused.value.status, refused.value.retry_after) == (429, UNTIL_MIDNIGHT)
    assert guesses.spent("member")
    assert not guesses.spent("somebody else")
    assert not guesses.check("somebody else")


def test_checks_no_more_codes_than_there_is_room_for_in_a_race(guesses: DailyGuesses) -> None:
    """Counted before the code is looked at."""
    checked: list[bool] = []

    def guess() -> None:
        try:
            checked.append(guesses.check("member"))
        except GuessesSpent:
            return

    threads = [threading.Thread(target=guess) for _ in range(2 * MOST)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(checked) == MOST


def test_counts_no_right_code_and_forgets_no_wrong_one_for_it(guesses: DailyGuesses) -> None:
    """The member signs in as often as they like, and a stranger's guesses stay counted meanwhile."""
    for _ in range(MOST - 1):
        guesses.check("member")
        for _ in range(2):
            guesses.check("member")
            guesses.right("member")
    assert guesses.check("member")
    assert guesses.spent("member")


def test_begins_anew_once_they_proved_it_in_another_way(guesses: DailyGuesses) -> None:
    """A verification opens the day again, all of it."""
    for _ in range(MOST):
        guesses.check("member")
    guesses.forget("member")
    assert [guesses.check("member") for _ in range(MOST)].count(True) == 1


def test_begins_anew_with_the_day(timed: DailyGuesses, frozen_clock: FrozenClock) -> None:
    """At midnight in Korea, as the page says: tomorrow."""
    for _ in range(MOST):
        timed.check("member")
    frozen_clock.advance(timedelta(seconds=UNTIL_MIDNIGHT - 1))
    assert timed.spent("member")
    assert timed.ends_at() == frozen_clock.now() + timedelta(seconds=1)
    frozen_clock.advance(timedelta(seconds=1))
    assert not timed.check("member")


def test_forgets_a_return_no_sooner_than_what_it_is_taken_off(timed: DailyGuesses, frozen_clock: FrozenClock) -> None:
    """Right codes all day long do not close it in the evening."""
    for _ in range(23):
        for _ in range(MOST):
            timed.check("member")
            timed.right("member")
        frozen_clock.advance(timedelta(hours=1))
        assert not timed.spent("member")


def test_keeps_nobodys_name_in_the_store(timed: DailyGuesses, database: Database) -> None:
    """Keyed digests only."""
    timed.check("the member's id")
    with database.reading() as connection:
        kept = connection.exec_driver_sql("SELECT * FROM expiring").all()
    assert kept
    assert "the member" not in str(kept)
