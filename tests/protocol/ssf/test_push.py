"""Pushing to receivers on real sockets: what arrives, in which order, and what each kind of answer leads to."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.clock import epoch_seconds
from idp.settings import Settings
from idp.signals.catalogue import Channel
from idp.storage.database import Database
from tests.fakes import FrozenClock
from tests.looping import wait_for
from tests.protocol.ssf.kit import ISSUER, House
from tests.protocol.ssf.receiver import Received, Reply, receiver


@pytest.fixture
def house(any_database: Database, tmp_path: Path) -> House:
    """An empty outbox by the machine's clock."""
    return House(any_database, tmp_path / "keys")


@pytest.fixture
def frozen(any_database: Database, tmp_path: Path) -> House:
    """An empty outbox by a clock that the test moves."""
    return House(any_database, tmp_path / "keys", FrozenClock())


def _read(house: House, token: str, use: Any = "events", alg: str = "ES256") -> jwt.Token:
    published: Any = house.keyring.jwks(use)
    return jwt.decode(token, KeySet.import_key_set(published), algorithms=[alg])


def _subject(house: House, received: Received) -> str:
    subject: str = _read(house, received.body).claims["sub_id"]["sub"]
    return subject


def _all_delivered(house: House) -> bool:
    return set(house.states()) == {"delivered"}


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_pushes_a_signed_event(house: House, alg: Any):
    """RFC 8935 §2.1, RFC 8417, SSF 1.0 §4; verified by a second JOSE library."""
    with receiver() as server:
        house.addresses.add("voucher", server.url, alg=alg, authorization_header="Bearer s3cret")
        (jti,) = house.tell("voucher", "subject-1", current_status="unlinked", version=3)
        with house.working():
            wait_for(lambda: _all_delivered(house))
    (received,) = server.received
    assert received.headers["content-type"] == "application/secevent+jwt"
    assert received.headers["accept"] == "application/json"
    assert received.headers["authorization"] == "Bearer s3cret"
    token = _read(house, received.body, alg=alg)
    assert token.header == {"alg": alg, "typ": "secevent+jwt", "kid": house.keyring.signing_key("events", alg).kid}
    (row,) = house.rows()
    uri = "https://schemas.onepass.example/secevent/link/event-type/account-link-changed"
    assert token.claims == {
        "iss": ISSUER,
        "iat": epoch_seconds(row["occurred_at"]),
        "jti": jti,
        "aud": "aud-voucher",
        "txn": row["txn"],
        "sub_id": {"format": "iss_sub", "iss": ISSUER, "sub": "subject-1"},
        "events": {uri: {"current_status": "unlinked", "version": 3}},
    }


def test_sends_no_authorization_where_none_is_registered(house: House):
    """SSF 1.0 §6.1.1: never a header the receiver did not give us."""
    with receiver() as server:
        house.addresses.add("voucher", server.url)
        house.tell("voucher", "a")
        with house.working():
            wait_for(lambda: _all_delivered(house))
    assert "authorization" not in server.received[0].headers
    assert "cookie" not in server.received[0].headers


def test_delivers_a_logout_token(house: House):
    """OpenID Connect Back-Channel Logout 1.0 §2.4, §2.5: a form, signed with the keys of ID tokens."""
    with receiver(lambda _: Reply(200)) as server:
        house.addresses.add("voucher", server.url, Channel.LOGOUT, alg="RS256")
        house.tell("voucher", "subject-1", channel=Channel.LOGOUT, sub="subject-1", sid="session-1")
        with house.working():
            wait_for(lambda: _all_delivered(house))
    (received,) = server.received
    assert received.headers["content-type"] == "application/x-www-form-urlencoded"
    form = parse_qs(received.body, strict_parsing=True)
    assert set(form) == {"logout_token"}
    token = _read(house, form["logout_token"][0], "oidc", "RS256")
    assert token.header["typ"] == "logout+jwt"
    assert token.claims["sub"] == "subject-1"
    assert token.claims["sid"] == "session-1"
    assert token.claims["exp"] - token.claims["iat"] == 120
    assert "nonce" not in token.claims


