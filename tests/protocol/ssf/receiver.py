"""A relying party's event endpoint on a real socket: keeps what it got and answers what a test tells it to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Reply:
    """What to answer."""

    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


Answering = Callable[[Received], Reply]


class Receiver(ThreadingHTTPServer):
    """Listens on a port of its own."""

    daemon_threads = True

    def __init__(self, answering: Answering, port: int = 0) -> None:
        # A class of its own, so that a test may change how this one behaves.
        super().__init__(("127.0.0.1", port), type("_Handler", (_Handler,), {}))
        self.answering = answering
        self.received: list[Received] = []
        self.lock = threading.Lock()
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/events"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A worker that hangs up in mid-answer is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        received = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        with self.server.lock:
            self.server.received.append(received)
        reply = self.server.answering(received)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in reply.headers and "Transfer-Encoding" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_arguments: Any) -> None:
        """Quiet."""


@contextmanager
def receiver(answering: Answering = lambda _: Reply(), port: int = 0) -> Iterator[Receiver]:
    """A running receiver; `released` is set when the test is over, so that whoever blocks on it lets go."""
    server = Receiver(answering, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
