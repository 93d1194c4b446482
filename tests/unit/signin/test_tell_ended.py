"""The end of one session told once to everybody in it, whoever races whom, on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from idp.house import House
from idp.signals.security_events import Ended
from idp.signin.notice_ended import NoticeEnded
from tests.races import race
from tests.unit.signin.test_notice_ended import CODES_LAST, IDLE, Scene

LAST_LOOK = CODES_LAST + timedelta(seconds=30)


@pytest.fixture
def scene(any_house: House) -> Scene:
    return Scene(any_house)


def parties(scene: Scene) -> list[str]:
    return [name for name, _payload in scene.told()]


def test_tells_who_joined_while_the_session_ended(scene: Scene) -> None:
    """A code was being issued when the participants were read: its relying party hears once no code can be redeemed."""
    cookie, session = scene.begin("voucher")
    scene.sign_out(cookie)
    scene.house.store.write(scene.sessions.participation(session, "kamp"))
    scene.clock.advance(LAST_LOOK - timedelta(seconds=1))
    scene.look()
    assert parties(scene) == ["voucher"]
    scene.clock.advance(timedelta(seconds=1))
    scene.look()
    assert scene.told() == [
        (name, {"sub": scene.subjects[name], "sid": scene.sessions.id_toward(session, name)})
        for name in ("voucher", "kamp")
    ]
    assert scene.actions()[-2:] == ["session.ended", "session.ended"]
    assert scene.remembered() == 0
    assert scene.sessions.participants(session) == frozenset()
    scene.clock.advance(IDLE)
    scene.look()
    assert parties(scene) == ["voucher", "kamp"]


def test_tells_who_joined_while_the_session_expired(scene: Scene) -> None:
    """REQ-65: the same where time ran out, and the record says so."""
    _cookie, session = scene.begin("voucher")
    scene.clock.advance(IDLE)
    assert scene.look() == 1
    scene.house.store.write(scene.sessions.participation(session, "kamp"))
    scene.clock.advance(LAST_LOOK)
    assert scene.look() == 0
    assert parties(scene) == ["voucher", "kamp"]
    assert scene.actions()[-2:] == ["session.expired", "session.expired"]


def test_says_nothing_at_the_last_look_where_nobody_joined(scene: Scene) -> None:
    """One record and one logout token each; nothing is kept of the session afterwards."""
    cookie, session = scene.begin("voucher")
    scene.sign_out(cookie)
    before = scene.actions()
    scene.clock.advance(LAST_LOOK)
    scene.look()
    assert parties(scene) == ["voucher"]
    assert scene.actions() == before
    assert (scene.remembered(), scene.sessions.participants(session)) == (0, frozenset())


def test_two_sign_outs_at_once_tell_everybody_once(scene: Scene) -> None:
    """Two tabs press 로그아웃, and so does the page in another browser: one logout token for each `sid`."""
    sessions = [scene.begin("voucher", "kamp") for _ in range(4)]
    heard = race(lambda racer: scene.sign_out(sessions[racer % 4][0]), racers=16)
    told = Counter((name, payload["sid"]) for name, payload in scene.told())
    assert len(told) == 8
    assert set(told.values()) == {1}
    assert sorted(len(each) for each in heard if each) == [2, 2, 2, 2]


def test_a_sign_out_and_the_workers_tell_everybody_once(scene: Scene) -> None:
    """Time runs out in the very moment in which the member signs out, and two workers look."""
    sessions = [scene.begin("voucher", "kamp") for _ in range(6)]
    entries = [scene.sessions.entry(*each) for each in sessions]
    scene.clock.advance(IDLE)

    def act(racer: int) -> None:
        if racer % 4 == 0:
            scene.look()
        for entry in entries:
            scene.sign_out.elsewhere(entry)

    race(act)
    told = Counter((name, payload["sid"]) for name, payload in scene.told())
    assert len(told) == 12
    assert set(told.values()) == {1}
    scene.clock.advance(LAST_LOOK)
    scene.look()
    assert len(scene.told()) == 12
    assert scene.remembered() == 0


def test_joining_and_signing_out_at_once_forget_nobody(scene: Scene) -> None:
    """Whichever comes first: everybody who joined is told, once."""
    sessions = [scene.begin() for _ in range(8)]

    def act(racer: int) -> None:
        cookie, session = sessions[racer // 2]
        if racer % 2:
            scene.sign_out(cookie)
        else:
            scene.house.store.write(*(scene.sessions.participation(session, each) for each in ("voucher", "kamp")))

    race(act)
    scene.clock.advance(LAST_LOOK)
    scene.look()
    told = Counter((name, payload["sid"]) for name, payload in scene.told())
    assert len(told) == 16
    assert set(told.values()) == {1}


def test_a_worker_that_looked_long_ago_ends_no_last_look_early(scene: Scene) -> None:
    """Another worker was faster by a whole end: what the slower one read of the index is outdated."""
    cookie, session = scene.begin("voucher")
    entry = scene.sessions.entry(cookie, session)
    scene.clock.advance(IDLE)
    assert scene.look() == 1
    outdated = scene.tell_ended(entry, Ended.EXPIRED)
    assert outdated is not None
    assert (outdated.first, outdated.hearers) == (False, ())
    assert scene.remembered() == 1
    scene.house.store.write(scene.sessions.participation(session, "kamp"))
    scene.clock.advance(LAST_LOOK)
    scene.look()
    assert parties(scene) == ["voucher", "kamp"]


def test_closes_a_session_whose_end_was_only_written_down(scene: Scene) -> None:
    """We died between the transaction and the store: the cookie opens nothing after the last look at the latest."""
    cookie, session = scene.begin("voucher")
    place = scene.sessions.entry(cookie, session).place
    kept = scene.house.store.get(f"session:{place}")
    assert kept is not None
    scene.sign_out(cookie)
    scene.house.store.put(f"session:{place}", kept, IDLE)
    scene.clock.advance(LAST_LOOK)
    scene.look()
    assert scene.sessions.find(cookie) is None
    assert parties(scene) == ["voucher"]


def test_a_session_that_began_anew_is_told_anew(scene: Scene) -> None:
    """Its member proved again who they are just after it was ended elsewhere: it goes on, and its end is another."""
    cookie, session = scene.begin("voucher")
    scene.sign_out(cookie)
    later, renewed = scene.begin("kamp", continuing=session)
    scene.clock.advance(LAST_LOOK)
    NoticeEnded(scene.house.database, scene.clock, scene.sessions, scene.tell_ended)()
    assert scene.sessions.find(later) == renewed
    scene.sign_out(later)
    assert parties(scene).count("kamp") == 1
