"""Streams in their receivers' hands: create, read, update, replace, delete, status.

Named after the modules of the OpenID conformance suite's `openid-ssf-transmitter-test-plan`.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from idp.agencies.models import event_streams
from idp.audit.models import audit_records
from idp.house import House
from idp.transmitter.ssf_metadata import ssf_configuration
from tests.builders import agency, party, register
from tests.protocol.ssf.lab import (
    BOTH,
    CAEP,
    ENDPOINT,
    HEADER,
    ISSUER,
    LINK_CHANGED,
    POLL,
    PUSH,
    PUSHED,
    RISC,
    SSF,
    Receiver,
    Transmitter,
    machine,
)
from tests.races import race

STREAMS = "/ssf/streams"
REVOKED = f"{CAEP}/session-revoked"
CREDENTIAL = f"{CAEP}/credential-change"
COMPLIANCE = f"{CAEP}/device-compliance-change"


@pytest.fixture
def transmitter(house: House) -> Transmitter:
    return Transmitter.of(house)


@pytest.fixture
def voucher(transmitter: Transmitter) -> Receiver:
    """A receiver that manages its stream and has none yet."""
    return transmitter.receiver("voucher")


@pytest.fixture
def smtech(transmitter: Transmitter) -> Receiver:
    """A receiver whose operator registered its stream."""
    return transmitter.receiver("smtech")


def test_metadata(transmitter: Transmitter) -> None:
    """openid-ssf-transmitter-metadata; CAEP Interoperability Profile §2.3: everything that an interoperable transmitter
    must name, nothing empty, every endpoint under the issuer and there."""
    said = transmitter.metadata()
    assert said == ssf_configuration(ISSUER)
    assert said["issuer"] == ISSUER
    assert said["spec_version"] == "1_0"
    assert said["delivery_methods_supported"] == [PUSH, POLL]
    assert said["default_subjects"] == "ALL"
    assert {"spec_urn": "urn:ietf:rfc:6749"} in said["authorization_schemes"]
    assert not [name for name, value in said.items() if value in ([], "", None)]
    adapter = transmitter.app.url_map.bind("127.0.0.1")
    for name, value in said.items():
        if name.endswith("_endpoint"):
            assert adapter.test(value.removeprefix(ISSUER), "POST"), name
    keys = transmitter.app.test_client().get(said["jwks_uri"].removeprefix(ISSUER)).get_json()["keys"]
    assert keys
    assert all({"d", "k", "p", "q"}.isdisjoint(key) for key in keys)


@pytest.mark.parametrize("delivery", [PUSHED, {"method": POLL}])
def test_stream_control_happy_path(voucher: Receiver, delivery: dict[str, str]) -> None:
    """openid-ssf-transmitter-stream-control-happy-path: 201, 200, 200, 200, the three states, 204 while disabled."""
    assert voucher.call("GET", STREAMS).get_json() == []
    made = voucher.create(events_requested=[REVOKED, CREDENTIAL, COMPLIANCE], delivery=delivery)
    stream_id = made["stream_id"]
    assert made["iss"] == ISSUER
    assert made["aud"] == "voucher"
    assert made["delivery"]["method"] == delivery["method"]
    assert made["events_delivered"] == [REVOKED, CREDENTIAL]
    assert 0 < made["min_verification_interval"] <= 30
    assert COMPLIANCE not in made["events_supported"]

    assert voucher.read(stream_id).get_json() == made
    assert voucher.call("GET", STREAMS).get_json() == [made]

    changed = voucher.call("PATCH", STREAMS, {"stream_id": stream_id, "description": "changed"})
    assert (changed.status_code, changed.get_json()) == (200, {**made, "description": "changed"})
    replaced = voucher.call("PUT", STREAMS, {**made, "events_requested": [REVOKED]})
    assert (replaced.status_code, replaced.get_json()["iss"]) == (200, ISSUER)
    assert replaced.get_json()["events_delivered"] == [REVOKED]
    assert "description" not in replaced.get_json()

    at = f"/ssf/status?stream_id={stream_id}"
    assert voucher.call("GET", at).get_json() == {"stream_id": stream_id, "status": "enabled"}
    for status in ("enabled", "paused", "disabled"):
        answered = voucher.call("POST", at, {"stream_id": stream_id, "status": status, "reason": "a test"})
        assert answered.status_code == 200
        assert answered.get_json() == {"stream_id": stream_id, "status": status, "reason": "a test"}
        assert voucher.call("GET", at).get_json() == answered.get_json()
    deleted = voucher.delete(stream_id)
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert voucher.delete(stream_id).status_code == 404


def test_tells_each_receiver_its_own_events(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §8.1.1: `events_supported` may differ; our own type is for our agencies, not for a receiver that is to
    meet standard ones only."""
    supported = voucher.create()["events_supported"]
    assert LINK_CHANGED in supported
    standard = transmitter.receiver("kamp").create()["events_supported"]
    assert set(supported) - set(standard) == {LINK_CHANGED}
    assert all(uri.startswith((CAEP, RISC)) for uri in standard)


