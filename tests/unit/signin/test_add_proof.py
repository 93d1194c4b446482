"""A proof that is added to a session while it ends (issue 4), on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.account.end_sessions import EndEverySession
from idp.house import House
from idp.links.tell_agencies import TellLinkedAgencies
from idp.sessions.assurance import by_one_time_code
from idp.sessions.sessions import SessionOver
from idp.signin.take_code import AddProof
from idp.signin.visitor import Visitors
from tests.races import race
from tests.unit.signin.test_notice_ended import IDLE, Begun, Scene


@pytest.fixture
def scene(any_house: House) -> Scene:
    return Scene(any_house)


def add(scene: Scene, begun: Begun) -> Begun | None:
    """The session with a code added; None where that came too late."""
    cookie, session = begun
    try:
        return AddProof(scene.sessions)(cookie, session, by_one_time_code(scene.clock.now()))
    except SessionOver:
        return None


def is_anybody_there(scene: Scene, cookie: str) -> bool:
    house = scene.house
    return Visitors(house.database, scene.sessions, house.directory).find(cookie) is not None


def test_adds_a_proof_under_a_new_cookie(scene: Scene) -> None:
    """OWASP session fixation; the session goes on where the index says it is, and its relying parties with it."""
    cookie, session = scene.begin("voucher")
    added = add(scene, (cookie, session))
    assert added is not None
    assert (added[1].id, added[1].assurance.level) == (session.id, 2)
    assert scene.sessions.find(cookie) is None
    assert scene.sessions.find(added[0]) == added[1]
    assert [entry.session_id for entry, _session in scene.sessions.of_member(scene.member_id)] == [session.id]
    scene.clock.advance(IDLE + timedelta(seconds=1))
    assert scene.look() == 1
    assert [name for name, _payload in scene.told()] == ["voucher"]


def test_brings_no_session_back_that_was_ended(scene: Scene) -> None:
    """A step-up that comes after signing out: nothing is left in the store, in the list, or to be noticed later."""
    cookie, session = scene.begin("voucher")
    scene.sign_out(cookie)
    assert add(scene, (cookie, session)) is None
    assert scene.sessions.of_member(scene.member_id) == []
    assert scene.indexed() == []


def test_brings_no_session_back_that_was_ended_elsewhere(scene: Scene) -> None:
    """로그인 기록 in another browser, which saw the session where it was before the proof was added."""
    begun = scene.begin("voucher")
    entry = scene.sessions.entry(*begun)
    added = add(scene, begun)
    assert added is not None
    scene.sign_out.elsewhere(entry)
    assert scene.sessions.find(added[0]) is None
    assert scene.indexed() == []


def test_opens_nothing_after_every_session_was_ended(scene: Scene) -> None:
    """모든 기기에서 로그아웃: the epoch that the session was begun in is over, whatever is added to it."""
    begun, house = scene.begin(), scene.house
    tell = TellLinkedAgencies(house.randomness, house.catalogue)
    EndEverySession(house.database, house.clock, tell)(scene.member_id, address="192.0.2.1")
    added = add(scene, begun)
    assert added is None or not is_anybody_there(scene, added[0])


def test_lives_or_is_over_but_never_both(scene: Scene) -> None:
    """Eight step-ups against eight sign-outs: whoever was signed out is, and no list says otherwise."""
    sessions: list[Begun] = [scene.begin("voucher") for _ in range(8)]
    entries = [scene.sessions.entry(*each) for each in sessions]
    out = scene.sign_out

    def act(racer: int) -> Begun | None:
        which = racer // 2
        if racer % 2:
            out.elsewhere(entries[which])
            return None
        return add(scene, sessions[which])

    added = [each for each in race(act) if each is not None]
    for cookie, _session in (*sessions, *added):
        assert scene.sessions.find(cookie) is None
    assert scene.indexed() == []


def test_adds_two_proofs_at_once_to_one_session(scene: Scene) -> None:
    """Two tabs: one cookie opens it afterwards."""
    begun = scene.begin()
    added = [each for each in race(lambda _racer: add(scene, begun)) if each is not None]
    assert len(added) == 1
    assert scene.sessions.find(added[0][0]) is not None
    assert len(scene.indexed()) == 1
