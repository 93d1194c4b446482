"""What a registration and its receiver's changes come to."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from idp.agencies import store
from idp.agencies.event_streams import EventStream, StreamStatus, StreamTerms
from idp.agencies.registered_url import registered_on_hosts
from idp.errors import ConfigurationError
from idp.house import House
from idp.signals.catalogue import EventType
from idp.signals.event_types import REQUESTABLE
from tests.builders import agency, party, register
from tests.fakes import FrozenClock
from tests.races import race

PUSH = {"endpoint_url": "https://voucher.example/events", "authorization_header": "Bearer x"}
RECEIVER = {"managed_by": "receiver", "receiver_hosts": ["push.example", "push.example:8443"]}
URI = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"


def registering(house: House, **events: Any) -> None:
    register(house, agency("voucher", party("voucher", events=events)))


def stream(house: House) -> EventStream | None:
    found = house.catalogue.relying_party("voucher")
    assert found is not None
    return found.events


def in_force(house: House) -> EventStream:
    found = stream(house)
    assert found is not None
    return found


def terms(house: House) -> StreamTerms:
    found = house.catalogue.relying_party("voucher")
    assert found is not None
    assert found.stream_terms is not None
    return found.stream_terms


def receiver_says(house: House, **values: Any) -> None:
    """Write what a receiver would, and let the catalogue see it."""
    said = {
        "relying_party_id": "voucher",
        "stream_id": "abc",
        "status": "enabled",
        "delivery": "push",
        "endpoint_url": "https://push.example/events",
        "requested": ["session-revoked"],
        "requested_uris": [URI],
        "changed_at": house.clock.now(),
        **values,
    }
    with house.database.transaction() as connection:
        if store.one_stream(connection, "voucher") is None:
            store.add_stream(connection, said)
        else:
            store.change_stream(connection, "voucher", said)
        store.bump_version(connection)
    assert isinstance(house.clock, FrozenClock)
    house.clock.advance(house.settings.catalogue_refresh)


def test_a_file_gives_a_stream_from_the_start(any_house: House) -> None:
    """Integrating: registered by the operator, it works before the receiver has asked for anything."""
    registering(any_house, **PUSH)
    found = in_force(any_house)
    assert (found.stream_id, found.status, found.delivery) == ("voucher", "enabled", "push")
    assert found.requested == {EventType.ACCOUNT_LINK_CHANGED, EventType.ACCOUNT_PURGED}
    assert str(found.endpoint_url) == PUSH["endpoint_url"]


def test_a_file_may_leave_events_to_be_fetched(any_house: House) -> None:
    """RFC 8936: there is nowhere to push, so nobody pushes."""
    registering(any_house, delivery="poll")
    assert (in_force(any_house).delivery, in_force(any_house).endpoint_url) == ("poll", None)


def test_a_receiver_that_manages_its_stream_has_none_until_it_makes_one(any_house: House) -> None:
    """SSF 1.0 §8.1.1.1."""
    registering(any_house, **RECEIVER)
    assert stream(any_house) is None
    receiver_says(any_house)
    found = in_force(any_house)
    assert (found.stream_id, str(found.endpoint_url)) == ("abc", "https://push.example/events")
    assert found.requested == {EventType.SESSION_REVOKED}
    assert found.requested_uris == (URI,)


def test_applying_again_undoes_nothing_that_a_receiver_may_say(any_house: House) -> None:
    """Integrating: where the registration leaves the stream to its receiver, the file's delivery is only the first."""
    registering(any_house, **PUSH, **RECEIVER)
    receiver_says(any_house, status="paused", reason="maintenance", description="ours")
    registering(any_house, **PUSH, **RECEIVER)
    registering(any_house, **{**PUSH, "endpoint_url": "https://voucher.example/other"}, **RECEIVER)
    found = in_force(any_house)
    assert (str(found.endpoint_url), found.description) == ("https://push.example/events", "ours")
    assert (found.status, found.reason) == (StreamStatus.PAUSED, "maintenance")


def test_an_operators_stream_takes_nothing_but_a_status(any_house: House) -> None:
    """Taken back by the operator, the receiver's address and secret are gone, also when it is given again."""
    registering(any_house, **RECEIVER)
    receiver_says(any_house, status="paused", authorization=b"sealed")
    registering(any_house, **PUSH)
    found = in_force(any_house)
    assert (str(found.endpoint_url), found.status) == (PUSH["endpoint_url"], "paused")
    assert found.stream_id == "abc"
    registering(any_house, **RECEIVER)
    assert stream(any_house) is None


def test_a_host_that_was_taken_back_receives_nothing(any_house: House) -> None:
    """Architecture §11: no push goes to an address that is not registered, whatever was once allowed."""
    registering(any_house, **RECEIVER)
    receiver_says(any_house)
    registering(any_house, managed_by="receiver", receiver_hosts=["other.example"])
    assert in_force(any_house).endpoint_url is None
    assert in_force(any_house).delivery == "push"


