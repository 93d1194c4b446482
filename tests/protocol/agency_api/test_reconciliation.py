"""Digests, differences and confirmations. account-events §3.7."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.house import House
from idp.links.models import link_confirmations
from tests.architecture.tree import ROOT
from tests.builders import a_person, link, unlink
from tests.fakes import FrozenClock
from tests.protocol.agency_api.lab import Server, server
from tests.races import race


def digest(links: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By the lines that docs/agency-api.md gives a stranger, and no code of ours."""
    (lines,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "agency-api.md").read_text("utf-8"), re.DOTALL)
    given: dict[str, Any] = {}
    exec(lines, given)  # noqa: S102  # the documentation is ours
    found: dict[str, dict[str, Any]] = given["digest"](links)
    return found


@pytest.fixture
def members(any_house: House) -> list[str]:
    return [a_person(any_house, f"member.{number}") for number in range(6)]


@pytest.fixture
def ids(any_house: House, app: Flask, members: list[str]) -> list[str]:
    """Link ids of KAMP in the order of their members."""
    return [link(any_house, member, "kamp").id for member in members]


def known(house: House, party: str = "kamp") -> dict[str, int]:
    with house.database.reading() as connection:
        rows = connection.execute(
            select(link_confirmations).where(link_confirmations.c.relying_party_id == party)
        ).fetchall()
    return {row.link_id: row.version for row in rows}


def audited(house: House) -> list[Any]:
    with house.database.reading() as connection:
        wanted = select(audit_records).where(audit_records.c.action == "links.confirmed")
        return list(connection.execute(wanted.order_by(audit_records.c.seq)))


def test_digests_what_a_stranger_digests(any_house: House, kamp: Server, ids: list[str], members: list[str]) -> None:
    """The definition is exact: ten lines that share nothing with us come to the same 256 hashes."""
    unlink(any_house, members[0], "kamp")
    said = kamp.get("/links/digest")
    assert said["buckets"] == digest(kamp.all_links())
    assert sum(bucket["count"] for bucket in said["buckets"].values()) == len(ids)


def test_keeps_a_digest_for_a_moment(
    any_house: House, kamp: Server, ids: list[str], members: list[str], clock: FrozenClock
) -> None:
    """Cost is one reading of the agency's links now and then, not one a call; `as_of` says how old it is."""
    first = kamp.ask("GET", "/links/digest")
    unlink(any_house, members[0], "kamp")
    assert kamp.get("/links/digest") == first.get_json()
    tag = {"If-None-Match": first.headers["ETag"]}
    assert kamp.ask("GET", "/links/digest", headers=tag).status_code == 304
    clock.advance(timedelta(seconds=31))
    assert kamp.ask("GET", "/links/digest", headers=tag).get_json()["buckets"] == digest(kamp.all_links())


def test_confirms_what_is_equal(any_house: House, kamp: Server, ids: list[str], members: list[str]) -> None:
    """§3.7: accepted becomes confirmed where the agency's digest is ours, and only there."""
    before = kamp.all_links()
    unlink(any_house, members[0], "kamp")
    said = kamp.send("POST", "/links/digest", {"buckets": digest(before)})
    moved = hashlib.sha256(ids[0].encode()).hexdigest()[:2]
    assert said["differing"] == [moved]
    apart = [each for each in ids if hashlib.sha256(each.encode()).hexdigest()[:2] != moved]
    assert known(any_house) == dict.fromkeys(apart, 1)
    assert said["newly_confirmed"] == len(apart)
    again = kamp.send("POST", "/links/digest", {"buckets": digest(kamp.all_links())})
    assert (again["differing"], again["newly_confirmed"]) == ([], len(ids) - len(apart))
    assert known(any_house)[ids[0]] == 2
    assert {each["confirmed_version"] for each in kamp.all_links()} == {1, 2}
    (one, *_rest) = audited(any_house)
    assert (one.actor, one.relying_party_id, one.detail["links"]) == ("agency:kamp", "kamp", len(apart))


def test_takes_an_unnamed_bucket_for_an_empty_one(any_house: House, kamp: Server, ids: list[str]) -> None:
    """An agency that knows of no link differs wherever we have one."""
    buckets = {hashlib.sha256(each.encode()).hexdigest()[:2] for each in ids}
    assert kamp.send("POST", "/links/digest", {"buckets": {}})["differing"] == sorted(buckets)
    assert known(any_house) == {}


