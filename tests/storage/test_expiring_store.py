"""One suite for every expiring store: SQLite, PostgreSQL and Redis must not be told apart by it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from idp.storage.expiring import AddMember, Delete, ExpiringStore, Put
from tests.races import RACERS, race

LONG = timedelta(minutes=5)
SHORT = timedelta(milliseconds=150)
ROOMY = timedelta(milliseconds=600)  # where something must still be done within it, on a busy machine too


@pytest.fixture
def store(any_expiring_store: ExpiringStore) -> ExpiringStore:
    return any_expiring_store


def outlive(lifetime: timedelta) -> None:
    """Wait until `lifetime` has passed for certain."""
    time.sleep(lifetime.total_seconds() + 0.05)


def test_gives_back_what_was_put(store):
    """Architecture §6: bytes come back as they went in, whatever they are."""
    value = bytes(range(256)) * 40
    store.put("a", value, LONG)
    store.put("empty", b"", LONG)
    assert store.get("a") == value
    assert store.get("empty") == b""
    assert store.get("never put") is None


def test_replaces_value_and_lifetime(store):
    """Architecture §6: a second put stands in place of the first, and lives as long as it says."""
    store.put("a", b"old", SHORT)
    store.put("a", b"new", LONG)
    outlive(SHORT)
    assert store.get("a") == b"new"


def test_forgets_after_the_lifetime(store):
    """Architecture §6: what has expired is gone for every way of asking."""
    for key in ("get", "take", "extend", "many"):
        store.put(key, b"v", SHORT)
    store.add_member("set", "m", SHORT)
    outlive(SHORT)
    assert store.get("get") is None
    assert store.take("take") is None
    assert store.get_and_extend("extend", LONG) is None
    assert store.get("extend") is None
    assert store.get_many("many") == [None]
    assert store.members("set") == frozenset()


def test_says_how_long_a_value_rests_without_prolonging_it(store):
    """REQ-66: a countdown that asks must not keep the session alive by asking."""
    store.put("a", b"v", ROOMY)
    first = store.rest("a")
    assert timedelta(0) < first <= ROOMY
    time.sleep(0.1)
    assert store.rest("a") < first
    outlive(ROOMY)
    assert store.rest("a") is None
    assert store.rest("never put") is None


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(seconds=-5), timedelta(microseconds=10)])
def test_forgets_at_once_what_has_no_lifetime_left(store, lifetime):
    """A session at its absolute end is not kept, and asking for that is no error."""
    store.put("a", b"v", lifetime)
    store.add_member("set", "m", lifetime)
    time.sleep(0.02)
    assert store.get("a") is None
    assert store.members("set") == frozenset()


def test_answers_many_in_the_order_asked(store):
    """Architecture §6: one trip for several keys, absent ones among them, one asked twice."""
    store.put("a", b"1", LONG)
    store.put("b", b"2", LONG)
    assert store.get_many("b", "none", "a", "b") == [b"2", None, b"1", b"2"]
    assert store.get_many() == []


def test_lets_a_value_be_taken_once(store):
    """Architecture §11.1: a value meant for one use is spent by one act."""
    store.put("code", b"v", LONG)
    assert store.take("code") == b"v"
    assert store.take("code") is None
    assert store.get("code") is None


def test_gives_a_value_to_one_of_sixteen_takers(store):
    """Architecture §11.1: sixteen racers, one winner."""
    for number in range(5):
        key = f"code {number}"
        store.put(key, b"v", LONG)
        taken = race(lambda _: store.take(key))  # noqa: B023 - the race is over before the key changes
        assert taken.count(b"v") == 1
        assert taken.count(None) == RACERS - 1


def test_admits_one_of_sixteen_who_add(store):
    """Architecture §11.1: a nonce, a `jti` or a request id is accepted once, and the winner's value stands."""
    for number in range(5):
        key = f"nonce {number}"
        admitted = race(lambda racer: store.add_if_absent(key, str(racer).encode(), LONG))  # noqa: B023
        assert admitted.count(True) == 1
        assert store.get(key) == str(admitted.index(True)).encode()


def test_admits_one_of_sixteen_after_the_first_has_expired(store):
    """Architecture §11.1: an expired row is absent, to one racer only."""
    assert store.add_if_absent("nonce", b"old", ROOMY)
    assert not store.add_if_absent("nonce", b"early", ROOMY)
    outlive(ROOMY)
    admitted = race(lambda racer: store.add_if_absent("nonce", str(racer).encode(), LONG))
    assert admitted.count(True) == 1
    assert store.get("nonce") == str(admitted.index(True)).encode()


def test_counts_every_one_of_sixteen(store):
    """REQ-40: attempts made at once are all counted, each with a number of its own."""
    assert sorted(race(lambda _: store.increment("attempts", LONG))) == list(range(1, RACERS + 1))
    assert store.increment("attempts", LONG) == RACERS + 1
    assert store.get("attempts") == str(RACERS + 1).encode()


