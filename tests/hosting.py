"""A relying party's Web server on a real socket: what it hosts, and every way in which it may host it badly."""

from __future__ import annotations

import contextlib
import json
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Answer = Callable[[bytes, "Host"], Iterator[bytes]]
"""From the head of a request to what is sent, piece by piece."""


class Host(socketserver.ThreadingTCPServer):
    """Listens on a port of its own and keeps the head of every request."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answer: Answer, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.context = context
        self.requests: list[bytes] = []
        self.over = threading.Event()
        """Set when the test is, so that whoever is slow lets go."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"{'http' if self.context is None else 'https'}://127.0.0.1:{self.port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever reads may hang up in mid-answer; that is part of the tests."""


class _Handler(socketserver.BaseRequestHandler):
    server: Host

    def handle(self) -> None:
        connection = self.request
        if self.server.context is not None:
            connection = self.server.context.wrap_socket(connection, server_side=True)
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece:
                return
            head += piece
        self.server.requests.append(head)
        with contextlib.suppress(OSError):
            for piece in self.server.answer(head, self.server):
                connection.sendall(piece)
        connection.close()


def document(body: bytes, kind: str = "application/json", status: str = "200 OK", *lines: str) -> bytes:
    """A whole answer."""
    head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def always(octets: bytes) -> Answer:
    """The same for everybody."""
    return lambda _head, _host: iter([octets])


def saying(value: Callable[[], object]) -> Answer:
    """JSON of what `value` gives at the time."""
    return lambda _head, _host: iter([document(json.dumps(value()).encode())])


@contextmanager
def hosting(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[Host]:
    """A running host."""
    with Host(answer, context) as host:
        thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield host
        finally:
            host.over.set()
            host.shutdown()
            thread.join()
