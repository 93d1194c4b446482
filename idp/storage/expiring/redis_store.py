"""The expiring store on Redis or Valkey, 7.0 or newer: one round trip an operation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError, RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from idp.errors import ConfigurationError, StoreUnavailable
from idp.storage.expiring.protocol import AddMember, Delete, Operation, Put

_PREFIX = "idp:"
_TIMEOUT_SECONDS = 2.0

# A set is sorted by the instant each member ends, by the server's own clock, so that a busy set sheds its dead members
# and no client's clock matters; the key itself ends with its last member.
_ADD_MEMBER = """\
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], 'GT', now + ARGV[2], ARGV[1])
redis.call('PEXPIREAT', KEYS[1], redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])"""
_MEMBERS = """\
local t = redis.call('TIME')
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. t[1] * 1000 + math.floor(t[2] / 1000), '+inf')"""

_Command = tuple[str | bytes | int, ...]


class RedisExpiringStore:
    """Keeps everything under keys that begin with `idp:`; Redis itself forgets what has expired."""

    def __init__(self, url: str) -> None:
        """Prepare a pool; nothing is opened yet.

        Raises:
            ConfigurationError: the URL is not one of Redis.
        """
        try:
            self._client: Redis = Redis.from_url(
                url,
                protocol=3,
                socket_timeout=_TIMEOUT_SECONDS,
                socket_connect_timeout=_TIMEOUT_SECONDS,
                # Once more on a connection that died while it lay in the pool. If the first command did arrive, the
                # second errs towards refusing: a taken value is gone, a count is one too high. A timeout is not
                # repeated, it would only keep the member waiting twice as long.
                retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
                # Asked of every new connection otherwise, and spoken by one vendor's cloud only.
                maint_notifications_config=MaintNotificationsConfig(enabled=False),
            )
        except ValueError:
            # The URL may carry a password, and the error quotes the URL.
            raise ConfigurationError("redis_url: must begin with redis://, rediss:// or unix://") from None

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        self._run(_put(key, value, lifetime))

    def get(self, key: str) -> bytes | None:
        found: bytes | None = self._run(("GET", _PREFIX + key))
        return found

    def get_many(self, *keys: str) -> list[bytes | None]:
        if not keys:
            return []
        found: list[bytes | None] = self._run(("MGET", *(_PREFIX + key for key in keys)))
        return found

    def take(self, key: str) -> bytes | None:
        found: bytes | None = self._run(("GETDEL", _PREFIX + key))
        return found

    def add_if_absent(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        return bool(self._run((*_put(key, value, lifetime), "NX")))

    def increment(self, key: str, lifetime: timedelta) -> int:
        # Together, so that no crash leaves a counter that never ends and locks a member out for good.
        count, _ = self._run_together(
            [("INCR", _PREFIX + key), ("PEXPIRE", _PREFIX + key, _milliseconds(lifetime), "NX")]
        )
        return int(count)

    def get_and_extend(self, key: str, lifetime: timedelta) -> bytes | None:
        found: bytes | None = self._run(("GETEX", _PREFIX + key, "PX", _milliseconds(lifetime)))
        return found

    def rest(self, key: str) -> timedelta | None:
        left = int(self._run(("PTTL", _PREFIX + key)))
        return timedelta(milliseconds=left) if left >= 0 else None

    def delete(self, *keys: str) -> None:
        if keys:
            self._run(("DEL", *(_PREFIX + key for key in keys)))

    def add_member(self, key: str, member: str, lifetime: timedelta) -> None:
        self._run(_add_member(key, member, lifetime))

    def members(self, key: str) -> frozenset[str]:
        return frozenset(member.decode() for member in self._run(("EVAL", _MEMBERS, 1, _PREFIX + key)))

    def remove_member(self, key: str, member: str) -> None:
        self._run(("ZREM", _PREFIX + key, member))

    def write(self, *operations: Operation) -> None:
        commands = [_command(operation) for operation in operations]
        if len(commands) == 1:
            self._run(commands[0])
        elif commands:
            self._run_together(commands)

    def purge_expired(self) -> int:
        """Nothing to do: Redis sweeps by itself."""
        return 0

    def ping(self) -> None:
        self._run(("PING",))

    def close(self) -> None:
        self._client.close()

    def _run(self, command: _Command) -> Any:
        with _answering():
            return self._client.execute_command(*command)  # type: ignore[no-untyped-call]

    def _run_together(self, commands: list[_Command]) -> list[Any]:
        with _answering(), self._client.pipeline(transaction=True) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)  # type: ignore[no-untyped-call]
            return list(pipeline.execute())


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except ResponseError as error:
        # In a pipeline this error quotes its command, and with it a token or a session; it must not reach a log.
        raise StoreUnavailable(f"expiring store: {type(error).__name__}") from None
    except RedisError as error:
        raise StoreUnavailable(f"expiring store: {type(error).__name__}") from error


def _milliseconds(lifetime: timedelta) -> int:
    return max(1, lifetime // timedelta(milliseconds=1))


def _put(key: str, value: bytes, lifetime: timedelta) -> _Command:
    return ("SET", _PREFIX + key, value, "PX", _milliseconds(lifetime))


def _add_member(key: str, member: str, lifetime: timedelta) -> _Command:
    return ("EVAL", _ADD_MEMBER, 1, _PREFIX + key, member, _milliseconds(lifetime))


def _command(operation: Operation) -> _Command:
    match operation:
        case Put(key, value, lifetime):
            return _put(key, value, lifetime)
        case AddMember(key, member, lifetime):
            return _add_member(key, member, lifetime)
        case Delete(key):
            return ("DEL", _PREFIX + key)
