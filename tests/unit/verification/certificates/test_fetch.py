"""What is fetched from others is bounded in where, how much and how long (issue: SSRF-bounded)."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest

from idp.errors import ConfigurationError
from idp.verification.certificates.fetch import Fetch, NoAnswer, read_hosts
from tests.unit.verification.certificates.responders import fetching, serving


def test_follows_no_redirect() -> None:
    """An open redirect at a listed host would lead anywhere."""
    with (
        serving(lambda _request: b"secret") as inner,
        serving(lambda _r: b"", status=302, location=inner.address) as outer,
    ):
        with pytest.raises(NoAnswer):
            fetching(outer.host, inner.host)(outer.address, 100)
        assert inner.asked == []


def test_stops_reading_what_is_too_long() -> None:
    """Bounded memory, whatever a mirror sends."""
    with serving(lambda _request: bytes(100_000)) as server:
        assert len(fetching(server.host)(server.address, 100_000)) == 100_000
        with pytest.raises(NoAnswer):
            fetching(server.host)(server.address, 99_999)


def test_asks_again_who_answered() -> None:
    """What a mirror lacks for one member must not keep it from all others: it fails closed for everybody."""
    with serving(lambda _request: b"", status=404) as server:
        fetch = fetching(server.host)
        for _ in range(2):
            with pytest.raises(NoAnswer):
                fetch(server.address, 100)
        assert len(server.asked) == 2


def test_waits_for_nobody_longer_than_told() -> None:
    """A slow responder holds a member up once, not everybody after them."""
    gate = threading.Event()

    def slow(_request: bytes) -> bytes:
        gate.wait(10)
        return b""

    with serving(slow) as server:
        fetch = Fetch(frozenset({server.host}), timedelta(seconds=0.2), elapsed=lambda: 0.0)
        for _ in range(3):
            with pytest.raises(NoAnswer):
                fetch(server.address, 100)
        gate.set()
        assert len(server.asked) == 1


def test_waits_for_a_header_no_longer_than_told() -> None:
    """Sent octet by octet, one line would hold a member's request for hours (CWE-400)."""
    gate = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 ok\r\nX-Slow: ")
                for _ in range(30):
                    connection.sendall(b" ")
                    if gate.wait(0.1):
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        host = f"127.0.0.1:{server.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            Fetch(frozenset({host}), timedelta(seconds=0.4))(f"http://{host}/", 100)
        assert time.monotonic() - began < 2
        gate.set()
        thread.join()


@pytest.mark.parametrize("host", ["responder.example", "http://a.example:80", "a.example:", ":80", "a:b"])
def test_takes_hosts_with_their_port_only(host: str) -> None:
    """A typing error must not look like a rule."""
    with pytest.raises(ConfigurationError, match="revocation_hosts"):
        read_hosts([host])
    assert read_hosts(["Responder.example:4612"]) == {"responder.example:4612"}
