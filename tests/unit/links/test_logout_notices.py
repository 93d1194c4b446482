"""Relying parties that end sessions by `sid` only, and ends that name none. On both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from idp.audit.actor import COMMAND
from idp.house import House
from idp.links.suspend import SuspendLink
from idp.links.tell_agencies import TellLinkedAgencies
from idp.members import store as members
from idp.sessions.sid import sid
from idp.signals.models import outbox
from idp.signals.security_events import Ended, session_revoked
from tests.builders import agency, party, register, unlink, withdrawing
from tests.unit.signin.test_notice_ended import Scene


@pytest.fixture
def scene(any_house: House) -> Scene:
    """A member with two open sessions and one that ended; `kamp` ends sessions by `sid` only."""
    scene = Scene(any_house)
    strict = party("kamp", backchannel_logout_uri="https://kamp.example/out", backchannel_logout_session_required=True)
    register(any_house, agency("kamp", strict))
    return scene


def told_by_party(scene: Scene) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for name, payload in scene.told():
        found.setdefault(name, []).append(payload)
    return found


def begin_two(scene: Scene) -> list[str]:
    """The ids of two sessions that go on, beside one that has ended."""
    ended, _session = scene.begin("voucher")
    scene.sign_out(ended)
    with scene.house.database.transaction() as connection:
        connection.execute(outbox.delete())
    return sorted(scene.begin("voucher", "kamp")[1].id for _ in range(2))


def each_by_sid(scene: Scene, session_ids: list[str]) -> list[dict[str, Any]]:
    return [{"sub": scene.subjects["kamp"], "sid": sid(each, "kamp")} for each in session_ids]


def test_names_each_session_where_all_end(scene: Scene) -> None:
    """Back-Channel Logout §2.2, §2.4: `sid` for whoever requires one, `sub` alone for the others (REQ-68)."""
    session_ids, house = begin_two(scene), scene.house
    tell = TellLinkedAgencies(house.randomness, house.catalogue).ready()
    now = house.clock.now()
    with house.database.transaction() as connection:
        members.lock(connection, scene.member_id)
        members.end_sessions(connection, scene.member_id)
        tell(connection, scene.member_id, (session_revoked(now, Ended.PASSWORD),))
    assert told_by_party(scene) == {
        "kamp": each_by_sid(scene, session_ids),
        "voucher": [{"sub": scene.subjects["voucher"]}],
    }
    assert scene.indexed() == []
    scene.clock.advance(timedelta(hours=9))
    scene.look()
    assert len(scene.told()) == 3, "none of them is told of once more when its time is up"
    assert scene.remembered() == 0


def stop(scene: Scene) -> None:
    unlink(scene.house, scene.member_id, "kamp")


def suspend(scene: Scene) -> None:
    house = scene.house
    verb = SuspendLink(house.database, house.clock, house.randomness, house.catalogue)
    verb(scene.member_id, "kamp", actor=COMMAND)


def withdraw(scene: Scene) -> None:
    withdrawing(scene.house)(scene.member_id)


@pytest.mark.parametrize("end", [stop, suspend, withdraw])
def test_names_each_session_where_the_link_ends(scene: Scene, end: Any) -> None:
    """The same where a link is stopped or suspended, or its member leaves."""
    session_ids = begin_two(scene)
    end(scene)
    assert told_by_party(scene)["kamp"] == each_by_sid(scene, session_ids)


def test_says_nothing_twice_to_whom_the_end_of_the_link_was_told(scene: Scene) -> None:
    """Its sessions ended with the link: signing out later is none of its business (REQ-73)."""
    cookie, _session = scene.begin("voucher", "kamp")
    unlink(scene.house, scene.member_id, "kamp")
    assert [name for name, _payload in scene.told()] == ["kamp"]
    hearers = scene.sign_out(cookie)
    assert [name for name, _payload in scene.told()] == ["kamp", "voucher"]
    assert [each.party_id for each in hearers] == ["voucher"]


def test_names_no_session_where_there_is_none(scene: Scene) -> None:
    """A token without `sid` would be refused, and there is nothing left to end."""
    stop(scene)
    with scene.house.database.reading() as connection:
        assert connection.execute(select(outbox).where(outbox.c.channel == "logout")).all() == []
