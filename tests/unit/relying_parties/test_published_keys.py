"""Finding the transmitter's keys."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from relying_parties.published_keys import (
    KeysUnavailable,
    PublishedKeys,
    UnknownKey,
    fetch_object,
    openid_configuration,
    ssf_configuration,
)
from tests.unit.relying_parties.transmitter import ISSUER, Transmitter


def test_inserts_the_ssf_path_before_the_issuers() -> None:
    """Shared Signals Framework 1.0 §7.2.1 against OpenID Connect Discovery 1.0 §4."""
    assert ssf_configuration("https://idp.test/a") == "https://idp.test/.well-known/ssf-configuration/a"
    assert openid_configuration("https://idp.test/a") == "https://idp.test/a/.well-known/openid-configuration"


def test_reads_once_for_many_lookups(transmitter: Transmitter) -> None:
    """A key set is kept for a while."""
    keys = transmitter.keys()
    assert {keys.find("rsa-1").kid for _ in range(5)} == {"rsa-1"}
    assert transmitter.fetched == 1


def test_finds_a_key_published_since(transmitter: Transmitter) -> None:
    """A rotation needs no restart: an unknown kid makes it look again."""
    later = transmitter.published.pop(0)
    keys = transmitter.keys()
    keys.find("ec-1")
    transmitter.published.append(later)
    transmitter.elapsed = 11
    assert keys.find("rsa-1").kid == "rsa-1"


def test_does_not_ask_at_every_invented_kid(transmitter: Transmitter) -> None:
    """Else a flood of them would be a flood on the issuer."""
    keys = transmitter.keys()
    with pytest.raises(UnknownKey):
        keys.find("invented-0")
    for number in range(1, 50):
        with pytest.raises(KeysUnavailable):
            keys.find(f"invented-{number}")
    assert transmitter.fetched == 1


def test_drops_a_key_no_longer_published(transmitter: Transmitter) -> None:
    """A withdrawn key stops verifying once the set is read again."""
    keys = transmitter.keys()
    keys.find("rsa-1")
    transmitter.published.pop(0)
    transmitter.elapsed = 3601
    with pytest.raises(UnknownKey):
        keys.find("rsa-1")


def test_outlives_a_short_outage_and_not_a_long_one(transmitter: Transmitter) -> None:
    """What is known serves for a day without the issuer."""
    keys = transmitter.keys()
    keys.find("rsa-1")
    transmitter.reachable = False
    transmitter.elapsed = 4000
    assert keys.find("rsa-1").kid == "rsa-1"
    transmitter.elapsed = 25 * 3600
    with pytest.raises(KeysUnavailable):
        keys.find("rsa-1")


def test_takes_no_symmetric_or_broken_key(transmitter: Transmitter) -> None:
    """With a published secret everybody could sign; a key of an unknown kind must not hide the good ones."""
    transmitter.published += [
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kty": "OKP", "kid": "new", "crv": "Future", "x": "AA"},
        {"kty": "RSA"},
    ]
    keys = transmitter.keys()
    assert keys.find("rsa-1").kid == "rsa-1"
    transmitter.elapsed = 11
    for kid in ("shared", "broken", "new"):
        with pytest.raises((UnknownKey, KeysUnavailable)):
            keys.find(kid)


def test_refuses_a_discovery_document_of_another_issuer(transmitter: Transmitter) -> None:
    """Byte for byte."""
    keys = PublishedKeys("http://x.test", ISSUER + "/", fetch=transmitter.fetch, elapsed=lambda: 0.0)
    with pytest.raises(KeysUnavailable):
        keys.find("rsa-1")


@contextmanager
def answering(status: int, body: bytes, headers: dict[str, str]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        pytest.param(302, b"", {"Location": "http://127.0.0.1:1/"}, id="a redirect"),
        pytest.param(500, b"{}", {}, id="a failure"),
        pytest.param(200, b"not json", {}, id="not JSON"),
        pytest.param(200, b"[]", {}, id="not an object"),
    ],
)
def test_refuses_a_bad_answer(status: int, body: bytes, headers: dict[str, str]) -> None:
    """Every way to fail is the same to the caller: unavailable, try again."""
    with answering(status, body, headers) as url, pytest.raises(KeysUnavailable):
        fetch_object(url)


def test_stops_reading_an_endless_answer() -> None:
    """A key set is small; a body without end must not fill our memory."""
    with answering(200, b"[" * 300_000, {}) as url, pytest.raises(KeysUnavailable, match="longer"):
        fetch_object(url)


def test_reports_nobody_there() -> None:
    """A refused connection is unavailability."""
    with pytest.raises(KeysUnavailable):
        fetch_object("http://127.0.0.1:1/")