def test_delivers_everything_where_nothing_is_asked_for(voucher: Receiver) -> None:
    """SSF 1.0 §8.1.1.1: each property may be left out; without `delivery` events are fetched at an address of the
    stream's own."""
    made = voucher.create()
    assert made["events_delivered"] == made["events_supported"]
    assert "events_requested" not in made
    assert made["delivery"] == {"method": POLL, "endpoint_url": f"{ISSUER}{STREAMS}/{made['stream_id']}/poll"}


def test_passes_over_events_it_does_not_know(voucher: Receiver) -> None:
    """SSF 1.0 §8.1.1: the transmitter MUST ignore what it does not understand, and says what was requested."""
    unknown = ["urn:example:nothing", f"{SSF}/verification", "", REVOKED]
    made = voucher.create(events_requested=unknown)
    assert made["events_delivered"] == [REVOKED]
    assert made["events_requested"] == unknown


def test_one_of_two_who_create_at_once_does(any_house: House) -> None:
    """SSF 1.0 §8.1.1.1, both kinds of database."""
    transmitter = Transmitter.of(any_house)
    voucher = transmitter.receiver("voucher")
    codes = race(lambda _: voucher.call("POST", STREAMS, {"delivery": PUSHED}).status_code, 6)
    assert sorted(codes) == [201, *[409] * 5]


