"""What a receiver is refused, and how: broken, hostile, another's. SSF 1.0 §8.1."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from idp.house import House
from tests.protocol.ssf.lab import (
    CAEP,
    PUSH,
    PUSHED,
    Receiver,
    Transmitter,
)

STREAMS = "/ssf/streams"
REVOKED = f"{CAEP}/session-revoked"


@pytest.fixture
def transmitter(house: House) -> Transmitter:
    return Transmitter.of(house)


@pytest.fixture
def voucher(transmitter: Transmitter) -> Receiver:
    """A receiver that manages its stream and has none yet."""
    return transmitter.receiver("voucher")


def test_error_create_stream_with_broken_input(voucher: Receiver) -> None:
    """openid-ssf-transmitter-stream-control-error-create-stream-with-broken-input."""
    answered = voucher.call("POST", STREAMS, raw=b";{ broken")
    assert answered.status_code == 400
    assert answered.get_json()["error"] == "invalid_stream_request"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("token", ["", "unknown", "A" * 64])
def test_error_with_invalid_token(voucher: Receiver, method: str, token: str) -> None:
    """openid-ssf-transmitter-stream-control-error-create|read|delete|replace|update-stream-with-invalid-token: 401
    before the body is read and whether or not a stream is there."""
    for path in (STREAMS, f"{STREAMS}?stream_id=nothing"):
        answered = voucher.call(method, path, token=token, raw=b";{ broken")
        assert answered.status_code == 401
        assert answered.headers["WWW-Authenticate"].startswith("Bearer ")
        assert answered.headers["Cache-Control"] == "no-store"
        assert answered.get_json()["error"] == "invalid_token"


@pytest.mark.parametrize("path", ["/ssf/status", "/ssf/verify", "/ssf/subjects/add", "/ssf/subjects/remove"])
def test_asks_who_calls_at_every_endpoint(voucher: Receiver, path: str) -> None:
    """SSF 1.0 §8.1: 401 comes first everywhere."""
    assert voucher.call("POST", path, token="unknown", raw=b"[").status_code == 401


def test_lets_a_reader_read_and_no_more(transmitter: Transmitter) -> None:
    """CAEP Interoperability Profile §2.7.3: `ssf.read` for what only reads, `ssf.manage` for everything."""
    reader = transmitter.receiver("reader")
    assert reader.call("GET", STREAMS).get_json() == []
    assert reader.read("x").status_code == 404
    assert reader.call("GET", "/ssf/status?stream_id=x").status_code == 404
    for method, path in [
        ("POST", STREAMS),
        ("PATCH", STREAMS),
        ("PUT", STREAMS),
        ("DELETE", f"{STREAMS}?stream_id=x"),
        ("POST", "/ssf/status"),
        ("POST", "/ssf/verify"),
        ("POST", "/ssf/subjects/add"),
        ("POST", "/ssf/subjects/remove"),
    ]:
        answered = reader.call(method, path, raw=b"{}")
        assert (answered.status_code, answered.get_json()["error"]) == (403, "insufficient_scope"), (method, path)


def test_error_create_stream_duplicate_config(voucher: Receiver) -> None:
    """openid-ssf-transmitter-stream-control-error-create-stream-duplicate-config: one stream a receiver, 409."""
    made = voucher.create()
    answered = voucher.call("POST", STREAMS, {})
    assert (answered.status_code, answered.get_json()["error"]) == (409, "stream_exists")
    assert voucher.call("GET", STREAMS).get_json() == [made]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "PUT"])
def test_error_unknown_stream(transmitter: Transmitter, voucher: Receiver, method: str) -> None:
    """openid-ssf-transmitter-stream-control-error-read|delete|update|replace-unknown-stream: of a stream just deleted,
    and of another's, which answers the same."""
    stream_id = voucher.create()["stream_id"]
    assert voucher.delete(stream_id).status_code == 204
    kamp = transmitter.receiver("kamp").create()["stream_id"]
    answers = []
    for unknown in (stream_id, kamp, "nothing", "x" * 256):
        if method in ("GET", "DELETE"):
            answered = voucher.call(method, f"{STREAMS}?stream_id={unknown}")
        else:
            answered = voucher.call(method, STREAMS, {"stream_id": unknown, "description": "mine"})
        assert answered.status_code == 404
        answers.append(answered.data)
    assert len(set(answers)) == 1
    assert "description" not in transmitter.receiver("kamp").read(kamp).get_json()


def test_error_unknown_stream_elsewhere(transmitter: Transmitter, voucher: Receiver) -> None:
    """SSF 1.0 §8.1.2–8.1.4: 404 for another's stream at every endpoint; nothing of it changes."""
    voucher.create()
    kamp = transmitter.receiver("kamp")
    theirs = kamp.create()["stream_id"]
    subject = {"format": "email", "email": "a@example.kr"}
    assert voucher.call("GET", f"/ssf/status?stream_id={theirs}").status_code == 404
    assert voucher.set_status(theirs, "disabled").status_code == 404
    assert voucher.verify(theirs).status_code == 404
    for path in ("/ssf/subjects/add", "/ssf/subjects/remove"):
        assert voucher.call("POST", path, {"stream_id": theirs, "subject": subject}).status_code == 404
    assert kamp.call("GET", f"/ssf/status?stream_id={theirs}").get_json()["status"] == "enabled"
    assert transmitter.waiting("kamp") == []


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b";{ broken", b"[]", b"null", b'"x"', b"9" * 9000, b"\xff\xfe"),
        *(b"{" * 5000, b"[" * 200_000, b'{"a":' * 50_000),
        *(b'{"a": NaN}', b'{"a":1,"a":2}', b'{"description":"\\u0000"}', b'{"description":"\\ud800"}'),
    ],
)
def test_error_invalid_body(voucher: Receiver, method: str, raw: bytes) -> None:
    """openid-ssf-transmitter-stream-control-error-update|replace-stream-with-invalid-body: 400, in JSON."""
    answered = voucher.call(method, STREAMS, raw=raw)
    assert answered.status_code == 400
    assert answered.get_json()["error"] == "invalid_stream_request"