def test_keeps_the_order_of_each_subject_and_never_overlaps_it(house: House):
    """Account events §3.3, two workers at once: one request of a subject at a time, in the order things happened."""
    overlapping, under_way, lock = [], set(), threading.Lock()

    def answering(received: Received) -> Reply:
        subject = _subject(house, received)
        with lock:
            if subject in under_way:
                overlapping.append(subject)
            under_way.add(subject)
        time.sleep(0.01)
        with lock:
            under_way.discard(subject)
        return Reply()

    with receiver(answering) as server:
        house.addresses.add("voucher", server.url)
        jtis = house.tell("voucher", *(f"s{number % 5}" for number in range(40)))
        with house.working(house.worker(), house.worker()):
            wait_for(lambda: _all_delivered(house))
    arrived = [_read(house, received.body).claims for received in server.received]
    assert not overlapping
    assert sorted(claims["jti"] for claims in arrived) == sorted(jtis)
    for subject in {f"s{number}" for number in range(5)}:
        versions = [
            next(iter(claims["events"].values()))["version"] for claims in arrived if claims["sub_id"]["sub"] == subject
        ]
        assert versions == sorted(versions)


@pytest.mark.parametrize("fault", ["hangs", "dribbles", "refuses connections"])
def test_a_sick_receiver_does_not_delay_the_others(house: House, fault: str):
    """Account events §3.3: lanes are apart. One receiver never answers, or a byte a while; the other's messages fly."""

    def answering(_received: Received) -> Reply:
        sick.released.wait(20)
        return Reply()

    with receiver(answering) as sick, receiver() as well:
        url = {"refuses connections": "http://127.0.0.1:9/"}.get(fault, sick.url)
        if fault == "dribbles":
            sick.RequestHandlerClass.do_POST = _dribble  # type: ignore[attr-defined]
        house.addresses.add("sick", url)
        house.addresses.add("well", well.url)
        house.tell("sick", *(f"s{number}" for number in range(50)))
        with house.working():
            time.sleep(0.1)
            house.tell("well", *(f"s{number}" for number in range(50)))
            wait_for(lambda: len(well.received) == 50, 8)
            assert set(house.states(relying_party_id="sick")) == {"pending"}
            sick.released.set()


def test_leaves_a_hanging_receiver_alone_for_a_minute(frozen: House):
    """The whole request has a time limit (account events §3.4); who hits it is overloaded."""
    frozen.events = frozen.events.model_copy(update={"total_timeout": timedelta(milliseconds=200)})

    def answering(_received: Received) -> Reply:
        server.released.wait(20)
        return Reply()

    with receiver(answering) as server:
        frozen.addresses.add("voucher", server.url)
        frozen.tell("voucher", "a")
        with frozen.working():
            wait_for(lambda: bool(frozen.attempts()))
            server.released.set()
            _pass(frozen, timedelta(seconds=59))
            assert len(frozen.attempts()) == 1
            _pass(frozen, timedelta(seconds=1))
            wait_for(lambda: _all_delivered(frozen))
    assert [line["outcome"] for line in frozen.attempts()] == ["timeout", "accepted"]


def _dribble(handler: Any) -> None:
    """Headers that never end."""
    handler.wfile.write(b"HTTP/1.1 202 Accepted\r\n")
    while not handler.server.released.wait(0.1):
        handler.wfile.write(b"X-Slow: 1\r\n")
    handler.close_connection = True


def test_waits_as_long_as_a_busy_receiver_asks(frozen: House):
    """429 with Retry-After (account events §3.4): silence until then, one probe, then the rest."""
    replies = iter([Reply(429, {"Retry-After": "600"})])
    with receiver(lambda _: next(replies, Reply())) as server:
        frozen.events = frozen.events.model_copy(update={"concurrency": 1})
        frozen.addresses.add("voucher", server.url)
        frozen.tell("voucher", "a", "b", "c")
        with frozen.working():
            # Counted from when the worker heard it: time may pass only after it has written that down.
            wait_for(lambda: len(frozen.attempts()) == 1)
            _pass(frozen, timedelta(seconds=599))
            assert len(server.received) == 1
            _pass(frozen, timedelta(seconds=1))
            wait_for(lambda: _all_delivered(frozen))
    assert {row["attempts"] for row in frozen.rows()} == {0}


