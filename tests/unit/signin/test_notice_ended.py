"""Sessions that end by themselves, on both databases: their relying parties hear of it, once, and no others do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from idp.audit.models import audit_records
from idp.house import House
from idp.members import store as members
from idp.sessions import session_index
from idp.sessions.assurance import by_password
from idp.sessions.models import browser_sessions
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.signals.models import outbox
from idp.signin.notice_ended import NoticeEnded
from idp.signin.sign_out import SignOut
from idp.signin.tell_ended import TellEnded
from tests.builders import a_person, agency, link, party, register, withdrawing
from tests.fakes import FrozenClock
from tests.races import race

ISSUER = "https://login.example"
IDLE, ABSOLUTE, CODES_LAST = timedelta(minutes=30), timedelta(hours=8), timedelta(minutes=1)
Begun = tuple[str, Session]


class Scene:
    """A member linked to two agencies, of which one takes logout tokens, and a browser."""

    def __init__(self, house: House) -> None:
        register(
            house,
            agency("voucher", party("voucher", backchannel_logout_uri="https://voucher.example/out")),
            agency("kamp", party("kamp", backchannel_logout_uri="https://kamp.example/out")),
            agency("deaf", party("deaf")),
        )
        self.house = house
        self.member_id = a_person(house)
        self.subjects = {each: link(house, self.member_id, each).subject for each in ("voucher", "kamp", "deaf")}
        self.sessions = Sessions(
            house.store, house.clock, house.randomness, house.digester, IDLE, ABSOLUTE, house.database
        )
        parts = (house.database, house.clock, house.randomness, house.catalogue, self.sessions)
        self.tell_ended = TellEnded(*parts, ISSUER, CODES_LAST)
        self.look = NoticeEnded(house.database, house.clock, self.sessions, self.tell_ended)
        self.sign_out = SignOut(self.sessions, self.tell_ended)

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.house.clock, FrozenClock)
        return self.house.clock

    def begin(self, *parties: str, continuing: Session | None = None) -> Begun:
        by = by_password(self.sessions.clock.now())
        cookie, session = self.sessions.start(self.member_id, 0, by=by, continuing=continuing)
        self.house.store.write(*(self.sessions.participation(session, each) for each in parties))
        return cookie, session

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Relying party and payload of every logout queued."""
        with self.house.database.reading() as connection:
            query = select(outbox).where(outbox.c.channel == "logout").order_by(outbox.c.seq)
            return [(row.relying_party_id, row.payload) for row in connection.execute(query)]

    def indexed(self) -> list[str]:
        """The ids of sessions that go on as far as anybody has noticed."""
        with self.house.database.reading() as connection:
            return [each.session_id for each in session_index.of_member(connection, self.member_id)]

    def remembered(self) -> int:
        """How many sessions are in the index, those that ended among them."""
        with self.house.database.reading() as connection:
            return len(connection.execute(select(browser_sessions)).all())

    def actions(self) -> list[str]:
        with self.house.database.reading() as connection:
            return list(connection.execute(select(audit_records.c.action).order_by(audit_records.c.seq)).scalars())


@pytest.fixture
def scene(any_house: House) -> Scene:
    return Scene(any_house)


def test_tells_who_took_part_in_an_unused_session(scene: Scene) -> None:
    """REQ-65: an idle session's relying parties that took part get its `sid`; those that did not hear nothing."""
    _cookie, session = scene.begin("voucher", "deaf")
    scene.clock.advance(IDLE)
    assert scene.look() == 1
    sid = scene.sessions.id_toward(session, "voucher")
    assert scene.told() == [("voucher", {"sub": scene.subjects["voucher"], "sid": sid})]
    assert scene.actions()[-1] == "session.expired"
    assert scene.look() == 0
    assert len(scene.told()) == 1
    assert scene.indexed() == []


def test_leaves_a_session_in_use_alone(scene: Scene) -> None:
    """REQ-65: looking neither ends a session nor keeps it alive."""
    cookie, _session = scene.begin("voucher")
    for _minute in range(0, 120, 5):
        scene.clock.advance(timedelta(minutes=5))
        assert scene.sessions.find(cookie) is not None
        assert scene.look() == 0
    for _minute in range(0, 30, 5):
        assert scene.look() == 0
        scene.clock.advance(timedelta(minutes=5))
    assert scene.look() == 1
    assert [name for name, _payload in scene.told()] == ["voucher"]


