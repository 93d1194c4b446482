"""The back-channel logout receiver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relying_parties.logout_tokens import LogoutReceiver, NotALogout
from relying_parties.records import Records, SignedIn
from tests.unit.relying_parties.transmitter import ISSUER, NOW, SUBJECT, Transmitter, forged, signed

_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "sample.db", now=lambda: NOW)


@pytest.fixture
def receive(transmitter: Transmitter, records: Records) -> LogoutReceiver:
    return LogoutReceiver(ISSUER, "sample-client", transmitter.keys(), records)


def claims(**changes: Any) -> dict[str, Any]:
    """A good logout token's claims; `changes` replaces claims, None removes them."""
    good = {
        "iss": ISSUER,
        "aud": "sample-client",
        "iat": NOW,
        "exp": NOW + 120,
        "jti": "jti-1",
        "sid": "sid-1",
        "events": {_EVENT: {}},
    } | changes
    return {name: value for name, value in good.items() if value is not None}


def token(typ: str = "logout+jwt", **changes: Any) -> str:
    return signed(claims(**changes), typ=typ).decode()


def session(records: Records, sid: str, subject: str = SUBJECT) -> str:
    return records.sign_in(SignedIn(ISSUER, subject, "홍길동", "OpenID Connect", ISSUER, NOW - 9, sid=sid))


def active(records: Records, started: str) -> bool:
    row = records.session(started)
    assert row is not None
    return row["ended_at"] is None


def test_ends_the_named_session_only(records: Records, receive: LogoutReceiver) -> None:
    """OpenID Connect Back-Channel Logout 1.0 §2.6."""
    here, elsewhere = session(records, "sid-1"), session(records, "sid-2")
    assert receive(token()) == 1
    assert (active(records, here), active(records, elsewhere)) == (False, True)


def test_ends_every_session_of_a_subject(records: Records, receive: LogoutReceiver) -> None:
    """A token without sid means all of them, and nobody else's."""
    mine = [session(records, "sid-1"), session(records, "sid-2")]
    other = session(records, "sid-3", "other" * 6)
    assert receive(token(sid=None, sub=SUBJECT)) == 2
    assert [active(records, each) for each in [*mine, other]] == [False, False, True]


def test_leaves_the_local_login_alone(records: Records, receive: LogoutReceiver) -> None:
    """A session by our own id and password is none of the provider's."""
    local = records.sign_in_locally("홍길동")
    receive(token(sid=None, sub=SUBJECT))
    assert active(records, local)


def test_takes_a_repeated_token(records: Records, receive: LogoutReceiver) -> None:
    """It finds nothing left to end."""
    session(records, "sid-1")
    assert [receive(token()), receive(token())] == [1, 0]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("", id="nothing"),
        pytest.param("é", id="not ASCII"),
        pytest.param(forged(claims()).decode(), id="forged"),
        pytest.param(token(typ="secevent+jwt"), id="typ of a security event"),
        pytest.param(token(iss="http://evil.test"), id="another issuer"),
        pytest.param(token(aud="kamp"), id="another audience"),
        pytest.param(token(events=None), id="no event"),
        pytest.param(token(events={_EVENT: {"x": 1}}), id="an event that is not empty"),
        pytest.param(token(events={"http://other": {}}), id="another event"),
        pytest.param(token(nonce="n"), id="a nonce, so an ID token"),
        pytest.param(token(exp=NOW - 600), id="expired"),
        pytest.param(token(exp=None), id="no exp"),
        pytest.param(token(iat=NOW + 600), id="from the future"),
        pytest.param(token(sid=None), id="neither sid nor sub"),
    ],
)
def test_refuses_a_bad_token(records: Records, receive: LogoutReceiver, bad: str) -> None:
    """OpenID Connect Back-Channel Logout 1.0 §2.6."""
    started = session(records, "sid-1")
    with pytest.raises(NotALogout):
        receive(bad)
    assert active(records, started)