def test_confirms_for_the_caller_alone(any_house: House, app: Flask, kamp: Server, ids: list[str]) -> None:
    """Another system of the same agency applies events by itself."""
    kamp.send("POST", "/links/digest", {"buckets": digest(kamp.all_links())})
    assert known(any_house, "kamp-mobile") == {}
    mobile = server(any_house, app, "kamp-mobile")
    assert {each["confirmed_version"] for each in mobile.all_links()} == {None}


def test_confirms_link_by_link(any_house: House, kamp: Server, ids: list[str], members: list[str]) -> None:
    """Confirmed at our version, behind, ahead of what ever was, unknown: each said apart; foreign ids are unknown."""
    unlink(any_house, members[0], "kamp")
    foreign = link(any_house, members[0], "voucher").id
    items = [
        {"link_id": ids[0], "version": 1},
        {"link_id": ids[1], "version": 1},
        {"link_id": ids[2], "version": 7},
        {"link_id": foreign, "version": 1},
    ]
    expected = {
        "confirmed": 1,
        "behind": [{"link_id": ids[0], "version": 2}],
        "ahead": [ids[2]],
        "unknown": [foreign],
    }
    assert kamp.send("POST", "/links/confirm", items) == expected
    assert known(any_house) == {ids[0]: 1, ids[1]: 1}
    assert kamp.upload("POST", "/links/confirm", items).get_json() == expected
    assert len(audited(any_house)) == 1


def test_confirms_once_however_often_it_is_told(any_house: House, kamp: Server, ids: list[str]) -> None:
    """Sixteen at once, in whatever order the ids come: one state, nobody waits for each other for good."""
    orders = [list(reversed(ids)), ids]

    def tell(racer: int) -> int:
        items = [{"link_id": each, "version": 1} for each in orders[racer % 2]]
        return kamp.ask("POST", "/links/confirm", json=items).status_code

    assert set(race(tell)) == {200}
    assert known(any_house) == dict.fromkeys(ids, 1)


def test_finds_every_difference(any_house: House, kamp: Server, ids: list[str], members: list[str]) -> None:
    """§3.7: missing, extra, stale, differs; equal lines are not repeated; a summary ends the answer."""
    unlink(any_house, members[0], "kamp")
    now = {each["link_id"]: each for each in kamp.all_links()}
    foreign = link(any_house, members[0], "voucher").id
    theirs = {each: {**now[each]} for each in ids if each != ids[1]}
    theirs[ids[0]].update(version=1, status="linked")
    theirs[ids[2]].update(status="suspended")
    theirs[ids[3]].update(version=9)
    theirs[foreign] = {"link_id": foreign, "version": 1, "status": "linked"}
    answered = kamp.upload("POST", "/links/diff", [theirs[each] for each in sorted(theirs)])
    assert answered.mimetype == "application/x-ndjson"
    *found, last = [json.loads(line) for line in answered.text.splitlines()]
    assert {each["link_id"]: each["difference"] for each in found} == {
        ids[0]: "stale",
        ids[1]: "missing",
        ids[2]: "differs",
        ids[3]: "differs",
        foreign: "extra",
    }
    shown = {each["link_id"]: each["ours"] for each in found}
    assert shown[foreign] is None
    assert shown[ids[1]].items() <= now[ids[1]].items()
    assert last == {"summary": {"missing": 1, "extra": 1, "stale": 1, "differs": 2}}


def test_reads_lists_longer_than_any_page_of_ours(kamp: Server, ids: list[str]) -> None:
    """The limit on forms is not one on uploads; their answers too may be longer than fits into memory at ease."""
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    names = sorted(a + b + c + d for a in alphabet for b in alphabet for c in alphabet[:12] for d in "ab")
    theirs = [{"link_id": name, "version": 1, "status": "linked"} for name in names]
    answered = kamp.upload("POST", "/links/diff", theirs)
    assert answered.status_code == 200
    assert len(answered.data) > 1024 * 1024
    *found, last = answered.text.splitlines()
    assert len(found) == len(theirs) + len(ids)
    assert json.loads(last) == {"summary": {"missing": len(ids), "extra": len(theirs), "stale": 0, "differs": 0}}
    answered.close()


def test_finds_nothing_between_equals(kamp: Server, ids: list[str]) -> None:
    answered = kamp.upload("POST", "/links/diff", kamp.all_links())
    assert answered.text.splitlines() == ['{"summary": {"missing": 0, "extra": 0, "stale": 0, "differs": 0}}']