def test_keeps_nothing_for_a_disabled_stream(any_house: House) -> None:
    """SSF 1.0 §8.1.2: disabled holds no events; paused does."""
    registering(any_house, **PUSH)
    receiver_says(any_house, delivery=None, status="paused")
    assert in_force(any_house).requested == in_force(any_house).delivered != frozenset()
    receiver_says(any_house, delivery=None, status="disabled")
    assert in_force(any_house).requested == frozenset()
    assert in_force(any_house).delivered != frozenset()


def test_supports_only_standard_types_where_they_are_asked_for(any_house: House) -> None:
    """CAEP Interoperability: a stream that is to hold nothing else; an agency's own has our type too."""
    registering(any_house, **PUSH)
    assert terms(any_house).supported == REQUESTABLE
    registering(any_house, **PUSH, standard_events_only=True)
    assert EventType.ACCOUNT_LINK_CHANGED not in terms(any_house).supported
    assert in_force(any_house).requested == {EventType.ACCOUNT_PURGED}


def test_knows_what_a_receiver_can_take(any_house: House) -> None:
    """Account events §3.4: caps for each relying party; the operator's word, whoever manages the stream."""
    registering(any_house, **PUSH, max_concurrency=3, max_per_minute=600)
    assert (in_force(any_house).max_concurrency, in_force(any_house).max_per_minute) == (3, 600)
    registering(any_house, **PUSH)
    assert (in_force(any_house).max_concurrency, in_force(any_house).max_per_minute) == (None, None)


def test_a_relying_party_has_one_stream(any_house: House) -> None:
    """SSF 1.0 §8.1.1.1: of those who make one at the same moment, one does."""
    registering(any_house, **RECEIVER)

    def add(racer: int) -> bool:
        values = {
            "relying_party_id": "voucher",
            "stream_id": f"s{racer}",
            "status": "enabled",
            "changed_at": any_house.clock.now(),
        }
        try:
            with any_house.database.transaction() as connection:
                store.add_stream(connection, values)
        except IntegrityError:
            return False
        return True

    assert race(add, 8).count(True) == 1


@pytest.mark.parametrize(
    "events",
    [
        {},
        {"managed_by": "operator"},
        {"delivery": "push"},
        {"delivery": "poll", "endpoint_url": "https://a.example/"},
        {"delivery": "poll", "authorization_header": "x"},
        {"managed_by": "receiver", "authorization_header": "x"},
        {**PUSH, "receiver_hosts": ["a.example"]},
        {"managed_by": "receiver", "receiver_hosts": ["https://a.example"]},
        {"managed_by": "receiver", "receiver_hosts": ["*.example"]},
        {"managed_by": "receiver", "receiver_hosts": ["A.example"]},
        {"managed_by": "receiver", "receiver_hosts": ["a.example:0"]},
        {"managed_by": "receiver", "receiver_hosts": ["user@a.example"]},
    ],
)
def test_refuses_a_section_that_says_two_things_or_nothing(house: House, events: dict[str, Any]) -> None:
    """A registration is refused with its reason where it could not do what it seems to say."""
    with pytest.raises(ValidationError):
        registering(house, **events)


HOSTS = ("push.example", "push.example:8443", "[2001:db8::1]", "127.0.0.1:9000")


@pytest.mark.parametrize(
    "url",
    [
        "https://push.example/events",
        "https://PUSH.example/events?tenant=1",
        "https://push.example:443/events",
        "https://push.example:8443/",
        "https://[2001:db8::1]/",
        "http://127.0.0.1:9000/x",
    ],
)
def test_takes_an_address_on_a_registered_host(url: str) -> None:
    """Exact host and port; what is the scheme's own port need not be said."""
    assert registered_on_hosts(url, HOSTS, what="x").value == url


@pytest.mark.parametrize(
    "url",
    [
        "https://push.example.evil.example/",
        "https://evil.example/push.example",
        "https://push.example:444/",
        "https://push.example@evil.example/",
        "https://evil.example\\@push.example/",
        "https://push.example/#x",
        "https://push.example./",
        "https://xpush.example/",
        "http://push.example/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[::ffff:127.0.0.1]/",
        "https://push.example:8443:443/",
        "https://user:pw@push.example/",
        "https://push.example\r\nX: y/",
        "ftp://push.example/",
        "//push.example/",
        "",
    ],
)
def test_takes_no_other_address(url: str) -> None:
    """CWE-918: whatever a receiver writes, events go only where its operator said."""
    with pytest.raises(ConfigurationError):
        registered_on_hosts(url, HOSTS, what="x")
