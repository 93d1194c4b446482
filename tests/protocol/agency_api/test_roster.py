"""The roster: a whole list put in the place of another, at once, and taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.house import House
from idp.links import rosters
from idp.links.accounts import AgencyAccounts
from idp.links.models import roster_accounts
from tests.builders import a_person, link
from tests.fakes import FrozenClock
from tests.protocol.agency_api.lab import Server, problem, server
from tests.races import race

HONG, KIM = "H" * 86 + "==", "K" * 86 + "=="
NOTHING = {"new": 0, "changed": 0, "same": 0, "linked": 0, "gone": 0}


def row(reference: str, ci: str = HONG, **other: Any) -> dict[str, Any]:
    return {"reference": reference, "display_name": f"계정 {reference}", "role": "담당자", "ci": ci, **other}


def put(server: Server, rows: list[Any], **query: str) -> Any:
    return server.upload("PUT", "/roster", rows, query_string=query)


def offered(house: House, ci: str = HONG, kind: str = "person") -> set[str]:
    """What a member who joins would find."""
    accounts = AgencyAccounts(house.cipher, house.digester, house.clock, house.randomness)
    with house.database.reading() as connection:
        return {each.account.reference for each in accounts.roster.found(connection, kind, ci)}


def kept(house: House) -> int:
    with house.database.reading() as connection:
        return len(connection.execute(select(roster_accounts)).fetchall())


def test_puts_a_list_in_place(any_house: House, kamp: Server) -> None:
    """By keyed digest of CI or 사업자등록번호; nobody else finds them, and nothing lies open."""
    company = {**row("c", ""), "business_number": "123-78-94566"}
    said = put(kamp, [row("a"), row("b", KIM), company]).get_json()
    assert said["counts"] == {**NOTHING, "new": 3}
    assert (said["accounts"], said["left_out"], said["conflicts"]) == (3, 0, [])
    assert (offered(any_house), offered(any_house, KIM)) == ({"a"}, {"b"})
    assert offered(any_house, "1237894566", "enterprise") == {"c"}
    with any_house.database.reading() as connection:
        stored = str(connection.execute(select(roster_accounts)).fetchall())
        (entry,) = connection.execute(select(audit_records).where(audit_records.c.action == "roster.taken")).fetchall()
    assert not any(word in stored for word in ("계정", "H" * 40, "1237894566"))
    assert (entry.actor, entry.detail) == ("agency:kamp", {"accounts": 3, "client_id": "kamp-machine"})


def test_shows_counts_and_no_content(kamp: Server) -> None:
    """`GET /roster`."""
    assert kamp.get("/roster") == {"current": None, "previous": None}
    said = put(kamp, [row("a"), row("b")]).get_json()
    shown = kamp.get("/roster")
    assert shown["current"].keys() == {"roster_id", "accounts", "since"}
    assert (shown["current"]["roster_id"], shown["current"]["accounts"]) == (said["roster_id"], 2)


def test_replaces_the_whole_and_takes_it_back(any_house: House, kamp: Server) -> None:
    """What the list has not is offered no more; undone, all is as before; undone twice is undone once."""
    put(kamp, [row("a"), row("b")])
    said = put(kamp, [row("b", display_name="다른 이름"), row("d")]).get_json()
    assert said["counts"] == {**NOTHING, "new": 1, "changed": 1, "gone": 1}
    assert offered(any_house) == {"b", "d"}
    for _ in range(2):
        shown = kamp.send("POST", "/roster/undo", {"roster_id": said["roster_id"]})
        assert shown["current"]["accounts"] == 2
        assert offered(any_house) == {"a", "b"}
    problem(kamp.ask("POST", "/roster/undo", json={"roster_id": shown["current"]["roster_id"]}), 409, "nothing_to_undo")


def test_undoes_nothing_that_is_too_old(kamp: Server, any_house: House, app: Flask, clock: FrozenClock) -> None:
    """`agency_api.roster_undo`: afterwards the former list's personal data goes."""
    put(kamp, [row("a")])
    said = put(kamp, [row("b")]).get_json()
    clock.advance(timedelta(days=7, seconds=1))
    kamp = server(any_house, app, "kamp")
    problem(kamp.ask("POST", "/roster/undo", json={"roster_id": said["roster_id"]}), 409, "nothing_to_undo")
    assert rosters.discard_rosters(any_house.database, any_house.clock, any_house.settings.agency_api.roster_undo) == 1
    assert (kept(any_house), offered(any_house)) == (1, {"b"})


