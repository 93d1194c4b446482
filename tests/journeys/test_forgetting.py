"""What is left of a member who has withdrawn: nothing that names them, nowhere."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from sqlalchemy import create_engine, text

from tests.journeys.conftest import OpenBrowser
from tests.journeys.patience import eventually
from tests.journeys.person import Person, somebody
from tests.journeys.stage import PARTIES, Stage
from tests.journeys.tab import Sight, Tab
from tests.journeys.test_life import LINKED, PURGED, UNLINKED
from tests.journeys.traces import Traces


def test_leaves_nothing_that_names_a_member_who_withdrew(any_stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-78: no name, phone, e-mail or 아이디 remains in any table; architecture §11.7: nor ever reached a log."""
    person, tab = any_stage.newcomer(), open_browser(any_stage)
    sealed = Traces(_sealed(any_stage, person))
    assert sealed.in_tables(any_stage.database_url)
    subjects = _leave_tracks(tab, person)
    for party, subject in subjects.items():
        # Else the news of the end takes the place of that of the beginning.
        any_stage.heard_until(party, subject, [LINKED])
    assert tab.withdraw(person) is Sight.NOTICE
    for party, subject in subjects.items():
        any_stage.heard_until(party, subject, [LINKED, UNLINKED, PURGED])
    traces = Traces(person.traits)
    assert traces.in_tables(any_stage.database_url) == []
    assert traces.in_files(any_stage.logs) == []
    # 즉시파기: also what was sealed is gone, and the wrapped key that opened it.
    assert sealed.in_tables(any_stage.database_url) == []
    if any_stage.redis_url:
        assert traces.in_redis(any_stage.redis_url) == []
    else:
        files = _database_files(any_stage)
        assert traces.in_files(files) == []
        # A reader may stand in the way at the very moment of leaving; the worker comes by every minute.
        eventually(lambda: not sealed.in_files(files), 90)


def test_names_nobody_in_a_table_or_log_while_they_are_members(any_stage: Stage, open_browser: OpenBrowser) -> None:
    """REQ-86: name, phone and e-mail lie encrypted; a stolen copy of the database names nobody."""
    person, tab = any_stage.newcomer(), open_browser(any_stage)
    _leave_tracks(tab, person)
    traces = Traces(person.traits)
    assert traces.in_tables(any_stage.database_url) == []
    assert traces.in_files(any_stage.logs) == []
    if any_stage.redis_url:
        assert traces.in_redis(any_stage.redis_url) == []
    else:
        assert traces.in_files(_database_files(any_stage)) == []


@pytest.mark.parametrize("kind", ["text", "octets", "document"])
def test_would_find_what_was_left_in_a_table(any_stage: Stage, kind: str) -> None:
    """The control: in a table the program knows nothing of, in each kind of column and each form."""
    person = somebody()
    octet_type = "BYTEA" if any_stage.redis_url else "BLOB"
    column = {"text": "TEXT", "octets": octet_type, "document": "JSON"}[kind]
    engine = create_engine(any_stage.database_url)
    try:
        with engine.begin() as connection:
            connection.execute(text(f"CREATE TABLE left_behind (what {column})"))
        for what, value in person.traits.items():
            planted = _planted(kind, value)
            with engine.begin() as connection:
                connection.execute(text("INSERT INTO left_behind VALUES (:what)"), {"what": planted})
            found = Traces({what: value}).in_tables(any_stage.database_url)
            assert any(place.startswith(f"left_behind.what: {what} (") for place in found)
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE left_behind"))
        engine.dispose()


def test_would_find_what_was_left_in_a_file_or_in_redis(postgres_stage: Stage, tmp_path: Path) -> None:
    """The control for logs, raw database files and the expiring store: in every form, in the midst of something."""
    person = somebody()
    traces = Traces(person.traits)
    assert postgres_stage.redis_url is not None
    with redis.Redis.from_url(postgres_stage.redis_url) as client:
        client.hset("left-behind", "what", f"a {person.email} b")
        try:
            assert traces.in_redis(postgres_stage.redis_url) == ["b'left-behind': e-mail (plain)"]
        finally:
            client.delete("left-behind")
    for number, planted in enumerate(_every_form(f"12 {person.name}/{person.email} 34")):
        path = tmp_path / f"{number}.log"
        path.write_bytes(b"first line\n" + planted + b"\nlast line")
        assert {found.split(": ")[1].split(" (")[0] for found in traces.in_files([path])} == {"name", "e-mail"}


def _leave_tracks(tab: Tab, person: Person) -> dict[str, str]:
    """Go everywhere that a program could have noted something of the member, mistakes included."""
    tab.watch.expect(401)
    tab.page.goto(f"{tab.stage.provider}/account/")
    wrong = Person(person.login_id, person.email, person.phone, password=f"{person.password}x")
    assert tab.give_password(wrong) is Sight.PASSWORD
    tab.page.get_by_text("아이디 저장").click()
    assert tab.give_password(person) is Sight.ACCOUNT
    return {party: tab.first_sign_in(party, person) for party in PARTIES}


def _sealed(stage: Stage, person: Person) -> dict[str, bytes]:
    """The octets under which the member lies in the database, while they are one."""
    query = (
        "SELECT members.data_key, persons.profile FROM members JOIN persons ON persons.member_id = members.id "
        "WHERE members.id = :id"
    )
    ((data_key, profile),) = stage.query(query, id=person.id)
    return {"wrapped data key": bytes(data_key), "sealed profile": bytes(profile)}


def _database_files(stage: Stage) -> list[Path]:
    """SQLite's files as a thief of the disk would find them, its log of writes among them."""
    path = Path(stage.database_url.removeprefix("sqlite:///"))
    return sorted(path.parent.glob(f"{path.name}*"))


def _planted(kind: str, value: str) -> str | bytes:
    if kind == "octets":
        return b"\xff" + value.encode() + b"\0"
    return json.dumps({"a": [value]}) if kind == "document" else f"to {value}."


def _every_form(words: str) -> list[bytes]:
    octets = words.encode()
    encoded = [base64.urlsafe_b64encode(octets[start:]) for start in range(3)]
    written = [quote(words), quote(words).lower(), json.dumps(words), json.dumps({"a": words}, ensure_ascii=False)]
    return [*encoded, *(each.encode() for each in written), octets.hex().encode(), words.encode("utf-16-le")]