def test_error_oversize_body(voucher: Receiver) -> None:
    """RFC 9110 §15.5.14, in JSON."""
    answered = voucher.call("POST", STREAMS, raw=b'{"description": "' + b"x" * 300_000 + b'"}')
    assert (answered.status_code, answered.mimetype) == (413, "application/json")


@pytest.mark.parametrize(
    "body",
    [
        {"delivery": "push"},
        {"delivery": {}},
        {"delivery": None},
        {"delivery": {"method": "urn:example"}},
        {"delivery": {"method": [PUSH]}},
        {"delivery": {"method": PUSH}},
        {"delivery": {"method": PUSH, "endpoint_url": 1}},
        {"delivery": {"method": PUSH, "endpoint_url": "https://push.example/" + "x" * 3000}},
        {"delivery": {"method": PUSH, "endpoint_url": "http://push.example/events"}},
        {"delivery": {"method": PUSH, "endpoint_url": "https://evil.example/"}},
        {"delivery": {"method": PUSH, "endpoint_url": "https://push.example@evil.example/"}},
        {"delivery": {"method": PUSH, "endpoint_url": "https://127.0.0.1/"}},
        {"delivery": {"method": PUSH, "endpoint_url": "https://169.254.169.254/latest/meta-data"}},
        {"delivery": {"method": PUSH, "endpoint_url": "https://user:pw@push.example/"}},
        {"delivery": {"method": PUSH, "endpoint_url": "https://push.example/#x"}},
        {"delivery": {"method": PUSH, "endpoint_url": "file:///etc/passwd"}},
        {"delivery": {**PUSHED, "authorization_header": "Bearer x\r\nX-Injected: 1"}},
        {"delivery": {**PUSHED, "authorization_header": "Bearer 한글"}},
        {"delivery": {**PUSHED, "authorization_header": " Bearer x"}},
        {"delivery": {**PUSHED, "authorization_header": "x" * 5000}},
        {"delivery": {**PUSHED, "authorization_header": ["Bearer x"]}},
        {"events_requested": REVOKED},
        {"events_requested": [1]},
        {"events_requested": ["x" * 1000]},
        {"events_requested": [REVOKED] * 101},
        {"description": {"ko": "x"}},
    ],
)
def test_error_wrong_properties(transmitter: Transmitter, voucher: Receiver, body: dict[str, Any]) -> None:
    """SSF 1.0 §8.1.1.1, RFC 9110 §5.5, CWE-918: what cannot be is refused and nothing is made of it."""
    answered = voucher.call("POST", STREAMS, body)
    assert (answered.status_code, answered.get_json()["error"]) == (400, "invalid_stream_request")
    assert voucher.call("GET", STREAMS).get_json() == []
    stream_id = voucher.create()["stream_id"]
    before = voucher.read(stream_id).get_json()
    for method in ("PATCH", "PUT"):
        assert voucher.call(method, STREAMS, {"stream_id": stream_id, **body}).status_code == 400
    assert voucher.read(stream_id).get_json() == before


def test_error_ambiguous_stream(voucher: Receiver) -> None:
    """Two readers that disagree about which parameter counts are an attack: repeated or contradicting, refused."""
    stream_id = voucher.create()["stream_id"]
    for method, path in (("GET", STREAMS), ("DELETE", STREAMS), ("GET", "/ssf/status")):
        assert voucher.call(method, f"{path}?stream_id={stream_id}&stream_id=x").status_code == 400
    answered = voucher.call("POST", "/ssf/status?stream_id=x", {"stream_id": stream_id, "status": "paused"})
    assert answered.status_code == 400
    answered = voucher.call("POST", f"/ssf/status?stream_id={stream_id}", {"status": "paused"})
    assert answered.get_json() == {"stream_id": stream_id, "status": "paused"}
    for method in ("PATCH", "PUT"):
        assert voucher.call(method, STREAMS, {"description": "x"}).status_code == 400
    assert voucher.call("DELETE", STREAMS).status_code == 400


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [(STREAMS, "HEAD", "POST"), ("/ssf/status", "PUT", "POST"), ("/ssf/verify", "GET", "POST")],
)
def test_refuses_other_methods_in_json(voucher: Receiver, path: str, method: str, allowed: str) -> None:
    """RFC 9110 §15.5.6."""
    answered = voucher.call(method, path)
    assert answered.status_code == 405
    assert allowed in answered.headers["Allow"]
    assert answered.mimetype == "application/json"


def test_counts_calls_and_says_when_to_come_again(house: House) -> None:
    """RFC 6585 §4: a receiver that switches to and fro without end fills no audit; fetching is not counted."""
    few = house.settings.agency_api.model_copy(update={"calls_per_minute": 3})
    limited = Transmitter.of(replace(house, settings=house.settings.model_copy(update={"agency_api": few})))
    voucher = limited.receiver("voucher")
    stream_id = voucher.create()["stream_id"]
    statuses = [voucher.set_status(stream_id, status).status_code for status in ("paused", "enabled", "paused")]
    assert statuses == [200, 200, 429]
    assert voucher.read(stream_id).headers["Retry-After"] == "60"
    assert voucher.poll(stream_id).status_code == 200
    assert limited.receiver("kamp").call("GET", STREAMS).status_code == 200