def test_never_tells_the_authorization_header(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §6.1.1: the receiver gives it, the transmitter sends it; kept sealed, shown nowhere."""
    stream_id = voucher.create(delivery=PUSHED)["stream_id"]
    for answered in (voucher.read(stream_id), voucher.call("GET", STREAMS)):
        assert "authorization_header" not in answered.text
        assert HEADER not in answered.text
    with transmitter.house.database.reading() as connection:
        kept = repr(list(connection.execute(select(event_streams)))) + repr(
            list(connection.execute(select(audit_records)))
        )
    assert HEADER not in kept
    transmitter.refresh()
    found = transmitter.house.catalogue.relying_party("voucher")
    assert found is not None
    assert HEADER not in repr(found)


def sealed(transmitter: Transmitter) -> bytes | None:
    with transmitter.house.database.reading() as connection:
        found: bytes | None = connection.execute(select(event_streams.c.authorization)).scalar_one()
    return found


def test_keeps_the_header_of_a_receiver_that_cannot_send_it_back(transmitter: Transmitter, voucher: Receiver) -> None:
    """A change of what was read says nothing of the header, so it stays; elsewhere it was never meant for, and with PUT
    what is missing is deleted (SSF 1.0 §8.1.1.4)."""
    stream_id = voucher.create(delivery=PUSHED)["stream_id"]

    def deliver(method: str, **delivery: Any) -> None:
        body = {"stream_id": stream_id, "delivery": {"method": PUSH, **delivery}}
        assert voucher.call(method, STREAMS, body).status_code == 200

    deliver("PATCH", endpoint_url=f"{ENDPOINT}/other")
    assert sealed(transmitter) is not None
    deliver("PATCH", endpoint_url="http://127.0.0.1:9999/events")
    assert sealed(transmitter) is None
    deliver("PATCH", endpoint_url=ENDPOINT, authorization_header=HEADER)
    assert sealed(transmitter) is not None
    deliver("PUT", endpoint_url=ENDPOINT)
    assert sealed(transmitter) is None


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://evil.example"},
        {"aud": "kamp"},
        {"aud": ["voucher", "kamp"]},
        {"events_supported": []},
        {"events_delivered": [LINK_CHANGED]},
        {"min_verification_interval": 1},
        {"inactivity_timeout": 60},
        {"delivery": {"method": POLL, "endpoint_url": "https://push.example/"}},
    ],
)
def test_keeps_what_is_the_transmitters(voucher: Receiver, change: dict[str, Any]) -> None:
    """SSF 1.0 §8.1.1.3: transmitter-supplied properties, if present, MUST match."""
    made = voucher.create(events_requested=[REVOKED])
    for method in ("PATCH", "PUT"):
        assert voucher.call(method, STREAMS, {**made, **change}).status_code == 400
        agreeing = {**made, "aud": ["voucher"], "events_supported": made["events_supported"][::-1], "unknown": {}}
        assert voucher.call(method, STREAMS, agreeing).get_json() == made


def test_an_operators_stream_is_there_from_the_start(smtech: Receiver) -> None:
    """Integrating: registered by the operator, it can be read, verified and paused, but neither made, changed nor
    deleted by its receiver."""
    (made,) = smtech.call("GET", STREAMS).get_json()
    assert made["stream_id"] == "smtech"
    assert made["delivery"] == {"method": PUSH, "endpoint_url": "https://smtech.example/events"}
    assert made["events_delivered"] == [LINK_CHANGED, f"{RISC}/account-purged"]
    assert smtech.call("POST", STREAMS, {}).status_code == 409
    for method in ("PATCH", "PUT"):
        answered = smtech.call(method, STREAMS, {"stream_id": "smtech", "delivery": PUSHED})
        assert (answered.status_code, answered.get_json()["error"]) == (403, "stream_not_yours")
    assert smtech.delete("smtech").status_code == 403
    assert smtech.set_status("smtech", "paused").status_code == 200
    assert smtech.set_status("smtech", "enabled").status_code == 200
    assert smtech.verify("smtech").status_code == 204
    assert smtech.call("GET", STREAMS).get_json() == [made]


def test_a_relying_party_without_events_has_no_stream(transmitter: Transmitter) -> None:
    """SSF 1.0 §8.1.1.1: 403 where the receiver is not allowed to create one."""
    bizinfo = transmitter.receiver("bizinfo")
    assert bizinfo.call("GET", STREAMS).get_json() == []
    answered = bizinfo.call("POST", STREAMS, {})
    assert (answered.status_code, answered.get_json()["error"]) == (403, "stream_not_yours")


def test_changes_a_registered_stream_that_is_its_receivers(transmitter: Transmitter, voucher: Receiver) -> None:
    """Integrating: a file's delivery is the first; what the receiver does not name stays as the file said."""
    events = {
        "endpoint_url": "https://voucher.example/events",
        "authorization_header": HEADER,
        "managed_by": "receiver",
    }
    machine = {"client_secret": "a-machine-secret-of-more-than-32-characters", "scope": BOTH}
    register(transmitter.house, agency("voucher", party("voucher", events=events, machine_client=machine)))
    changed = voucher.call("PATCH", STREAMS, {"stream_id": "voucher", "events_requested": [REVOKED]}).get_json()
    assert changed["delivery"]["endpoint_url"] == "https://voucher.example/events"
    assert changed["events_delivered"] == [REVOKED]
    assert sealed(transmitter) is not None
    answered = voucher.delete("voucher")
    assert answered.status_code == 403


def test_records_who_changed_what(transmitter: Transmitter, voucher: Receiver) -> None:
    """Account events §3.8: in the audit, in codes."""
    stream_id = voucher.create(delivery=PUSHED)["stream_id"]
    voucher.call("PATCH", STREAMS, {"stream_id": stream_id, "delivery": {"method": POLL}})
    voucher.set_status(stream_id, "paused")
    voucher.delete(stream_id)
    with transmitter.house.database.reading() as connection:
        query = select(audit_records).where(audit_records.c.action.like("stream.%")).order_by(audit_records.c.seq)
        rows = list(connection.execute(query).mappings())
    assert [(row["action"], row["detail"]) for row in rows] == [
        ("stream.created", {"delivery": "push"}),
        ("stream.changed", {"delivery": "poll"}),
        ("stream.status_changed", {"was": "enabled", "status": "paused"}),
        ("stream.deleted", {}),
    ]
    assert {row["actor"] for row in rows} == {"agency:voucher"}


def test_lists_no_type_that_is_the_streams_own(voucher: Receiver) -> None:
    """SSF 1.0 §8.1.4.1: verification and stream-updated come whether requested or not."""
    assert not [uri for uri in voucher.create()["events_supported"] if uri.startswith(SSF)]


def test_makes_a_stream_where_a_registration_took_one_back(transmitter: Transmitter, smtech: Receiver) -> None:
    """What the receiver said of the stream before, its pause too, is not the new one's."""
    assert smtech.set_status("smtech", "paused", reason="old").status_code == 200
    events = {"managed_by": "receiver"}
    register(transmitter.house, agency("smtech", party("smtech", events=events, machine_client=machine())))
    assert smtech.call("GET", STREAMS).get_json() == []
    made = smtech.create()
    assert made["stream_id"] != "smtech"
    status = smtech.call("GET", f"/ssf/status?stream_id={made['stream_id']}").get_json()
    assert status == {"stream_id": made["stream_id"], "status": "enabled"}
