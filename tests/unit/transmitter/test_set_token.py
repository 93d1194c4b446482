"""What messages say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.signals.catalogue import Channel
from idp.transmitter.claim import Claimed
from idp.transmitter.set_token import Unbuildable, logout_claims, set_claims

_AT = datetime(2026, 3, 2, 9, 0, 0, 999_000, tzinfo=UTC)


def _row(event_type: str, payload: dict[str, Any], channel: Channel = Channel.EVENT) -> Claimed:
    return Claimed(
        seq=1, jti="jti-1", txn="txn-1", relying_party_id="voucher", channel=channel, event_type=event_type,
        subject="subject-1", payload=payload, occurred_at=_AT, sends=0, attempts=0, lease_token="lease",
    )  # fmt: skip


def _set(event_type: str, payload: dict[str, Any]) -> dict[str, Any]:
    row = _row(event_type, payload)
    return dict(set_claims(row, issuer="https://idp.example", audience="aud", schema_base="https://schemas.example"))


def test_tells_a_changed_link_under_our_own_uri():
    """SSF 1.0 §4, RFC 8417 §2.2: the claims, exactly one event, and neither `sub` nor `exp`."""
    assert _set("account-link-changed", {"version": 3}) == {
        "iss": "https://idp.example",
        "iat": int(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp()),
        "jti": "jti-1",
        "aud": "aud",
        "txn": "txn-1",
        "sub_id": {"format": "iss_sub", "iss": "https://idp.example", "sub": "subject-1"},
        "events": {"https://schemas.example/secevent/link/event-type/account-link-changed": {"version": 3}},
    }


def test_tells_a_purge_under_the_risc_uri():
    """OpenID RISC Profile 1.0 §2.2."""
    events = _set("account-purged", {"event_timestamp": 7})["events"]
    assert events == {"https://schemas.openid.net/secevent/risc/event-type/account-purged": {"event_timestamp": 7}}


def test_refuses_an_event_type_it_does_not_know():
    """An older worker beside a newer release must not send what it does not understand."""
    with pytest.raises(Unbuildable):
        _set("account-frobbed", {})


@pytest.mark.parametrize("whose", [{"sub": "s"}, {"sid": "i"}, {"sub": "s", "sid": "i"}])
def test_builds_a_logout_token(whose: dict[str, str]):
    """OpenID Connect Back-Channel Logout 1.0 §2.4: `sub` or `sid` or both, two minutes, no nonce."""
    row = _row("backchannel-logout", {**whose, "nonce": "n", "email": "e"}, Channel.LOGOUT)
    sent_at = _AT + timedelta(hours=3)
    claims = logout_claims(row, issuer="https://idp.example", audience="client", now=sent_at)
    assert claims == {
        "iss": "https://idp.example",
        "aud": "client",
        "iat": int(sent_at.timestamp()),
        "exp": int(sent_at.timestamp()) + 120,
        "jti": "jti-1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        **whose,
    }


def test_refuses_a_logout_token_for_nobody():
    """Back-Channel Logout §2.4: one of `sub` and `sid` MUST be there."""
    with pytest.raises(Unbuildable):
        logout_claims(_row("backchannel-logout", {}, Channel.LOGOUT), issuer="i", audience="a", now=_AT)
