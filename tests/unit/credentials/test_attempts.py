"""Guessing limits (REQ-40), on every expiring store."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.credentials.attempts import AccountLocked, AddressLimited, Attempt, AttemptLimits
from idp.crypto.digests import Digester
from idp.settings import SignIn
from idp.storage.columns import metadata
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore, ExpiringStore
from tests.fakes import FrozenClock

LOCK = timedelta(minutes=10)
LIMITS = SignIn(attempts_per_account=5, attempts_per_address=20, lock=LOCK)
HERE = "192.0.2.1"


@pytest.fixture
def limits(any_expiring_store: ExpiringStore) -> AttemptLimits:
    """On every store, with a clock of its own that stands still at the start of a window."""
    return AttemptLimits(any_expiring_store, Digester(b"k" * 32), LIMITS, FrozenClock())


@pytest.fixture
def timed(database: Database, frozen_clock: FrozenClock) -> AttemptLimits:
    """On a store that goes by the frozen clock, too."""
    return AttemptLimits(DatabaseExpiringStore(database, frozen_clock), Digester(b"k" * 32), LIMITS, frozen_clock)


def wrong(limits: AttemptLimits, login_id: str = "honggildong", address: str = HERE, times: int = 1) -> list[bool]:
    return [limits.failed(limits.check(login_id, address)) for _ in range(times)]


def test_locks_after_the_last_wrong_password(limits: AttemptLimits):
    """REQ-40: five by default; the one that locked is told apart, once, so that the member can be told."""
    assert wrong(limits, times=5) == [False, False, False, False, True]
    for _ in range(3):
        with pytest.raises(AccountLocked) as refused:
            limits.check("honggildong", HERE)
        assert refused.value.status == 429
        assert 0 < refused.value.retry_after <= 600
    wrong(limits, "someone_else")


def test_checks_no_more_passwords_than_allowed_in_a_race(limits: AttemptLimits):
    """Fifty parallel guesses, five checks: the guess is counted before the password is looked at."""
    outcomes = race(limits, [("honggildong", f"192.0.2.{number}") for number in range(50)])
    assert outcomes.count("checked") == 5
    assert outcomes.count("account_locked") == 45


def test_checks_no_more_passwords_from_an_address_in_a_race(limits: AttemptLimits):
    """Fifty accounts tried from one address at once: spraying is bounded too."""
    outcomes = race(limits, [(f"member{number}", HERE) for number in range(50)])
    assert outcomes.count("checked") == 20
    assert outcomes.count("address_limited") == 30


def test_starts_over_after_a_right_password(limits: AttemptLimits):
    """REQ-40: the count resets on success."""
    for _ in range(3):
        assert wrong(limits, times=4) == [False] * 4
        limits.succeeded(limits.check("honggildong", HERE))


def test_tells_nobody_of_a_lock_that_a_right_password_lifted(limits: AttemptLimits):
    """The fifth guess was wrong, but the fourth, slower, was the member."""
    wrong(limits, times=3)
    fourth, fifth = limits.check("honggildong", HERE), limits.check("honggildong", HERE)
    limits.succeeded(fourth)
    assert fifth.last
    assert not limits.failed(fifth)


def test_lets_a_whole_office_sign_in_from_one_address(limits: AttemptLimits):
    """Right passwords do not count against the address, however many; wrong ones among them still do."""
    for number in range(30):
        limits.succeeded(limits.check(f"member{number}", HERE))
    for number in range(20):
        wrong(limits, f"other{number}")
    with pytest.raises(AddressLimited):
        limits.check("member1", HERE)
    wrong(limits, "member1", "192.0.2.2")


def test_leaves_accounts_alone_once_the_address_is_limited(limits: AttemptLimits):
    """A refused address must not go on locking other people out."""
    for number in range(20):
        wrong(limits, f"other{number}")
    for _ in range(10):
        with pytest.raises(AddressLimited):
            limits.check("honggildong", HERE)
    assert wrong(limits, address="192.0.2.2", times=4) == [False] * 4


def test_carries_no_allowance_into_another_window(timed: AttemptLimits, frozen_clock: FrozenClock):
    """One's own right passwords must buy no guesses once what they made good is forgotten."""
    for _ in range(20):
        timed.succeeded(timed.check("mine", HERE))
    frozen_clock.advance(LOCK)
    for number in range(20):
        wrong(timed, f"victim{number}")
    with pytest.raises(AddressLimited):
        timed.check("victim20", HERE)


def test_gives_a_guess_back_to_the_window_it_was_made_in(timed: AttemptLimits, frozen_clock: FrozenClock):
    """A check that begins in one window and ends in the next."""
    frozen_clock.advance(LOCK - timedelta(seconds=1))
    late = timed.check("mine", HERE)
    frozen_clock.advance(timedelta(seconds=1))
    timed.succeeded(late)
    for number in range(20):
        wrong(timed, f"victim{number}")
    with pytest.raises(AddressLimited) as refused:
        timed.check("victim20", HERE)
    assert refused.value.retry_after == 600


def test_opens_again_when_the_lock_has_passed(timed: AttemptLimits, frozen_clock: FrozenClock):
    """Counted from the first wrong password; knocking on the locked door does not prolong it."""
    wrong(timed, times=5)
    frozen_clock.advance(LOCK - timedelta(seconds=1))
    with pytest.raises(AccountLocked):
        timed.check("honggildong", HERE)
    frozen_clock.advance(timedelta(seconds=1))
    assert wrong(timed) == [False]


@pytest.mark.parametrize("spelling", ["HongGilDong", " honggildong ", "ｈｏｎｇｇｉｌｄｏｎｇ"])
def test_counts_every_spelling_of_an_account_together(timed: AttemptLimits, spelling: str):
    """Otherwise each spelling that the lookup forgives would bring five more guesses."""
    wrong(timed, times=5)
    with pytest.raises(AccountLocked):
        timed.check(spelling, HERE)


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "unknown", False),
    ],
)
def test_takes_a_customers_network_for_one_address(timed: AttemptLimits, first: str, second: str, one: bool):
    """Whoever has an IPv6 address has 2⁶⁴ of them."""
    for number in range(20):
        wrong(timed, f"member{number}", first)
    if one:
        with pytest.raises(AddressLimited):
            timed.check("another", second)
    else:
        timed.check("another", second)


def test_keeps_neither_id_nor_address(timed: AttemptLimits, database: Database):
    """The store never learns who was guessed at, nor from where."""
    timed.succeeded(timed.check("honggildong", HERE))
    attempt = timed.check("honggildong", HERE)
    with database.reading() as connection:
        kept = repr([connection.execute(select(table)).all() for table in metadata.sorted_tables])
    assert "attempts:" in kept
    for text in (kept, repr(attempt)):
        assert "honggildong" not in text
        assert HERE not in text


def race(limits: AttemptLimits, guesses: list[tuple[str, str]]) -> list[str]:
    """What each of these guesses, all made at once, came to."""
    outcomes: list[str] = []
    barrier = threading.Barrier(len(guesses))

    def guess(login_id: str, address: str) -> None:
        barrier.wait()
        try:
            assert isinstance(limits.check(login_id, address), Attempt)
            outcomes.append("checked")
        except (AccountLocked, AddressLimited) as refused:
            outcomes.append(refused.code)

    racers = [threading.Thread(target=guess, args=one) for one in guesses]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(outcomes) == len(guesses)
    return outcomes
