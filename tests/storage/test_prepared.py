"""Prepared statements do what SQLAlchemy's own execution does, values and errors included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from idp.audit.models import audit_records
from idp.errors import StoreUnavailable
from idp.storage.database import Database
from idp.storage.expiring.database_store import expiring
from idp.storage.listed import among
from idp.storage.prepared import Prepared, PreparedRows, PreparedTogether

_AT = datetime(2026, 11, 25, 9, 30, 0, 123456, tzinfo=UTC)
_KEEP = Prepared(insert(expiring), "key", "value", "expires_at")
_LOOK = Prepared(
    select(expiring.c.value, expiring.c.tally, expiring.c.expires_at.label("until")).where(
        expiring.c.key == bindparam("wanted")
    )
)


def test_converts_values_both_ways(any_database: Database) -> None:
    """Octets, absence and instants come back as they went in; SQLite keeps instants as text without a zone."""
    with any_database.transaction() as connection:
        _KEEP.run(connection, {"key": "k", "value": b"\x00v", "expires_at": _AT})
        row = _LOOK.first(connection, {"wanted": "k"})
    assert (row.value, row.tally, row.until) == (b"\x00v", None, _AT)


def test_reads_what_sqlalchemy_wrote_and_the_other_way_round(any_database: Database) -> None:
    """JSON too: the two ways of execution may be mixed on one table."""
    values = {"at": _AT, "action": "a", "actor": "b", "detail": {"n": [1, None, "가"]}}
    ours = Prepared(insert(audit_records).inline(), *values)
    look = Prepared(select(audit_records.c.detail, audit_records.c.at).where(audit_records.c.actor == bindparam("who")))
    with any_database.transaction() as connection:
        connection.execute(insert(audit_records).values(**values))
        assert tuple(look.first(connection, {"who": "b"})) == (values["detail"], _AT)
        ours.run(connection, {**values, "actor": "c"})
        row = connection.execute(select(audit_records.c.detail).where(audit_records.c.actor == "c")).one()
    assert row.detail == values["detail"]


def test_keeps_values_that_stand_in_the_statement(any_database: Database) -> None:
    """A literal in a condition or in what is set is converted once and sent each time."""
    renew = Prepared(update(expiring).where(expiring.c.key == bindparam("wanted")).values(expires_at=_AT, value=b"new"))
    with any_database.transaction() as connection:
        _KEEP.run(connection, {"key": "k", "value": b"old", "expires_at": _AT})
        assert renew.run(connection, {"wanted": "k"}) == 1
        assert renew.run(connection, {"wanted": "other"}) == 0
        assert _LOOK.first(connection, {"wanted": "k"}).value == b"new"


def test_answers_none_where_there_is_no_row(any_database: Database) -> None:
    """`first` is SQLAlchemy's `first`."""
    with any_database.reading() as connection:
        assert _LOOK.first(connection, {"wanted": "nothing"}) is None


def test_reads_every_row(any_database: Database) -> None:
    """In their order, converted; and none where there is none."""
    every = Prepared(select(expiring.c.key, expiring.c.expires_at).order_by(expiring.c.key))
    with any_database.transaction() as connection:
        assert every.all(connection) == []
        for key in "ba":
            _KEEP.run(connection, {"key": key, "value": b"", "expires_at": _AT})
        assert [tuple(row) for row in every.all(connection)] == [("a", _AT), ("b", _AT)]


def test_is_undone_with_the_transaction_around_it(any_database: Database) -> None:
    """It runs on the connection's own transaction, not beside it."""

    def stop_halfway() -> None:
        with any_database.transaction() as connection:
            _KEEP.run(connection, {"key": "k", "value": b"v", "expires_at": _AT})
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        stop_halfway()
    with any_database.reading() as connection:
        assert _LOOK.first(connection, {"wanted": "k"}) is None


def test_stands_alone_where_each_statement_does(any_database: Database) -> None:
    """`each_alone`: committed at once, whatever follows."""
    with any_database.each_alone() as connection:
        _KEEP.run(connection, {"key": "k", "value": b"v", "expires_at": _AT})
        with any_database.reading() as another:
            assert _LOOK.first(another, {"wanted": "k"}).value == b"v"


