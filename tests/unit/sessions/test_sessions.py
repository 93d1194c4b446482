"""Browser sessions, on each expiring store."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from idp.crypto.digests import Digester
from idp.randomness import SystemRandomness
from idp.sessions.assurance import by_one_time_code, by_password
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.storage.database import Database
from idp.storage.expiring import DatabaseExpiringStore, ExpiringStore
from tests.fakes import FrozenClock

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=8)


def of(store: ExpiringStore, clock: FrozenClock) -> Sessions:
    return Sessions(store, clock, SystemRandomness(), Digester(b"k" * 32), IDLE, ABSOLUTE)


@pytest.fixture
def sessions(database: Database, frozen_clock: FrozenClock) -> Sessions:
    return of(DatabaseExpiringStore(database, frozen_clock), frozen_clock)


def begin(sessions: Sessions, continuing: Session | None = None) -> tuple[str, Session]:
    return sessions.start("member", 3, by=by_password(sessions.clock.now()), continuing=continuing)


def test_opens_by_its_cookie_and_nothing_else(any_expiring_store: ExpiringStore, frozen_clock: FrozenClock) -> None:
    """On each store: what comes back is what was begun; 256 bits open it; the store never holds the cookie itself."""
    sessions = of(any_expiring_store, frozen_clock)
    cookie, session = begin(sessions)
    assert sessions.find(cookie) == session
    assert (session.member_id, session.member_epoch, session.assurance.acr, session.assurance.amr) == (
        *("member", 3, "urn:onepass:acr:1"),
        ("pwd",),
    )
    assert any_expiring_store.get(f"session:{cookie}") is None
    for other in (None, "", "x", cookie[:-1], cookie + "A", "A" * 43, "한" * 43, session.id):
        assert sessions.find(other) is None


def test_ends_where_it_is_told_to(any_expiring_store: ExpiringStore, frozen_clock: FrozenClock) -> None:
    """Signing out: the cookie opens nothing from now on; another session of the member's goes on."""
    sessions = of(any_expiring_store, frozen_clock)
    cookie, _session = begin(sessions)
    other, there = begin(sessions)
    sessions.end(cookie)
    sessions.end(cookie)
    assert sessions.find(cookie) is None
    assert sessions.find(other) == there


def test_every_sign_in_has_a_cookie_of_its_own(sessions: Sessions, frozen_clock: FrozenClock) -> None:
    """OWASP session fixation: also where the session goes on, the cookie is new; its id and sid stay."""
    cookie, session = begin(sessions)
    frozen_clock.advance(timedelta(minutes=5))
    renewed, went_on = begin(sessions, session)
    assert renewed != cookie
    assert went_on.id == session.id
    assert went_on.authenticated_at == session.authenticated_at + timedelta(minutes=5)
    assert sessions.id_toward(went_on, "voucher") == sessions.id_toward(session, "voucher")
    assert begin(sessions)[1].id != session.id


def test_ends_when_it_is_not_used(sessions: Sessions, frozen_clock: FrozenClock) -> None:
    """Settings, sessions.idle: each use starts the time anew (a twentieth less, where a write is spared)."""
    cookie, session = begin(sessions)
    for _ in range(4):
        frozen_clock.advance(timedelta(minutes=28))
        assert sessions.find(cookie) == session
    frozen_clock.advance(IDLE)
    assert sessions.find(cookie) is None


def test_ends_in_the_end_however_busy(sessions: Sessions, frozen_clock: FrozenClock) -> None:
    """Settings, sessions.absolute."""
    cookie, session = begin(sessions)
    for _ in range(int(ABSOLUTE / timedelta(minutes=20)) - 1):
        frozen_clock.advance(timedelta(minutes=20))
        assert sessions.find(cookie) == session
    frozen_clock.advance(timedelta(minutes=20))
    assert sessions.find(cookie) is None


def test_remembers_who_took_part(any_expiring_store: ExpiringStore, frozen_clock: FrozenClock) -> None:
    """Back-Channel Logout §2.3: who must be told; in this session and no other, and on after re-authentication."""
    sessions = of(any_expiring_store, frozen_clock)
    _cookie, session = begin(sessions)
    _cookie, other = begin(sessions)
    assert sessions.participants(session) == frozenset()
    for party in ("voucher", "kamp", "voucher"):
        any_expiring_store.write(sessions.participation(session, party))
    _cookie, went_on = begin(sessions, session)
    assert sessions.participants(went_on) == {"voucher", "kamp"}
    assert sessions.participants(other) == frozenset()


def test_is_known_by_another_name_to_each_party(sessions: Sessions) -> None:
    """Architecture §11: a sid cannot be joined with another party's, nor led back to the session."""
    _cookie, session = begin(sessions)
    names = {sessions.id_toward(session, party) for party in ("voucher", "kamp", "bizinfo")}
    assert len(names) == 3
    assert all(len(name) == 32 and session.id not in name for name in names)


def test_comes_back_as_it_was_packed(sessions: Sessions) -> None:
    """To the microsecond: whether a sign-in came after a question hangs on it."""
    _cookie, session = begin(sessions)
    assert Session.unpacked(session.packed()) == session


def test_opens_nothing_before_the_second_step(sessions: Sessions) -> None:
    """Issue 4: a password alone is no session where its member asks for more; the sign-in that asks finds it."""
    cookie, session = sessions.start("member", 3, by=by_password(sessions.clock.now()), awaits_second_step=True)
    assert sessions.find(cookie) is None
    assert sessions.look(cookie) is None
    assert sessions.unfinished(cookie) == session
    finished, whole = sessions.start("member", 3, by=by_one_time_code(sessions.clock.now()), continuing=session)
    assert sessions.find(finished) == whole
    assert (whole.id, whole.assurance.level, whole.assurance.amr) == (session.id, 2, ("pwd", "otp", "mfa"))


def test_keeps_the_hour_of_the_sign_in_when_a_factor_is_added(sessions: Sessions, frozen_clock: FrozenClock) -> None:
    """A code says nothing of who is there: what asks for a recent sign-in is not content with it."""
    _cookie, session = begin(sessions)
    frozen_clock.advance(timedelta(minutes=20))
    _renewed, added = sessions.start("member", 3, by=by_one_time_code(sessions.clock.now()), continuing=session)
    assert added.authenticated_at == session.authenticated_at
    assert [each.method for each in added.authentications] == ["password", "totp"]


@pytest.mark.parametrize("kept", [7, 10])
def test_reads_what_a_release_before_this_one_kept(sessions: Sessions, kept: int) -> None:
    """Architecture §12: the old and the new release run side by side, and nobody is signed out."""
    _cookie, session = begin(sessions)
    octets = json.dumps(json.loads(session.packed())[:kept]).encode()
    read = Session.unpacked(octets)
    assert read.id == session.id
    assert read.assurance == session.assurance
    assert not read.awaits_second_step


def test_writes_what_a_release_before_this_one_can_read(sessions: Sessions) -> None:
    """Architecture §12: it reads ten values. What it knows nothing of, it must not mistake for a whole session."""
    _cookie, plain = begin(sessions)
    assert len(json.loads(plain.packed())) == 10
    assert Session.unpacked(plain.packed()) == plain
    now = sessions.clock.now()
    _cookie, half = sessions.start("member", 3, by=by_password(now), awaits_second_step=True)
    assert len(json.loads(half.packed())) == 12
    assert Session.unpacked(half.packed()) == half