def test_forgets_a_count_from_its_first_on(store):
    """REQ-40: trying again does not prolong a lock, or anybody could keep a member out for good."""
    assert store.increment("attempts", ROOMY) == 1
    assert store.increment("attempts", LONG) == 2
    outlive(ROOMY)
    assert store.get("attempts") is None
    assert store.increment("attempts", LONG) == 1


def test_counts_from_one_after_a_delete(store):
    """REQ-40: a right password clears the wrong ones before it."""
    store.increment("attempts", LONG)
    store.increment("attempts", LONG)
    store.delete("attempts")
    assert store.increment("attempts", LONG) == 1


def test_lets_a_counter_be_taken(store):
    """A counter reads as its digits however it is read."""
    store.increment("attempts", LONG)
    assert store.get_many("attempts") == [b"1"]
    assert store.get_and_extend("attempts", LONG) == b"1"
    assert store.take("attempts") == b"1"
    assert store.get("attempts") is None


def test_extends_what_is_used(store):
    """A session lives on by being used: the new lifetime counts from the use."""
    store.put("session", b"v", ROOMY)
    assert store.get_and_extend("session", LONG) == b"v"
    outlive(ROOMY)
    assert store.get("session") == b"v"


def test_shortens_what_nears_its_absolute_end(store):
    """A session near its absolute end is given less than it had."""
    store.put("session", b"v", LONG)
    assert store.get_and_extend("session", SHORT) == b"v"
    outlive(SHORT)
    assert store.get("session") is None


def test_deletes_values_and_sets(store):
    """A delete asks neither what a key holds nor whether it is there."""
    store.put("a", b"1", LONG)
    store.put("b", b"2", LONG)
    store.add_member("set", "m", LONG)
    store.delete("a", "set", "never put")
    store.delete()
    assert store.get_many("a", "b") == [None, b"2"]
    assert store.members("set") == frozenset()


def test_keeps_a_set_of_members(store):
    """Architecture §6: the sessions of a member, found from the member."""
    store.add_member("set", "one", LONG)
    store.add_member("set", "둘", LONG)
    store.add_member("set", "one", LONG)
    assert store.members("set") == {"one", "둘"}
    store.remove_member("set", "one")
    store.remove_member("set", "never there")
    assert store.members("set") == {"둘"}
    assert store.members("never put") == frozenset()


def test_ends_each_member_by_itself(store):
    """A member that comes later shortens nobody's stay, and prolongs nobody's."""
    store.add_member("set", "long", LONG)
    store.add_member("set", "short", ROOMY)
    assert store.members("set") == {"long", "short"}
    outlive(ROOMY)
    assert store.members("set") == {"long"}


def test_keeps_a_member_for_the_longer_of_two_stays(store):
    """Added again with less, a member stays as long as it was to stay."""
    store.add_member("set", "m", LONG)
    store.add_member("set", "m", SHORT)
    outlive(SHORT)
    assert store.members("set") == {"m"}


def test_admits_all_of_sixteen_members(store):
    """No member is lost to another who comes at the same time."""
    race(lambda racer: store.add_member("set", str(racer), LONG))
    assert store.members("set") == {str(racer) for racer in range(RACERS)}


def test_writes_several_things_in_order(store):
    """Architecture §11.1: a code, its family and what it replaces are written by one act, in the order given."""
    store.put("old", b"v", LONG)
    store.put("again", b"v", LONG)
    store.write(
        Put("code", b"1", LONG),
        AddMember("family", "code", LONG),
        Delete("old"),
        Delete("again"),
        Put("again", b"2", LONG),
        Put("code", b"3", LONG),
    )
    assert store.get_many("code", "old", "again") == [b"3", None, b"2"]
    assert store.members("family") == {"code"}
    store.write(Delete("code"))
    assert store.get("code") is None
    store.write()


def test_writes_all_or_nothing(store):
    """An operation that cannot be done leaves the others undone."""
    unfit: Any = object()
    with pytest.raises(Exception):  # noqa: B017, PT011 - each store refuses in its own words
        store.write(Put("first", b"1", LONG), Put("last", unfit, LONG))
    assert store.get_many("first", "last") == [None, None]


def test_shows_no_half_of_a_write(store):
    """Who reads while others write sees all of one write or all of another."""
    keys = ("x", "y", "z")

    def act(racer: int) -> bool:
        value = str(racer).encode()
        for _ in range(10):
            if racer % 2:
                store.write(*(Put(key, value, LONG) for key in (keys if racer % 4 == 1 else reversed(keys))))
            elif len(set(store.get_many(*keys))) != 1:
                return False
        return True

    assert all(race(act))


def test_sweeps_only_what_has_expired(store):
    """Architecture §6: housekeeping frees the dead and harms nothing else."""
    store.put("dead", b"v", SHORT)
    store.add_member("set", "dead", SHORT)
    store.put("alive", b"v", LONG)
    store.add_member("set", "alive", LONG)
    outlive(SHORT)
    store.purge_expired()
    assert store.get_many("dead", "alive") == [None, b"v"]
    assert store.members("set") == {"alive"}
    assert store.purge_expired() == 0


def test_answers_a_ping(store):
    """`/readyz` asks this."""
    store.ping()
