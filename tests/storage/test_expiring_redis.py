"""What only Redis can be asked: silence, refusal, keys that must end, and one trip for each act."""

from __future__ import annotations

import socket
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from redis.connection import AbstractConnection

from idp.errors import ConfigurationError, StoreUnavailable
from idp.settings import Settings
from idp.storage.expiring import AddMember, Delete, Put, RedisExpiringStore, open_store, redis_store as module

MINUTE = timedelta(minutes=1)


@pytest.fixture
def server(redis_url):
    """The same Redis, looked at directly."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def store(redis_store):
    return redis_store


def test_keeps_to_its_own_keys_and_lets_none_live_for_good(store, server):
    """A key without an end would lock a member out, or keep a secret, for ever."""
    store.put("put", b"v", MINUTE)
    store.add_if_absent("added", b"v", MINUTE)
    store.increment("counter", MINUTE)
    store.increment("counter", MINUTE)
    store.add_member("set", "m", MINUTE)
    store.write(Put("written", b"v", MINUTE), AddMember("written set", "m", MINUTE), Delete("none"))
    keys = server.keys("*")
    assert len(keys) == 6
    assert all(key.startswith(b"idp:") for key in keys)
    assert all(50_000 < server.pttl(key) <= 60_000 for key in keys)


def test_lets_a_set_live_as_long_as_its_longest_member(store, server):
    """A short stay added last must not end the key under the others."""
    store.add_member("set", "long", 10 * MINUTE)
    store.add_member("set", "short", MINUTE)
    assert server.pttl("idp:set") > 9 * 60_000


def test_sheds_dead_members_of_a_busy_set(store, server):
    """A set that is always in use would otherwise grow without end."""
    store.add_member("set", "dead", timedelta(milliseconds=1))
    store.add_member("set", "alive", MINUTE)
    time.sleep(0.02)
    store.add_member("set", "alive", MINUTE)
    assert server.zcard("idp:set") == 1


def test_makes_one_trip_for_each_act(store, server, monkeypatch):
    """Performance: one round trip a step."""
    store.ping()
    trips = []
    send = AbstractConnection.send_packed_command

    def counted(connection: AbstractConnection, *rest: Any, **named: Any) -> None:
        trips.append(rest)
        send(connection, *rest, **named)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(AbstractConnection, "send_packed_command", counted)
    acts: list[Callable[[], object]] = [
        lambda: store.put("a", b"v", MINUTE),
        lambda: store.get("a"),
        lambda: store.get_many("a", "b"),
        lambda: store.get_and_extend("a", MINUTE),
        lambda: store.take("a"),
        lambda: store.add_if_absent("a", b"v", MINUTE),
        lambda: store.increment("n", MINUTE),
        lambda: store.add_member("s", "m", MINUTE),
        lambda: store.members("s"),
        lambda: store.remove_member("s", "m"),
        lambda: store.write(Put("a", b"v", MINUTE), AddMember("s", "m", MINUTE), Delete("b")),
        lambda: store.delete("a", "b"),
    ]
    for act in acts:
        act()
    assert len(trips) == len(acts)


def test_gives_up_on_a_server_that_keeps_silent(monkeypatch):
    """Every network call has a timeout, and a timeout is not waited for twice."""
    monkeypatch.setattr(module, "_TIMEOUT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = RedisExpiringStore(f"redis://:hunter2@127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            store.get("a")
        assert 0.4 < time.monotonic() - started < 0.95
        store.close()


def test_says_unavailable_when_nobody_listens():
    """A refused connection becomes `StoreUnavailable`; a password in the URL is not told."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    store = RedisExpiringStore(f"redis://:hunter2@127.0.0.1:{port}")
    with pytest.raises(StoreUnavailable) as failure:
        store.write(Put("a", b"v", MINUTE), Delete("b"))
    assert "hunter2" not in "".join(traceback.format_exception(failure.value))


def test_outlives_a_connection_the_server_dropped(store, server):
    """A restarted Redis, or a proxy that closes idle connections, costs no member an error page."""
    store.put("a", b"v", MINUTE)
    server.client_kill_filter(_type="normal", skipme=True)
    assert store.get("a") == b"v"
    server.client_kill_filter(_type="normal", skipme=True)
    store.write(Put("a", b"w", MINUTE), Delete("b"))
    assert store.get("a") == b"w"


@pytest.fixture
def full(server):
    """A server without memory for one more value; what frees memory it still does."""
    yield lambda: server.config_set("maxmemory", 1)
    server.config_set("maxmemory", 0)


def test_does_nothing_when_the_server_refuses_a_part(store, server, full):
    """All or nothing, also where the refusal comes from Redis: the new code is not kept, so the old one stays."""
    store.put("old", b"v", MINUTE)
    full()
    with pytest.raises(StoreUnavailable):
        store.write(Put("new", b"v", MINUTE), Delete("old"))
    assert server.keys("*") == [b"idp:old"]


def test_quotes_no_value_when_the_server_refuses(store, full):
    """Architecture §11.7: the driver's own error quotes the command, and with it the secret."""
    secret = b"hunter" + b"2"
    full()
    with pytest.raises(StoreUnavailable) as failure:
        store.write(Put("a", secret, MINUTE), Delete("b"))
    assert secret in str(failure.value.__context__).encode(), "the driver no longer quotes; this test proves nothing"
    assert secret.decode() not in "".join(traceback.format_exception(failure.value))


@pytest.mark.parametrize("url", ["http://:hunter2@127.0.0.1", "hunter2", ""])
def test_refuses_a_url_of_another_kind(url):
    """The sentence says what a URL must look like, and repeats none of it."""
    with pytest.raises(ConfigurationError, match="must begin with redis://") as failure:
        RedisExpiringStore(url)
    assert "hunter2" not in "".join(traceback.format_exception(failure.value))


def test_is_what_opens_with_a_redis_url(redis_url, database, frozen_clock):
    """Architecture §10: `IDP_REDIS_URL` chooses Redis."""
    store = open_store(Settings(redis_url=redis_url), database, frozen_clock)
    assert isinstance(store, RedisExpiringStore)
    store.ping()
    store.close()
