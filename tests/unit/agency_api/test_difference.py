"""Two lists walked side by side, against the same found by sets; on both kinds of database."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import delete, insert

from idp.agency_api.difference import Difference, Kind, Stated, differences
from idp.agency_api.digest import Tally, name_of
from idp.house import House
from idp.links.models import links
from idp.members.models import members
from tests.builders import agency, party, register

STATES = ("linked", "unlinked", "suspended")
ids = st.text(alphabet="ab2", min_size=1, max_size=4)
states = st.tuples(st.integers(1, 3), st.sampled_from(STATES))
both = st.dictionaries(ids, states, max_size=12)


@pytest.fixture
def registered(any_house: House) -> House:
    register(any_house, agency("kamp", party("kamp")))
    row = {"kind": "person", "status": "active", "session_epoch": 0, "joined_at": any_house.clock.now()}
    with any_house.database.transaction() as connection:
        connection.execute(insert(members), [{"id": str(number), **row} for number in range(12)])
    return any_house


def put(house: House, ours: dict[str, tuple[int, str]]) -> None:
    now = house.clock.now()
    with house.database.transaction() as connection:
        connection.execute(delete(links))
        for number, (link_id, (version, state)) in enumerate(ours.items()):
            values = {"id": link_id, "member_id": str(number), "agency_id": "kamp", "subject": f"s{number}"}
            connection.execute(insert(links).values(**values, state=state, version=version, changed_at=now))


def expected(ours: dict[str, tuple[int, str]], theirs: dict[str, tuple[int, str]]) -> dict[str, Kind]:
    found = {}
    for link_id in ours.keys() | theirs.keys():
        if link_id not in theirs:
            found[link_id] = Kind.MISSING
        elif link_id not in ours:
            found[link_id] = Kind.EXTRA
        elif theirs[link_id][0] < ours[link_id][0]:
            found[link_id] = Kind.STALE
        elif theirs[link_id] != ours[link_id]:
            found[link_id] = Kind.DIFFERS
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(both, both, st.data())
def test_finds_what_sets_find(
    registered: House, ours: dict[str, tuple[int, str]], theirs: dict[str, tuple[int, str]], data: st.DataObject
) -> None:
    """Every difference once, by id; the same links in both lists often."""
    theirs = {**theirs, **{link_id: ours[link_id] for link_id in ours if data.draw(st.booleans())}}
    put(registered, ours)
    stated = [Stated(link_id, *theirs[link_id]) for link_id in sorted(theirs)]
    found: list[Difference] = list(differences(registered.database, "kamp", stated))
    assert {each.link_id: each.kind for each in found} == expected(ours, theirs)
    assert [each.link_id for each in found] == sorted(expected(ours, theirs))


@given(both)
def test_digests_any_set_as_defined(ours: dict[str, tuple[int, str]]) -> None:
    """docs/agency-api.md: SHA-256 over `link_id:version:status` and a newline, by link id, 256 buckets."""
    tally = Tally()
    for link_id in sorted(ours):
        tally.add(link_id, *ours[link_id])
    for number, bucket in enumerate(tally.buckets()):
        held = [each for each in sorted(ours) if hashlib.sha256(each.encode()).hexdigest()[:2] == name_of(number)]
        text = "".join(f"{each}:{ours[each][0]}:{ours[each][1]}\n" for each in held)
        assert (bucket.count, bucket.hash) == (len(held), hashlib.sha256(text.encode()).hexdigest())
