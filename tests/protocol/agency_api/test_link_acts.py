"""What an agency does to a link by its own server. Issue of links: agency-side unlink, relink, and accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.house import House
from idp.links.models import agency_accounts
from idp.links.provisionings import Progress, progress
from idp.signals.models import outbox
from tests.builders import a_person, link, unlink, withdrawing
from tests.fakes import FrozenClock
from tests.protocol.agency_api.lab import Server, problem, server
from tests.protocol.scim.kit import choose
from tests.races import race


@pytest.fixture
def member(any_house: House, app: Flask) -> str:
    return a_person(any_house)


@pytest.fixture
def link_id(any_house: House, member: str) -> str:
    return link(any_house, member, "kamp").id


def told(house: House) -> list[tuple[str, Any]]:
    """Who was told what since the link was made."""
    with house.database.reading() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.link_version > 1).order_by(outbox.c.seq))
        return [(row.relying_party_id, row.payload) for row in rows]


def records(house: House, action: str) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.execute(select(audit_records).where(audit_records.c.action == action)))


def test_ends_a_link_and_does_not_echo(any_house: House, kamp: Server, link_id: str) -> None:
    """account-events §1.9: the agency's other systems hear of it, the caller does not; the version shows it to both."""
    said = kamp.send("POST", f"/links/{link_id}/unlink", {})
    assert (said["status"], said["version"]) == ("unlinked", 2)
    assert [(who, payload["reason"]) for who, payload in told(any_house)] == [("kamp-mobile", "agency_unlink")]
    (entry,) = records(any_house, "link.stopped")
    assert entry.actor == "agency:kamp"


def test_ends_it_once(any_house: House, kamp: Server, link_id: str) -> None:
    """Idempotent by nature: sixteen at once, and again later, are one step."""
    answers = race(lambda _: kamp.ask("POST", f"/links/{link_id}/unlink"))
    assert {answered.status_code for answered in answers} == {200}
    assert {answered.get_json()["version"] for answered in answers} == {2}
    assert kamp.send("POST", f"/links/{link_id}/unlink", {})["version"] == 2


def test_takes_its_own_unlinking_back(any_house: House, kamp: Server, link_id: str) -> None:
    """Decision 0018: what the agency ended it may resume; twice is once; the subject stays."""
    before = kamp.get(f"/links/{link_id}")
    kamp.ask("POST", f"/links/{link_id}/unlink")
    said = kamp.send("POST", f"/links/{link_id}/relink", {})
    assert (said["status"], said["version"], said["subject"]) == ("linked", 3, before["subject"])
    assert kamp.send("POST", f"/links/{link_id}/relink", {})["version"] == 3


def test_resumes_nothing_that_the_member_ended(
    any_house: House, kamp: Server, member: str, link_id: str, clock: FrozenClock
) -> None:
    """Decision 0018: the member's own wish stands; and their leaving all the more."""
    clock.advance(timedelta(seconds=1))
    unlink(any_house, member, "kamp")
    problem(kamp.ask("POST", f"/links/{link_id}/relink"), 409, "consent_required")
    withdrawing(any_house)(member)
    assert kamp.ask("POST", f"/links/{link_id}/relink").status_code in (404, 409)
    assert kamp.get(f"/links/{link_id}")["status"] == "unlinked"


def test_says_by_its_report_that_the_account_is_there(any_house: House, kamp: Server, member: str) -> None:
    """Account events §5, mode event: what was asked for with the link is done when the agency names the account."""
    link_id = choose(any_house, member, "openid").id

    def how_far() -> dict[str, Progress]:
        with any_house.database.reading() as connection:
            return progress(connection, member)

    kamp.send("PUT", f"/links/{link_id}/accounts", {"agency_accounts": []})
    assert how_far() == {"kamp": Progress.AT_FIRST_LOGIN}
    kamp.send("PUT", f"/links/{link_id}/accounts", {"agency_accounts": ["kim01"]})
    assert how_far() == {"kamp": Progress.CREATED}


def test_reports_the_accounts_behind_a_link(any_house: House, app: Flask, kamp: Server, link_id: str) -> None:
    """The version grows, the other systems of the agency hear of that but not of the account, the caller nothing."""
    said = kamp.send("PUT", f"/links/{link_id}/accounts", {"agency_accounts": ["kim01", "kim02"]})
    assert (sorted(said["agency_accounts"]), said["version"], said["status"]) == (["kim01", "kim02"], 2, "linked")
    ((who, payload),) = told(any_house)
    assert (who, payload["reason"], payload["version"]) == ("kamp-mobile", "agency_report", 2)
    assert "kim01" not in str(payload)
    mobile = server(any_house, app, "kamp-mobile")
    assert mobile.get(f"/links/{link_id}")["agency_accounts"] == []
    mobile.send("PUT", f"/links/{link_id}/accounts", {"agency_accounts": ["m-1"]})
    assert told(any_house)[-1][0] == "kamp"
    assert sorted(told(any_house)[-1][1]["agency_accounts"]) == ["kim01", "kim02"]
    said = kamp.send("PUT", f"/links/{link_id}/accounts", {"agency_accounts": ["kim02"]})
    assert (said["agency_accounts"], said["version"]) == (["kim02"], 4)
    assert mobile.get(f"/links/{link_id}")["agency_accounts"] == ["m-1"]
    (first, *_rest) = records(any_house, "link.accounts_reported")
    assert (first.actor, first.detail) == ("agency:kamp", {"version": 2, "reason": "agency_report"})


