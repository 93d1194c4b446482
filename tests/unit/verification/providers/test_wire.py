"""What providers are spoken to over: bounded in time and size, and never anywhere else than it was told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from idp.verification.failures import ProviderFailed, ProviderUnavailable
from idp.verification.providers.wire import LARGEST_ANSWER, Wire

Answer = Callable[[socket.socket], None]


@contextmanager
def listening(answer: Answer) -> Iterator[Wire]:
    """A server of few words, and the wire to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        yield Wire("lab", url, frozenset({url.removeprefix("http://")}), 0.7)
        thread.join(5)


def saying(text: str) -> Answer:
    def answer(connection: socket.socket) -> None:
        connection.sendall(text.encode("latin-1"))

    return answer


def test_gives_the_answer_as_it_came() -> None:
    """Status, octets and headers, whatever they are worth."""
    with listening(saying("HTTP/1.1 400 no\r\nX-Seal: abc\r\nContent-Length: 2\r\n\r\n{}")) as wire:
        reply = wire.get("/x")
    assert (reply.status, reply.octets, reply.headers["x-seal"], reply.good) == (400, b"{}", "abc", False)
    assert "{}" not in repr(reply)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_follows_no_redirect(status: int) -> None:
    """The target would be an address that nobody configured: SSRF."""
    moved = f"HTTP/1.1 {status} x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with listening(saying(moved)) as wire, pytest.raises(ProviderFailed, match=f"status {status}"):
        wire.get("/x")


@pytest.mark.parametrize(
    ("status", "failure"),
    [*((each, ProviderFailed) for each in (500, 501)), *((each, ProviderUnavailable) for each in (429, 502, 503, 504))],
)
def test_tells_out_of_order_from_out_of_reach(status: int, failure: type[Exception]) -> None:
    """Each its own code."""
    with listening(saying(f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n")) as wire, pytest.raises(failure):
        wire.get("/x")


def test_reads_no_more_than_an_answer_can_have() -> None:
    """Bounded memory."""

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 ok\r\n\r\n")
        with suppress(OSError):
            for _ in range(LARGEST_ANSWER):
                connection.sendall(b"x" * 4096)

    with listening(endless) as wire, pytest.raises(ProviderFailed, match="too long"):
        wire.get("/x")


@pytest.mark.parametrize(
    "before",
    [
        "HTTP/1.1 200 ok\r\n\r\n",
        "HTTP/1.1 200 ok\r\nX-Seal: ",
        "HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        "HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ",
    ],
    ids=["body", "header", "size of a chunk", "trailer"],
)
def test_waits_for_the_whole_answer_no_longer_than_told(before: str) -> None:
    """A server that sends an octet now and then would pass any limit of a single read (CWE-400)."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(before.encode())
        with suppress(OSError):
            for _ in range(45):
                connection.sendall(b" ")
                time.sleep(0.1)

    began = time.monotonic()
    with listening(drip) as wire:
        with pytest.raises(ProviderUnavailable, match="timeout"):
            wire.get("/x")
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "text", ["", "gibberish\r\n\r\n", "HTTP/1.1 200 ok\r\nContent-Length: 9\r\n\r\nshort", "HTTP/9 x\r\n\r\n"]
)
def test_takes_no_half_answer(text: str) -> None:
    """Provider down, or something else at its address."""
    with listening(saying(text)) as wire, pytest.raises((ProviderFailed, ProviderUnavailable)):
        wire.get("/x")


def test_says_when_nobody_is_there() -> None:
    """Provider down."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(ProviderUnavailable):
        Wire("lab", url, frozenset({url.removeprefix("http://")}), 1).get("/x")


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/x",
        "http://provider.example/x",
        "https://provider.example:8443/x",
        "https://provider.example@elsewhere.example/x",
        "https://user@provider.example/x",
        "https://provider.example /x",
        "https://provider.example\\@elsewhere.example/",
        "https://[provider.example/x",
        "file:///etc/passwd",
        "https://provider.example/\r\nX: y",
    ],
)
def test_speaks_to_configured_hosts_only(url: str) -> None:
    """Architecture §11.2 in spirit: a discovery document must not send us into the operator's network."""
    wire = Wire("lab", "https://provider.example", frozenset({"provider.example"}), 1)
    assert not wire.allows(url)
    with pytest.raises(ProviderFailed, match="not configured"):
        wire.get(url)


def test_speaks_to_further_hosts_that_were_named() -> None:
    """Some providers keep token endpoints elsewhere."""
    wire = Wire("lab", "https://provider.example", frozenset({"provider.example", "tokens.example:8443"}), 1)
    assert wire.allows("https://tokens.example:8443/token?x=1")
    assert wire.allows("https://PROVIDER.example/token")