def test_takes_the_same_list_once(kamp: Server) -> None:
    """RFC 9110 §9.2.2: a repeat after a lost answer must not push the list before out of reach of undo."""
    put(kamp, [row("z")])
    first = put(kamp, [row("a"), row("b")]).get_json()
    again = put(kamp, [row("b"), row("a")]).get_json()
    assert again["counts"] == {**NOTHING, "same": 2}
    assert again["roster_id"] == first["roster_id"]
    assert kamp.get("/roster")["previous"]["accounts"] == 1


def test_tries_without_a_trace(any_house: House, kamp: Server) -> None:
    """`dry_run`: the whole report, nothing kept."""
    put(kamp, [row("a")])
    said = put(kamp, [row("a", KIM), row("b"), b"{"], dry_run="true").get_json()
    assert (said["roster_id"], said["counts"]) == (None, {**NOTHING, "new": 1, "gone": 1})
    assert [(each["line"], each["reference"]) for each in said["conflicts"]] == [(1, "a"), (3, "")]
    assert (offered(any_house), kept(any_house)) == ({"a"}, 1)


def test_takes_nothing_where_anything_is_wrong(any_house: House, kamp: Server) -> None:
    """Doubled references, broken lines by number, accounts of another holder: reported, and the list before stays."""
    put(kamp, [row("a"), row("b")])
    rows = [row("a", KIM), b"\xff", row("c"), row("c"), {"reference": "d"}, b"[1]", row("e", "short"), b"{" * 5000]
    said = problem(put(kamp, rows), 422, "roster_conflicts")
    found = {each["line"]: each["why"] for each in said["report"]["conflicts"]}
    assert found.keys() == {1, 2, 4, 5, 6, 7, 8}
    assert (found[1], found[4]) == ("offered for another holder", "repeated in the list")
    assert offered(any_house) == {"a", "b"}
    said = put(kamp, rows, leave_out="true", replace="true").get_json()
    assert (said["left_out"], said["counts"]) == (6, {**NOTHING, "new": 1, "changed": 1, "gone": 1})
    assert (offered(any_house), offered(any_house, KIM)) == ({"c"}, {"a"})


def test_finds_what_stands_twice_however_far_apart(any_house: House, kamp: Server) -> None:
    """Read a batch at a time, in bounded memory: what came in an earlier batch is known by the roster itself."""
    rows = [row(f"{number}") for number in range(1100)]
    said = problem(put(kamp, [*rows, row("7", display_name="다른 이름")]), 422, "roster_conflicts")
    assert [(each["line"], each["why"]) for each in said["report"]["conflicts"]] == [(1101, "repeated in the list")]
    assert (said["report"]["accounts"], said["report"]["counts"]["new"]) == (1100, 1100)


def test_lets_no_linked_account_change_hands(any_house: House, kamp: Server, app: Flask) -> None:
    """An account behind a member's link stays that member's, `replace` or not."""
    put(kamp, [row("a")])
    made = link(any_house, a_person(any_house), "kamp")
    kamp.send("PUT", f"/links/{made.id}/accounts", {"agency_accounts": ["a"]})
    said = problem(put(kamp, [row("a", KIM)], replace="true"), 422, "roster_conflicts")
    assert [each["why"] for each in said["report"]["conflicts"]] == ["linked to another holder"]
    assert put(kamp, [row("a"), row("b")]).get_json()["counts"] == {**NOTHING, "new": 1, "linked": 1}
    assert offered(any_house) == {"b"}


