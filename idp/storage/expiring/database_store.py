"""The expiring store in the database, for a deployment without Redis. The same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Executable,
    LargeBinary,
    String,
    Table,
    bindparam,
    case,
    delete,
    null,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from idp.clock import Clock
from idp.storage.columns import Instant, metadata, plain, sensitive
from idp.storage.database import Database
from idp.storage.expiring.protocol import AddMember, Delete, Operation, Put

expiring = Table(
    "expiring",
    metadata,
    sensitive("key", String, primary_key=True),
    sensitive("value", LargeBinary),
    sensitive("tally", BigInteger),
    plain("expires_at", Instant, nullable=False, index=True),
)
"""One row a key: a `value` or, for a counter, a `tally`, never both."""

expiring_members = Table(
    "expiring_members",
    metadata,
    sensitive("key", String, primary_key=True),
    sensitive("member", String, primary_key=True),
    plain("expires_at", Instant, nullable=False, index=True),
)

_SWEEP_ROWS = 1000
_UNRECORDED = 0.95  # of a lifetime: while more than this is left, extending it is not worth a write

_Insert = postgresql.Insert | sqlite.Insert

# Built once: SQLAlchemy then finds each compiled form in its cache instead of walking the expression again.
_ALIVE = (expiring.c.key == bindparam("wanted")) & (expiring.c.expires_at > bindparam("now"))
_GET = select(expiring.c.value, expiring.c.tally, expiring.c.expires_at).where(_ALIVE)
_GET_MANY = select(expiring.c.key, expiring.c.value, expiring.c.tally).where(
    expiring.c.key.in_(bindparam("wanted", expanding=True)), expiring.c.expires_at > bindparam("now")
)
_TAKE = delete(expiring).where(_ALIVE).returning(expiring.c.value, expiring.c.tally)
_EXTEND = (
    update(expiring).where(_ALIVE).values(expires_at=bindparam("until")).returning(expiring.c.value, expiring.c.tally)
)
_DELETE = delete(expiring).where(expiring.c.key == bindparam("wanted"))
_DELETE_SET = delete(expiring_members).where(expiring_members.c.key == bindparam("wanted"))
_MEMBERS = select(expiring_members.c.member).where(
    expiring_members.c.key == bindparam("wanted"), expiring_members.c.expires_at > bindparam("now")
)
_REMOVE_MEMBER = delete(expiring_members).where(
    expiring_members.c.key == bindparam("wanted"), expiring_members.c.member == bindparam("who")
)


class DatabaseExpiringStore:
    """Rows that count as absent from `expires_at` on, until `purge_expired` sweeps them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        insert = postgresql.insert if database.kind == "postgresql" else sqlite.insert
        self._put = _put(insert(expiring))
        self._add_if_absent = _add_if_absent(insert(expiring))
        self._increment = _increment(insert(expiring))
        self._add_member = _add_member(insert(expiring_members))

    def put(self, key: str, value: bytes, lifetime: timedelta) -> None:
        self.write(Put(key, value, lifetime))

    def get(self, key: str) -> bytes | None:
        with self._database.reading() as connection:
            return _value(connection.execute(_GET, {"wanted": key, "now": self._clock.now()}).first())

    def get_many(self, *keys: str) -> list[bytes | None]:
        if not keys:
            return []
        with self._database.reading() as connection:
            rows = connection.execute(_GET_MANY, {"wanted": keys, "now": self._clock.now()})
            found = {row.key: _value(row) for row in rows}
        return [found.get(key) for key in keys]

    def take(self, key: str) -> bytes | None:
        with self._database.transaction() as connection:
            return _value(connection.execute(_TAKE, {"wanted": key, "now": self._clock.now()}).first())

    def add_if_absent(self, key: str, value: bytes, lifetime: timedelta) -> bool:
        now = self._clock.now()
        row = {"key": key, "value": value, "tally": None, "expires_at": _end(now, lifetime)}
        with self._database.transaction() as connection:
            return connection.execute(self._add_if_absent, {**row, "now": now}).first() is not None

    def increment(self, key: str, lifetime: timedelta) -> int:
        now = self._clock.now()
        row = {"key": key, "value": None, "tally": 1, "expires_at": _end(now, lifetime)}
        with self._database.transaction() as connection:
            return int(connection.execute(self._increment, {**row, "now": now}).scalar_one())

    def get_and_extend(self, key: str, lifetime: timedelta) -> bytes | None:
        now = self._clock.now()
        wanted = {"wanted": key, "now": now}
        with self._database.reading() as connection:
            row = connection.execute(_GET, wanted).first()
        # A longer rest than asked for is written down too: a session near its absolute end gets less than before.
        if row is None or lifetime * _UNRECORDED < row.expires_at - now <= lifetime:
            return _value(row)
        with self._database.transaction() as connection:
            return _value(connection.execute(_EXTEND, {**wanted, "until": _end(now, lifetime)}).first())

    def rest(self, key: str) -> timedelta | None:
        now = self._clock.now()
        with self._database.reading() as connection:
            row = connection.execute(_GET, {"wanted": key, "now": now}).first()
        return None if row is None else row.expires_at - now

    def delete(self, *keys: str) -> None:
        self.write(*(Delete(key) for key in keys))

    def add_member(self, key: str, member: str, lifetime: timedelta) -> None:
        self.write(AddMember(key, member, lifetime))

    def members(self, key: str) -> frozenset[str]:
        with self._database.reading() as connection:
            return frozenset(connection.execute(_MEMBERS, {"wanted": key, "now": self._clock.now()}).scalars())

    def remove_member(self, key: str, member: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(_REMOVE_MEMBER, {"wanted": key, "who": member})

    def write(self, *operations: Operation) -> None:
        if not operations:
            return
        now = self._clock.now()
        with self._database.transaction() as connection:
            # By key, so that two writers never wait for each other crosswise; what concerns one key keeps its order.
            for operation in sorted(operations, key=lambda operation: operation.key):
                self._apply(connection, operation, now)

    def purge_expired(self) -> int:
        """Sweep in small transactions, so that nobody waits long for the write lock; how many rows that freed."""
        swept = 0
        while count := self._sweep_values() + self._sweep_members():
            swept += count
        return swept

    def ping(self) -> None:
        with self._database.reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Nothing of ours to let go of: the connections are the database's."""

    def _apply(self, connection: Connection, operation: Operation, now: datetime) -> None:
        match operation:
            case Put(key, value, lifetime):
                row = {"key": key, "value": value, "tally": None, "expires_at": _end(now, lifetime)}
                connection.execute(self._put, row)
            case AddMember(key, member, lifetime):
                connection.execute(self._add_member, {"key": key, "member": member, "expires_at": _end(now, lifetime)})
            case Delete(key):
                connection.execute(_DELETE, {"wanted": key})
                connection.execute(_DELETE_SET, {"wanted": key})

    def _sweep_values(self) -> int:
        dead = select(expiring.c.key).where(expiring.c.expires_at <= self._clock.now())
        with self._database.transaction() as connection:
            keys = connection.execute(dead.limit(_SWEEP_ROWS).with_for_update(skip_locked=True)).scalars().all()
            if keys:
                connection.execute(delete(expiring).where(expiring.c.key.in_(keys)))
        return len(keys)

    def _sweep_members(self) -> int:
        identity = (expiring_members.c.key, expiring_members.c.member)
        dead = select(*identity).where(expiring_members.c.expires_at <= self._clock.now())
        with self._database.transaction() as connection:
            rows = connection.execute(dead.limit(_SWEEP_ROWS).with_for_update(skip_locked=True)).all()
            if rows:
                connection.execute(delete(expiring_members).where(tuple_(*identity).in_([tuple(row) for row in rows])))
        return len(rows)


def _end(now: datetime, lifetime: timedelta) -> datetime:
    return now + max(lifetime, timedelta(milliseconds=1))


def _value(row: Any) -> bytes | None:
    if row is None:
        return None
    return str(row.tally).encode() if row.value is None else bytes(row.value)


def _put(insert: _Insert) -> Executable:
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["key"], set_={"value": new.value, "tally": null(), "expires_at": new.expires_at}
    )


def _add_if_absent(insert: _Insert) -> Executable:
    """A row comes back when ours is the one that stands: nothing was there, or only something dead."""
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["key"],
        set_={"value": new.value, "tally": null(), "expires_at": new.expires_at},
        where=expiring.c.expires_at <= bindparam("now"),
    ).returning(expiring.c.key)


def _increment(insert: _Insert) -> Executable:
    new = insert.excluded
    dead = expiring.c.expires_at <= bindparam("now", type_=Instant)
    return insert.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "value": null(),
            "tally": case((dead, 1), else_=expiring.c.tally + 1),
            "expires_at": case((dead, new.expires_at), else_=expiring.c.expires_at),
        },
    ).returning(expiring.c.tally)


def _add_member(insert: _Insert) -> Executable:
    new = insert.excluded
    longer = expiring_members.c.expires_at > new.expires_at
    return insert.on_conflict_do_update(
        index_elements=["key", "member"],
        set_={"expires_at": case((longer, expiring_members.c.expires_at), else_=new.expires_at)},
    )
