"""Messages that are not delivered, and asking for messages again. account-events §3.7."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from idp.house import House
from idp.signals.models import outbox
from idp.signals.states import DELIVERED, REFUSED
from tests.builders import a_person, link, unlink
from tests.protocol.agency_api.lab import Server, problem
from tests.races import race

KEY = {"Idempotency-Key": "0123456789abcdef"}
LINK_CHANGED = "/secevent/link/event-type/account-link-changed"


@pytest.fixture
def members(any_house: House, app: Flask) -> list[str]:
    """Members whose links to KAMP, and one to the voucher agency, are told of to three systems."""
    found = [a_person(any_house, f"member.{number}") for number in range(5)]
    for member in found:
        link(any_house, member, "kamp")
    link(any_house, found[0], "voucher")
    return found


def rows(house: House, party: str = "kamp") -> list[Any]:
    with house.database.reading() as connection:
        wanted = select(outbox).where(outbox.c.relying_party_id == party).order_by(outbox.c.seq)
        return list(connection.execute(wanted))


def settle(house: House, jti: str, state: str) -> None:
    with house.database.transaction() as connection:
        connection.execute(update(outbox).where(outbox.c.jti == jti).values(state=state, settled_at=house.clock.now()))


def every(server: Server, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = server.get("/events", delivered="false", limit=limit)
    while page["next_cursor"] is not None:
        found += page["events"]
        page = server.get("/events", delivered="false", limit=limit, cursor=page["next_cursor"])
    return [*found, *page["events"]]


def replay(server: Server, said: Any, key: str = KEY["Idempotency-Key"]) -> Any:
    return server.ask("POST", "/events/replay", json=said, headers={"Idempotency-Key": key})


def test_lists_what_was_not_delivered(any_house: House, kamp: Server, members: list[str]) -> None:
    """Its own and nobody else's; what waits, then what was refused; each once, whatever the size of a page."""
    mine = [row.jti for row in rows(any_house)]
    settle(any_house, mine[0], DELIVERED)
    settle(any_house, mine[1], REFUSED)
    settle(any_house, mine[2], REFUSED)
    for limit in (1, 2, 3, 4, 100):
        found = every(kamp, limit)
        assert sorted(each["jti"] for each in found) == sorted(mine[1:])
        assert [each["state"] for each in found] == ["pending", "pending", "refused", "refused"]


def test_shows_the_message_as_it_will_be_sent(any_house: House, kamp: Server, members: list[str]) -> None:
    """The event object is the one that is pushed; no name, address or number of the member stands in it."""
    (said, *_rest) = every(kamp, 100)
    (row,) = (row for row in rows(any_house) if row.jti == said["jti"])
    assert said["event_type"].endswith(LINK_CHANGED)
    assert (said["event"], said["subject"], said["version"]) == (row.payload, row.subject, 1)
    assert (said["sent"], said["refused"], said["last_outcome"]) == (0, 0, None)


def test_makes_messages_anew(any_house: House, kamp: Server, members: list[str]) -> None:
    """§3.3: a new jti, the same cause; foreign and unknown ids alike are refused by name."""
    mine, foreign = rows(any_house), rows(any_house, "voucher")[0].jti
    settle(any_house, mine[0].jti, DELIVERED)
    said = replay(kamp, {"jtis": [mine[0].jti, mine[1].jti, foreign, "unknown"]}).get_json()
    assert (said["replayed"], said["superseded"]) == (1, 0)
    assert {each["jti"]: each["why"] for each in said["refused"]} == {
        mine[1].jti: "not_replayable",
        foreign: "not_found",
        "unknown": "not_found",
    }
    copy = rows(any_house)[-1]
    assert (copy.replaces, copy.txn, copy.payload) == (mine[0].jti, mine[0].txn, mine[0].payload)
    assert copy.jti != mine[0].jti


def test_replays_once_for_one_key(any_house: House, kamp: Server, members: list[str]) -> None:
    """Sixteen at once with one key make one copy; another request may not have the key; another key is another wish,
    which finds that the copy waits."""
    first, second = (row.jti for row in rows(any_house)[:2])
    settle(any_house, first, DELIVERED)
    answers = race(lambda _: replay(kamp, {"jtis": [first]}))
    assert {answered.status_code for answered in answers} <= {200, 409}
    assert [row.replaces for row in rows(any_house)].count(first) == 1
    assert replay(kamp, {"jtis": [first]}).get_json()["replayed"] == 1
    problem(replay(kamp, {"jtis": [second]}), 422, "idempotency_key_of_another")
    said = replay(kamp, {"jtis": [first]}, "another-key-of-mine").get_json()
    assert (said["replayed"], said["superseded"]) == (0, 1)
    assert [row.replaces for row in rows(any_house)].count(first) == 1


def test_replays_everything_since_a_moment_at_a_pace(any_house: House, kamp: Server, members: list[str]) -> None:
    """Whoever restored a backup asks for what it had accepted too; not all of it becomes due at once."""
    unlink(any_house, members[4], "kamp")
    for row in rows(any_house):
        settle(any_house, row.jti, DELIVERED)
    since = "2026-03-01T00:00:00Z"
    assert replay(kamp, {"since": since}).get_json()["replayed"] == 0
    said = replay(kamp, {"since": since, "delivered": True}, "another-key-of-mine").get_json()
    assert (said["replayed"], said["superseded"]) == (5, 1)
    due = [row.due_at for row in rows(any_house) if row.replaces is not None]
    assert len(set(due)) == len(due)


@pytest.mark.parametrize(
    "said",
    [[], {}, {"jtis": []}, {"jtis": "a"}, {"jtis": [1]}, {"jtis": ["a b"]}, {"jtis": ["a", "a"]}, {"since": 1},
     {"jtis": ["a"], "since": "2026-03-01T00:00:00Z"}, {"since": "yesterday"}, {"jtis": ["a"], "delivered": True},
     {"since": "2026-03-01T00:00:00Z", "delivered": "yes"}, {"jtis": [str(number) for number in range(101)]}],
)  # fmt: skip
def test_refuses_a_wish_it_cannot_read(kamp: Server, said: Any) -> None:
    problem(replay(kamp, said), 400, "bad_body")


@pytest.mark.parametrize("key", ["", "short", "한글" * 8, "a" * 129, "with blank in the middle"])
def test_wants_a_key(kamp: Server, key: str) -> None:
    """A key that is missing, guessable or odd is none."""
    headers = {"Idempotency-Key": key.encode().decode("latin-1")} if key else {}
    problem(kamp.ask("POST", "/events/replay", json={"jtis": ["a"]}, headers=headers), 400, "bad_body")


def test_takes_no_cursor_of_another_list(any_house: House, kamp: Server, members: list[str]) -> None:
    cursor = kamp.get("/links", limit=1)["next_cursor"]
    problem(kamp.ask("GET", "/events", query_string={"cursor": cursor}), 400, "invalid_cursor")
    problem(kamp.ask("GET", "/events?delivered=true"), 400, "bad_query")