def test_takes_no_empty_list(any_house: House, kamp: Server) -> None:
    """account-events §5: an empty answer must never be read as "remove everybody"."""
    put(kamp, [row("a")])
    problem(put(kamp, [b""]), 422, "empty_roster")
    assert offered(any_house) == {"a"}


def test_takes_no_list_that_lost_its_end(any_house: House, kamp: Server) -> None:
    """A connection that breaks after whole lines leaves a shorter, valid list; its length tells."""
    put(kamp, [row("a"), row("b")])
    rows, cut = [row("c")], {"wsgi.input_terminated": True, "CONTENT_LENGTH": "9999"}
    problem(kamp.upload("PUT", "/roster", rows, environ_overrides=cut), 400, "upload_cut_off")
    unsaid = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    problem(kamp.upload("PUT", "/roster", rows, environ_overrides=unsaid), 411, "length_required")
    assert (offered(any_house), kept(any_house)) == ({"a", "b"}, 2)


def test_shows_no_system_anothers_roster(any_house: House, app: Flask, kamp: Server) -> None:
    """Each relying party has its own, of the same agency too; a foreign id undoes nothing."""
    put(kamp, [row("z")])
    said = put(kamp, [row("a")]).get_json()
    for other in ("kamp-mobile", "voucher"):
        caller = server(any_house, app, other)
        assert caller.get("/roster") == {"current": None, "previous": None}
        problem(caller.ask("POST", "/roster/undo", json={"roster_id": said["roster_id"]}), 409, "nothing_to_undo")
    assert offered(any_house) == {"a"}


def test_lets_one_of_many_uploads_follow_another(any_house: House, kamp: Server) -> None:
    """Two lists at once: each is whole or refused (409), one counts at the end, and none of their accounts mix."""
    put(kamp, [row("z")])
    answers = race(lambda racer: put(kamp, [row(f"{racer}.{number}") for number in range(3)]), 8)
    statuses = [answered.status_code for answered in answers]
    assert set(statuses) <= {200, 409}
    assert 200 in statuses
    found = offered(any_house)
    assert len(found) == 3
    assert len({each.partition(".")[0] for each in found}) == 1
    # Those that were refused left nothing behind that is not swept.
    rosters.discard_rosters(any_house.database, any_house.clock, any_house.settings.agency_api.roster_undo)
    assert kept(any_house) == (6 if statuses.count(200) > 1 else 4)


def test_lets_one_of_many_first_uploads_count(any_house: House, kamp: Server) -> None:
    """The same where there was no list before, and so nothing that the second could wait for."""
    answers = race(lambda racer: put(kamp, [row(f"{racer}.{number}") for number in range(3)]), 8)
    statuses = [answered.status_code for answered in answers]
    assert set(statuses) <= {200, 409}
    assert len({each.partition(".")[0] for each in offered(any_house)}) == 1
    rosters.discard_rosters(any_house.database, any_house.clock, any_house.settings.agency_api.roster_undo)
    assert kept(any_house) == (6 if statuses.count(200) > 1 else 3)


@pytest.mark.parametrize(
    "said", [[], {}, {"roster_id": 1}, {"roster_id": "a/b"}, {"roster_id": ""}, {"roster_id": "\x00"}]
)
def test_refuses_an_undo_it_cannot_read(kamp: Server, said: Any) -> None:
    problem(kamp.ask("POST", "/roster/undo", json=said), 400, "bad_body")


@pytest.mark.parametrize("query", ["dry_run=1", "dry_run=true&dry_run=true", "replace=TRUE", "force=true"])
def test_refuses_an_option_it_does_not_know(any_house: House, kamp: Server, query: str) -> None:
    """A misspelt `dry_run` must not become the real thing."""
    problem(kamp.upload("PUT", f"/roster?{query}", [row("a")]), 400, "bad_query")
    assert kept(any_house) == 0