def test_raises_what_callers_of_sqlalchemy_catch_and_keeps_the_values_out_of_it(any_database: Database) -> None:
    """A unique key taken twice is an IntegrityError, and its text quotes no parameter (it might be a secret)."""
    with any_database.transaction() as connection:
        _KEEP.run(connection, {"key": "k", "value": b"v", "expires_at": _AT})
    with pytest.raises(IntegrityError) as raised, any_database.each_alone() as connection:
        _KEEP.run(connection, {"key": "k", "value": b"hidden", "expires_at": _AT})
    assert "hidden" not in str(raised.value)


def test_fails_one_request_when_the_database_was_restarted(postgres_database: Database) -> None:
    """That one learns it as StoreUnavailable; the pool's other connections, dead as well, fail no request more."""
    with postgres_database.reading() as first, postgres_database.reading() as second:
        pids = [each.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for each in (first, second)]
    elsewhere = Database(postgres_database.engine.url.render_as_string(hide_password=False))
    with elsewhere.reading() as connection:
        for pid in pids:
            connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 5000)")
    elsewhere.close()
    assert [_answers(postgres_database) for _ in range(3)] == [False, True, True]


def _answers(database: Database) -> bool:
    try:
        with database.reading() as connection:
            return _LOOK.first(connection, {"wanted": "k"}) is None
    except StoreUnavailable:
        return False


def test_writes_rows_in_their_order(any_database: Database) -> None:
    """Numbers that the database deals out follow the order given, and values come back as one by one."""
    columns = ("at", "action", "actor", "member_id", "detail")
    rows = [
        {
            "at": _AT,
            "action": str(number),
            "actor": '"\\{},가',
            "member_id": None,
            "detail": {"n": [number, None, "나\t"]},
        }
        for number in range(50)
    ]
    many = PreparedRows(audit_records, *columns)
    kept = select(*(audit_records.c[name] for name in columns)).order_by(audit_records.c.seq)
    with any_database.transaction() as connection:
        many.run(connection, [])
        many.run(connection, rows)
        assert [dict(row) for row in connection.execute(kept).mappings()] == rows


def test_refuses_rows_whole(any_database: Database) -> None:
    """One that breaks a rule takes the others along, with SQLAlchemy's own error; nothing is cut to fit."""
    # No database enforces the length of a text but PostgreSQL.
    broken: dict[str, Any] = {"actor": None} if any_database.kind == "sqlite" else {"actor": "a" * 200}
    good = {"at": _AT, "action": "a", "actor": "b", "detail": {}}
    many = PreparedRows(audit_records, *good)
    with pytest.raises(DBAPIError), any_database.transaction() as connection:
        many.run(connection, [good, {**good, **broken}])
    with any_database.reading() as connection:
        assert connection.execute(select(audit_records.c.seq)).all() == []


def test_finds_by_a_list_of_texts(any_database: Database) -> None:
    """Whatever is in them and however many, also none; the statement stays the same."""
    wanted = Prepared(select(expiring.c.key).where(among(expiring.c.key, "keys")).order_by(expiring.c.key))
    keys = ["plain", 'quoted "', "back\\slash", "{brace},", "NULL", "가", ""]
    with any_database.transaction() as connection:
        for key in [*keys, "other"]:
            _KEEP.run(connection, {"key": key, "value": b"", "expires_at": _AT})
        assert wanted.all(connection, {"keys": []}) == []
        assert sorted(row.key for row in wanted.all(connection, {"keys": keys})) == sorted(keys)
        assert [row.key for row in wanted.all(connection, {"keys": ["other", "unknown"]})] == ["other"]


def test_makes_changes_of_several_tables_together(any_database: Database) -> None:
    """By the same parameters, each converted once, each change with literals of its own."""
    together = PreparedTogether(
        update(expiring).where(among(expiring.c.key, "keys")).values(expires_at=bindparam("at"), value=b"one"),
        update(audit_records).where(among(audit_records.c.actor, "keys")).values(at=bindparam("at"), action="two"),
    )
    later = _AT + timedelta(days=1)
    with any_database.transaction() as connection:
        _KEEP.run(connection, {"key": "k", "value": b"old", "expires_at": _AT})
        connection.execute(insert(audit_records).values(at=_AT, action="a", actor="k", detail={}))
        together.run(connection, {"keys": ["k"], "at": later})
        row = _LOOK.first(connection, {"wanted": "k"})
        assert (row.value, row.until) == (b"one", later)
        assert tuple(connection.execute(select(audit_records.c.at, audit_records.c.action)).one()) == (later, "two")
