"""The states of a link, and who is told of them. Pure."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from idp.agencies.event_streams import EventStream, StreamStatus
from idp.agencies.oidc_registration import OidcRegistration
from idp.agencies.registered_url import RegisteredUrl
from idp.agencies.relying_party import Agency, RelyingParty
from idp.links.notices import notices
from idp.links.state import LinkState, NoSuchStep, Step, after
from idp.signals.catalogue import Channel, EventType, LinkChange, LinkReason

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEADS = {
    (None, Step.CONNECT): LinkState.LINKED,
    (LinkState.UNLINKED, Step.CONNECT): LinkState.LINKED,
    (LinkState.LINKED, Step.ADD_ACCOUNT): LinkState.LINKED,
    (LinkState.LINKED, Step.STOP): LinkState.UNLINKED,
    (LinkState.SUSPENDED, Step.STOP): LinkState.UNLINKED,
    (LinkState.LINKED, Step.SUSPEND): LinkState.SUSPENDED,
    (LinkState.SUSPENDED, Step.RESTORE): LinkState.LINKED,
}


@pytest.mark.parametrize(("state", "step"), list(itertools.product([None, *LinkState], Step)))
def test_takes_the_steps_of_the_drawing_and_no_other(state: LinkState | None, step: Step) -> None:
    """Architecture §6: a versioned state machine; from suspended nobody connects past whoever suspended it."""
    if (state, step) in LEADS:
        assert after(state, step) is LEADS[state, step]
    else:
        with pytest.raises(NoSuchStep):
            after(state, step)


def change(current: LinkState = LinkState.UNLINKED, previous: LinkState | None = LinkState.LINKED) -> LinkChange:
    was = previous.value if previous is not None else None
    return LinkChange("link", 4, was, current.value, LinkReason.MEMBER_UNLINK, "user", NOW)


def a_stream(where: RegisteredUrl, requested: tuple[str, ...]) -> EventStream:
    return EventStream(
        stream_id="s",
        status=StreamStatus.ENABLED,
        reason=None,
        delivery="push",
        endpoint_url=where,
        authorization=None,
        alg="RS256",
        delivered=frozenset(EventType(each) for each in requested),
        requested_uris=None,
        description=None,
    )


def registered(identifier: str, requested: tuple[str, ...] | None, *, logout: bool = False) -> RelyingParty:
    where = RegisteredUrl(f"https://{identifier}.example/")
    events = a_stream(where, requested) if requested is not None else None
    fields: dict[str, Any] = dict.fromkeys(OidcRegistration.__slots__)
    oidc = OidcRegistration(**{**fields, "client_id": identifier, "backchannel_logout_uri": where if logout else None})
    return RelyingParty(identifier, Agency("a", "A", "", (), None, 1), 1, "oidc", oidc, None, events)


BOTH = ("account-link-changed", "account-purged")


def told(*parties: RelyingParty, purged: bool = False, of: LinkChange | None = None) -> list[tuple[str, str, str]]:
    found = notices(of or change(), "subject", parties, purged=purged)
    return [(each.relying_party_id, each.event_type.value, each.channel.value) for each in found]


def test_tells_each_party_what_it_asked_for() -> None:
    """Account events §1.8: one message for each relying party and kind requested."""
    parties = [registered("both", BOTH), registered("link", BOTH[:1]), registered("none", ()), registered("no", None)]
    changed = "account-link-changed"
    assert told(*parties) == [("both", changed, "event"), ("link", changed, "event")]
    assert told(*parties, purged=True) == [
        ("both", changed, "event"),
        ("both", "account-purged", "event"),
        ("link", changed, "event"),
    ]


def test_ends_sessions_where_a_link_ends() -> None:
    """Back-Channel Logout §2.4: by sub, whatever session it was; not where a link begins."""
    party = registered("voucher", (), logout=True)
    assert told(party) == [("voucher", "backchannel-logout", "logout")]
    assert told(party, of=change(LinkState.SUSPENDED)) == [("voucher", "backchannel-logout", "logout")]
    assert told(party, of=change(LinkState.LINKED, LinkState.UNLINKED)) == []


def test_says_that_sessions_ended_where_a_stream_asked_for_that() -> None:
    """Account events §1.8; CAEP §3.1: by whoever ended the link."""
    party = registered("kamp", ("session-revoked",))
    (notice,) = notices(change(), "subject", [party])
    assert notice.payload["initiating_entity"] == "user"
    assert set(notice.payload["reason_admin"]) == {"ko", "en"}
    assert notice.link_id is None, "a receipt waits for what is said of the link"
    assert told(party, of=change(LinkState.LINKED, LinkState.UNLINKED)) == []


def test_says_the_whole_state_in_each_message() -> None:
    """Account events §1.9: a late or repeated message is harmless, since each says the version and all of the state."""
    (notice,) = notices(change(), "subject", [registered("voucher", BOTH[:1])])
    assert (notice.subject, notice.link_id, notice.link_version) == ("subject", "link", 4)
    assert (notice.event_type, notice.channel) == (EventType.ACCOUNT_LINK_CHANGED, Channel.EVENT)
    assert notice.payload == {
        "current_status": "unlinked",
        "previous_status": "linked",
        "reason": "member_unlink",
        "scope": "link",
        "link_id": "link",
        "version": 4,
        "local_account": "retain",
        "event_timestamp": int(NOW.timestamp()),
        "initiating_entity": "user",
    }


def test_says_nothing_of_a_state_before_the_first() -> None:
    """Account events §1.9: previous_status is absent for a new link, never null."""
    (notice,) = notices(change(LinkState.LINKED, None), "subject", [registered("voucher", BOTH[:1])])
    assert "previous_status" not in notice.payload