def test_changes_nothing_by_saying_the_same(any_house: House, kamp: Server, link_id: str) -> None:
    """RFC 9110 §9.2.2: PUT is idempotent, in whatever order, sixteen at once."""
    orders = (["kim01", "kim02"], ["kim02", "kim01"])
    path = f"/links/{link_id}/accounts"
    race(lambda racer: kamp.send("PUT", path, {"agency_accounts": orders[racer % 2]}))
    assert kamp.get(f"/links/{link_id}")["version"] == 2
    assert len(told(any_house)) == 1


def test_seals_what_it_is_told(any_house: House, kamp: Server, link_id: str) -> None:
    """Architecture §6: an account's id often is an e-mail address; nothing of it lies open."""
    kamp.send("PUT", f"/links/{link_id}/accounts", {"agency_accounts": ["hong@example.kr"]})
    with any_house.database.reading() as connection:
        (row,) = connection.execute(select(agency_accounts)).fetchall()
    assert b"hong" not in bytes(row.sealed)
    assert "hong" not in row.reference_digest


def test_takes_no_account_of_another_member(any_house: House, kamp: Server, link_id: str) -> None:
    """One account stands behind one link; a race for it has one winner, and the loser's link stays as it was."""
    other = link(any_house, a_person(any_house, "second.member"), "kamp").id
    ids = (link_id, other)

    def claim(racer: int) -> int:
        path = f"/links/{ids[racer % 2]}/accounts"
        return kamp.ask("PUT", path, json={"agency_accounts": ["kim01"]}).status_code

    assert set(race(claim)) == {200, 409}
    assert sorted(kamp.get(f"/links/{each}")["version"] for each in ids) == [1, 2]
    (loser,) = (each for each in ids if kamp.get(f"/links/{each}")["version"] == 1)
    problem(
        kamp.ask("PUT", f"/links/{loser}/accounts", json={"agency_accounts": ["kim01"]}), 409, "agency_account_taken"
    )


def test_claims_of_many_accounts_never_wait_for_each_other(any_house: House, kamp: Server, link_id: str) -> None:
    """Two links that name the same accounts, one forwards, one backwards: one has them all, and no knot to break."""
    ids = (link_id, link(any_house, a_person(any_house, "second.member"), "kamp").id)
    names = [f"kim{number:02}" for number in range(60)]

    def claim(racer: int) -> int:
        body = {"agency_accounts": names if racer % 2 else names[::-1]}
        return kamp.ask("PUT", f"/links/{ids[racer % 2]}/accounts", json=body).status_code

    assert set(race(claim, 8)) == {200, 409}
    assert sorted(len(kamp.get(f"/links/{each}")["agency_accounts"]) for each in ids) == [0, 60]


def test_reports_nothing_behind_a_link_that_ended(any_house: House, kamp: Server, member: str, link_id: str) -> None:
    unlink(any_house, member, "kamp")
    problem(kamp.ask("PUT", f"/links/{link_id}/accounts", json={"agency_accounts": ["kim01"]}), 409, "no_such_step")


def test_does_nothing_to_another_agencys_link(any_house: House, voucher: Server, kamp: Server, link_id: str) -> None:
    """404 as for a link that does not exist, and nothing happens."""
    for method, act in (("POST", "unlink"), ("POST", "relink"), ("PUT", "accounts")):
        body: Any = {"agency_accounts": []} if act == "accounts" else None
        problem(voucher.ask(method, f"/links/{link_id}/{act}", json=body), 404, "unknown_link")
    assert kamp.get(f"/links/{link_id}")["version"] == 1


@pytest.mark.parametrize(
    "said",
    ["kim01", [], {}, {"agency_accounts": "kim01"}, {"agency_accounts": [1]}, {"agency_accounts": [""]},
     {"agency_accounts": ["a\n"]}, {"agency_accounts": ["\ud800"]}, {"agency_accounts": ["a", "a"]},
     {"agency_accounts": ["a" * 201]}, {"agency_accounts": ["\x00"]}, {"agency_accounts": [], "more": 1},
     {"agency_accounts": [str(number) for number in range(101)]}],
)  # fmt: skip
def test_refuses_accounts_it_cannot_read(kamp: Server, link_id: str, said: Any) -> None:
    problem(kamp.ask("PUT", f"/links/{link_id}/accounts", json=said), 400, "bad_body")


def test_takes_no_words_where_none_are_read(kamp: Server, link_id: str) -> None:
    """What is not read must not look as if it counted."""
    problem(kamp.ask("POST", f"/links/{link_id}/unlink", json={"version": 1}), 400, "bad_body")
    assert kamp.get(f"/links/{link_id}")["status"] == "linked"