def test_looks_when_the_session_would_have_ended(scene: Scene) -> None:
    """REQ-65: within seconds, not when some interval is over; a session in use is looked at once in its idle time."""
    cookie, _session = scene.begin("voucher")
    scene.clock.advance(IDLE - timedelta(minutes=1))
    assert scene.sessions.find(cookie) is not None
    scene.clock.advance(timedelta(minutes=1))
    assert scene.look() == 0
    scene.clock.advance(IDLE - timedelta(minutes=1, seconds=1))
    assert scene.look() == 0
    scene.clock.advance(timedelta(seconds=1))
    assert scene.look() == 1
    assert [name for name, _payload in scene.told()] == ["voucher"]


def test_tells_at_the_absolute_limit_however_busy(scene: Scene) -> None:
    """REQ-67: also of relying parties that took part in the very first moment."""
    cookie, _session = scene.begin("voucher")
    for _step in range(16 * 2 - 1):
        scene.clock.advance(timedelta(minutes=15))
        assert scene.sessions.find(cookie) is not None
        scene.look()
    assert scene.told() == []
    scene.clock.advance(timedelta(minutes=15))
    assert scene.sessions.find(cookie) is None
    assert scene.look() == 1
    assert [name for name, _payload in scene.told()] == ["voucher"]


def test_follows_a_session_whose_member_proved_again_who_they_are(scene: Scene) -> None:
    """The cookie changes, the session goes on: its former place is empty and nobody is told; in the end everybody is,
    also who took part before, eight hours earlier."""
    cookie, session = scene.begin("voucher")
    for _step in range(15):
        scene.clock.advance(timedelta(minutes=29))
        assert scene.sessions.find(cookie) is not None
        scene.look()
    later, renewed = scene.begin("kamp", continuing=session)
    scene.sessions.end(cookie)
    assert renewed.id == session.id
    for _step in range(10):
        scene.clock.advance(timedelta(minutes=29))
        assert scene.sessions.find(later) is not None
        assert scene.look() == 0
    scene.clock.advance(IDLE)
    assert scene.look() == 1
    assert [name for name, _payload in scene.told()] == ["kamp", "voucher"]


def test_says_nothing_twice_after_a_sign_out(scene: Scene) -> None:
    """REQ-64: who signed out has told everybody already."""
    cookie, _session = scene.begin("voucher")
    scene.sign_out(cookie)
    assert len(scene.told()) == 1
    scene.clock.advance(ABSOLUTE)
    assert scene.look() == 0
    assert len(scene.told()) == 1


def test_tells_of_a_session_that_another_took_the_place_of(scene: Scene) -> None:
    """Somebody else signs in at the same browser: the former session's relying parties hear at the next look."""
    cookie, _session = scene.begin("voucher")
    assert scene.look() == 0
    scene.sessions.end(cookie)
    assert scene.look() == 1
    assert [name for name, _payload in scene.told()] == ["voucher"]


def test_says_nothing_of_a_member_whose_sessions_all_ended(scene: Scene) -> None:
    """REQ-68: whoever ended all of them has told every relying party by `sub`."""
    scene.begin("voucher")
    with scene.house.database.transaction() as connection:
        members.end_sessions(connection, scene.member_id)
    scene.clock.advance(IDLE)
    assert scene.look() == 1
    assert scene.told() == []


def test_says_nothing_of_a_member_who_left(scene: Scene) -> None:
    """REQ-81: leaving has told everybody; the index lets go of the session."""
    scene.begin("voucher")
    withdrawing(scene.house)(scene.member_id)
    before = len(scene.told())
    scene.clock.advance(IDLE)
    assert scene.look() == 1
    assert (len(scene.told()), scene.indexed()) == (before, [])


def test_one_of_many_workers_tells(scene: Scene) -> None:
    """Several workers run on one database: one logout a relying party, not one a worker."""
    for _each in range(3):
        scene.begin("voucher", "kamp")
    scene.clock.advance(IDLE)
    assert sum(race(lambda _racer: scene.look(), racers=6)) == 3
    assert len(scene.told()) == 6


def test_lists_a_members_sessions_until_they_end(scene: Scene) -> None:
    """Sessions of one member and no other's, the newest first, and none that has ended; the list keeps none alive."""
    first, _session = scene.begin()
    scene.clock.advance(timedelta(minutes=1))
    second, _other = scene.begin()
    scene.sessions.start(a_person(scene.house, "somebody_else", ci=None), 0, by=by_password(scene.sessions.clock.now()))
    listed = scene.sessions.of_member(scene.member_id)
    assert [entry for entry, _session in listed] == [
        scene.sessions.entry(cookie, session) for cookie, session in ((second, listed[0][1]), (first, listed[1][1]))
    ]
    scene.clock.advance(IDLE - timedelta(minutes=1))
    assert [session.id for _entry, session in scene.sessions.of_member(scene.member_id)] == [listed[0][1].id]
