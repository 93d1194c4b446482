"""What is fixed of each event type."""

from __future__ import annotations

import pytest

from idp.signals.catalogue import EventType, Priority
from idp.signals.event_types import ABOUT_THE_STREAM, REQUESTABLE, priority_of, uri_of

BASE = "https://schemas.example.org"


def test_has_one_uri_for_every_type_told_by_token() -> None:
    """SSF 1.0 §4.3: what a stream may ask for, and what speaks of the stream, has a URI of its own."""
    told = [*REQUESTABLE, *ABOUT_THE_STREAM]
    assert sorted(told) == sorted(set(EventType) - {EventType.BACKCHANNEL_LOGOUT})
    assert len({uri_of(each, BASE) for each in told}) == len(told)
    assert uri_of(EventType.BACKCHANNEL_LOGOUT, BASE) is None


def test_keeps_our_own_type_out_of_the_openid_namespace() -> None:
    """account-events §1.9: under the operator's domain."""
    ours = uri_of(EventType.ACCOUNT_LINK_CHANGED, BASE)
    assert ours == "https://schemas.example.org/secevent/link/event-type/account-link-changed"


@pytest.mark.parametrize("event_type", ["session-revoked", "credential-change", "account-disabled"])
def test_sends_what_ends_access_before_links(event_type: str) -> None:
    """account-events §3.3: P0 before P1."""
    assert priority_of(EventType(event_type)) is Priority.SECURITY
    assert priority_of(EventType.ACCOUNT_LINK_CHANGED) is Priority.LINK