def _pass(house: House, by: timedelta) -> None:
    """Move the clock and let the worker look a few times."""
    assert isinstance(house.clock, FrozenClock)
    house.clock.advance(by)
    time.sleep(0.2)


def test_a_refused_message_ends_as_a_dead_letter_and_others_pass(frozen: House):
    """400 with `err` (RFC 8935 §2.3): five more tries within 31 hours; another subject is not held up."""

    def answering(received: Received) -> Reply:
        if _subject(frozen, received) == "bad":
            return Reply(400, body=json.dumps({"err": "invalid_request", "description": "홍길동"}).encode())
        return Reply()

    with receiver(answering) as server:
        frozen.addresses.add("voucher", server.url)
        (bad, _) = frozen.tell("voucher", "bad", "good")
        with frozen.working():
            wait_for(lambda: frozen.states(subject="good") == ["delivered"])
            for number, minutes in enumerate((1, 10, 60, 360, 1440), 1):
                wait_for(_refusals(frozen, number))
                _pass(frozen, timedelta(minutes=minutes))
            wait_for(lambda: frozen.states(subject="bad") == ["refused"])
    tries = [_read(frozen, received.body).claims["jti"] for received in server.received]
    assert tries.count(bad) == 6
    assert "홍길동" not in str(frozen.attempts())


def _refusals(house: House, number: int) -> Callable[[], bool]:
    return lambda: bool(house.rows(subject="bad")[0]["attempts"] == number)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_does_not_follow_redirects(house: House, status: int):
    """A message goes where somebody registered and nowhere else (architecture §11.2)."""
    with receiver() as elsewhere, receiver(lambda _: Reply(status, {"Location": elsewhere.url})) as server:
        house.addresses.add("voucher", server.url)
        house.tell("voucher", "a")
        with house.working():
            wait_for(lambda: bool(house.attempts()))
    assert not elsewhere.received
    assert house.states() == ["pending"]


@pytest.mark.parametrize("status", [202, 400])
def test_reads_no_more_of_an_answer_than_it_needs(house: House, status: int):
    """A body without end: 4 kB are read, the connection is dropped, the verdict stands."""

    def endless(handler: Any) -> None:
        handler.rfile.read(int(handler.headers["Content-Length"]))
        handler.send_response(status)
        handler.send_header("Content-Length", str(10**12))
        handler.end_headers()
        sent = 0
        try:
            while not handler.server.released.is_set() and sent < 50_000_000:
                sent += handler.wfile.write(b"x" * 65536)
        except OSError:
            pass
        finally:
            handler.server.sent = sent
            handler.close_connection = True

    with receiver() as server:
        server.RequestHandlerClass.do_POST = endless  # type: ignore[attr-defined]
        house.addresses.add("voucher", server.url)
        house.tell("voucher", "a")
        with house.working():
            wait_for(lambda: bool(house.attempts()))
            wait_for(lambda: hasattr(server, "sent"))
    assert server.sent < 50_000_000  # type: ignore[attr-defined]
    assert house.attempts()[0]["outcome"] == ("accepted" if status == 202 else "http_400")


def test_refuses_a_certificate_it_cannot_trust(house: House, tmp_path: Path):
    """TLS is verified, and its failure is the endpoint's."""
    with receiver() as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_self_signed(tmp_path))
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        house.addresses.add("voucher", server.url.replace("http:", "https:"))
        house.tell("voucher", "a")
        with house.working():
            wait_for(lambda: bool(house.attempts()))
    assert house.attempts()[0]["outcome"] == "tls"
    assert not server.received


def _self_signed(directory: Path) -> Path:
    from idp.clock import SystemClock  # noqa: PLC0415
    from idp.crypto import signing_key  # noqa: PLC0415
    from idp.randomness import SystemRandomness  # noqa: PLC0415

    private = signing_key.generate("ES256")
    path = directory / "server.pem"
    certificate = signing_key.self_signed(private, "localhost", SystemClock().now(), SystemRandomness())
    path.write_bytes(signing_key.to_pem(private) + certificate.encode())
    return path


