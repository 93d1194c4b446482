"""Subjects in and out of a stream. SSF 1.0 §8.1.3."""

from __future__ import annotations

from typing import Any

import pytest

from idp.house import House
from idp.signals.catalogue import EventType
from tests.builders import a_person, link, unlink
from tests.protocol.ssf.lab import (
    ISSUER,
    Receiver,
    Transmitter,
)


@pytest.fixture
def transmitter(house: House) -> Transmitter:
    return Transmitter.of(house)


@pytest.fixture
def voucher(transmitter: Transmitter) -> Receiver:
    """A receiver that manages its stream and has none yet."""
    return transmitter.receiver("voucher")


def subject_of(house: House, member: str) -> str:
    return link(house, member, "voucher").subject


def test_subject_control(transmitter: Transmitter, voucher: Receiver) -> None:
    """openid-ssf-transmitter-stream-subject-control: 200 and 204, both empty, for subjects we do not know too."""
    stream_id = voucher.create()["stream_id"]
    member = subject_of(transmitter.house, a_person(transmitter.house))
    for subject in (
        {"format": "email", "email": "nobody@example.kr"},
        {"format": "phone_number", "phone_number": "+821012345678"},
        {"format": "iss_sub", "iss": ISSUER, "sub": "nobody"},
        {"format": "iss_sub", "iss": ISSUER, "sub": member},
        {"format": "complex", "user": {"format": "opaque", "id": "x"}},
    ):
        body = {"stream_id": stream_id, "subject": subject}
        added = voucher.call("POST", "/ssf/subjects/add", {**body, "verified": True})
        assert (added.status_code, added.data) == (200, b"")
        removed = voucher.call("POST", "/ssf/subjects/remove", body)
        assert (removed.status_code, removed.data) == (204, b"")


def test_mutes_what_a_receiver_can_do_without(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §9.3: nobody mutes the end of a link, whoever got hold of a receiver's token."""
    house = transmitter.house
    stream_id = voucher.create()["stream_id"]
    transmitter.refresh()
    member = a_person(house)
    subject = subject_of(house, member)
    body = {"stream_id": stream_id, "subject": {"format": "iss_sub", "iss": ISSUER, "sub": subject}}
    assert voucher.call("POST", "/ssf/subjects/remove", body).status_code == 204
    before = transmitter.waiting("voucher")
    transmitter.tell("voucher", subject, EventType.SESSION_REVOKED, EventType.CREDENTIAL_CHANGE)
    assert transmitter.waiting("voucher") == before
    unlink(house, member, "voucher")
    transmitter.tell("voucher", subject, EventType.ACCOUNT_PURGED)
    assert transmitter.waiting("voucher") == ["account-link-changed", "account-purged"]
    told = transmitter.queued("voucher")[-2]
    assert told["payload"]["current_status"] == "unlinked"
    assert voucher.call("POST", "/ssf/subjects/add", body).status_code == 200
    transmitter.tell("voucher", subject, EventType.SESSION_REVOKED)
    assert "session-revoked" in transmitter.waiting("voucher")


@pytest.mark.parametrize(
    "subject",
    [
        None,
        "x",
        [],
        {},
        {"format": "unknown"},
        {"format": ["email"]},
        {"format": "email"},
        {"format": "email", "email": 1},
        {"format": "iss_sub", "iss": ISSUER},
        {"format": "opaque", "id": ""},
        {"format": "opaque", "id": "x" * 5000},
    ],
)
def test_error_wrong_subject(voucher: Receiver, subject: Any) -> None:
    """SSF 1.0 §8.1.3, RFC 9493 §3: 400 where it is no subject identifier."""
    stream_id = voucher.create()["stream_id"]
    for path in ("/ssf/subjects/add", "/ssf/subjects/remove"):
        assert voucher.call("POST", path, {"stream_id": stream_id, "subject": subject}).status_code == 400
    sound = {"format": "opaque", "id": "x"}
    answered = voucher.call("POST", "/ssf/subjects/add", {"stream_id": stream_id, "subject": sound, "verified": "yes"})
    assert answered.status_code == 400
