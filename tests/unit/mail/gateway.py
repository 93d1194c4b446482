"""A small SMS gateway that a test tells what to answer."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Gateway:
    """What it was sent, and how it behaves."""

    port: int = 0
    statuses: list[int] = field(default_factory=lambda: [202])
    """The answers to give, the last of them for good; 0 hangs up, -1 waits, -2 sends octet by octet."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/messages?account=1"


class _Door(BaseHTTPRequestHandler):
    gateway: Gateway

    def do_POST(self) -> None:
        gateway = self.gateway
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        gateway.requests.append({"path": self.path, "headers": dict(self.headers), "body": body})
        status = gateway.statuses.pop(0) if len(gateway.statuses) > 1 else gateway.statuses[0]
        if status == -1:
            gateway.released.wait(20)
        if status == -2:
            with contextlib.suppress(OSError):
                self.wfile.write(b"HTTP/1.1 202 ok\r\nX-Slow: ")
                while not gateway.released.wait(0.1):
                    self.wfile.write(b" ")
        if status < 1:
            return
        self.send_response(status)
        if 300 <= status <= 399:
            self.send_header("Location", f"http://127.0.0.1:{gateway.port}/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: a test's output is its own."""


@contextlib.contextmanager
def running(gateway: Gateway) -> Iterator[Gateway]:
    """`gateway`, listening on a port of this machine."""
    handler = type("Handler", (_Door,), {"gateway": gateway})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        gateway.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield gateway
        finally:
            gateway.released.set()
            server.shutdown()
            thread.join()