def test_opens_no_connection_into_the_house(house: House):
    """Account events §3.6: in production an address inside needs an operator's exception."""
    with receiver() as server:
        house.settings = Settings(environment="production")
        house.addresses.add("plain", server.url)
        house.addresses.add("inside", server.url.replace("http:", "https:"))
        house.tell("plain", "a")
        house.tell("inside", "a")
        with house.working():
            wait_for(lambda: len(house.attempts()) >= 2)
    outcomes = {line["relying_party_id"]: line["outcome"] for line in house.attempts()}
    assert outcomes == {"plain": "insecure_url", "inside": "address_refused"}
    assert not server.received


def test_signs_every_attempt_anew_with_the_key_of_the_day(frozen: House):
    """Account events §3.5: a rotation in the middle of an outage strands nothing; `jti` and `iat` stay."""
    replies = iter([Reply(503, {"Retry-After": "20"})])
    with receiver(lambda _: next(replies, Reply())) as server:
        frozen.addresses.add("voucher", server.url)
        frozen.tell("voucher", "a")
        with frozen.working():
            wait_for(lambda: len(frozen.attempts()) == 1)
            _pass(frozen, timedelta(seconds=1))
            frozen.rotate("events", "ES256")
            _pass(frozen, timedelta(seconds=30))
            wait_for(lambda: _all_delivered(frozen))
    first, second = (_read(frozen, received.body) for received in server.received)
    assert first.header["kid"] != second.header["kid"]
    assert first.claims == second.claims
    assert [line["kid"] for line in frozen.attempts()] == [first.header["kid"], second.header["kid"]]


def test_a_missing_key_stops_its_own_lane_only(house: House):
    """The receiver registered an algorithm for which there is no key: its lane rests, the others go on."""
    with receiver() as server:
        house.addresses.add("odd", server.url, alg="EdDSA")
        house.addresses.add("voucher", server.url)
        house.tell("odd", "a")
        house.tell("voucher", "a")
        with house.working():
            wait_for(lambda: house.states(relying_party_id="voucher") == ["delivered"])
            wait_for(lambda: len(house.attempts()) >= 2)
    assert {line["outcome"] for line in house.attempts()} == {"accepted", "cannot_sign"}


def test_survives_a_receiver_that_speaks_no_http(house: House):
    """Whatever comes back, the worker goes on."""

    def nonsense(handler: Any) -> None:
        handler.wfile.write(b"\x00\xff SMTP ready\r\n\r\n")
        handler.close_connection = True

    with receiver() as server, receiver() as well:
        server.RequestHandlerClass.do_POST = nonsense  # type: ignore[attr-defined]
        house.addresses.add("voucher", server.url)
        house.addresses.add("kamp", well.url)
        house.tell("voucher", "a")
        with house.working():
            wait_for(lambda: bool(house.attempts()))
            house.tell("kamp", "a")
            wait_for(lambda: house.states(relying_party_id="kamp") == ["delivered"])
    assert house.attempts()[0]["outcome"] in {"protocol", "disconnected"}


def test_hangs_up_twice_within_the_time_of_one_request(house: House):
    """A receiver that keeps a request and closes without an answer is asked once more, and both together take no longer
    than one may: a lease is made for that, and its end would let another worker send the same message meanwhile."""
    house.events = house.events.model_copy(update={"total_timeout": timedelta(seconds=1)})

    def hang_up(handler: Any) -> None:
        time.sleep(0.8)
        handler.close_connection = True

    with receiver() as server:
        server.RequestHandlerClass.do_POST = hang_up  # type: ignore[attr-defined]
        house.addresses.add("voucher", server.url)
        house.tell("voucher", "a")
        with house.working():
            wait_for(lambda: bool(house.attempts()))
    assert house.attempts()[0]["outcome"] == "timeout"
    assert house.attempts()[0]["milliseconds"] < 1400
