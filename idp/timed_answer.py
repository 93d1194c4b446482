"""The answer to one HTTP request, whole by an instant or not read at all, however slowly its lines come."""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTP_PORT, HTTPS_PORT, HTTPConnection, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant by a clock that only grows."""

    ends_at: float
    elapsed: Callable[[], float]

    @classmethod
    def after(cls, seconds: float, elapsed: Callable[[], float] = time.monotonic) -> Deadline:
        """So many seconds from now."""
        return cls(elapsed() + seconds, elapsed)

    def left(self) -> float:
        """The seconds that remain.

        Raises:
            TimeoutError: none do.
        """
        left = self.ends_at - self.elapsed()
        if left <= 0:
            raise TimeoutError
        return left


Connect = Callable[[str, int, Deadline], socket.socket]
"""Opens a connection to a host and port. Raises OSError where it cannot by the deadline."""


def to_any(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A connection to whatever the host resolves to: for hosts that the operator chose."""
    return socket.create_connection((host, port), deadline.left())


@contextmanager
def answered(
    verb: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    deadline: Deadline,
    tls: ssl.SSLContext | None,
    connect: Connect = to_any,
) -> Iterator[HTTPResponse]:
    """The answer with its header read, and its body for whoever wants it. No redirect is followed.

    A socket's own time begins anew with every octet: a line that is sent octet by octet would hold its reader for hours
    (CWE-400), and `http.client` reads lines for headers, for the sizes of chunks and after the last of them.

    Raises:
        OSError: nobody answered by the deadline.
        HTTPException: what came is no HTTP.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    context = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
    connection = (
        HTTPConnection(host, parts.port or HTTP_PORT)
        if context is None
        else HTTPSConnection(host, parts.port or HTTPS_PORT, context=context)
    )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with closing(connection):
        connection.sock = _opened(connection, deadline, context, connect)
        connection.request(verb, target, body, {"User-Agent": "onepass-idp", "Connection": "close", **headers})
        held = _Held(connection.sock, deadline.left)
        response = HTTPResponse(held, method=verb)  # type: ignore[arg-type]  # asks for makefile only
        response.begin()
        yield response


def _opened(
    connection: HTTPConnection, deadline: Deadline, context: ssl.SSLContext | None, connect: Connect
) -> socket.socket:
    opened = connect(connection.host, connection.port, deadline)
    try:
        opened.settimeout(deadline.left())
        return opened if context is None else context.wrap_socket(opened, server_hostname=connection.host)
    except BaseException:
        opened.close()
        raise


def octets_of(response: HTTPResponse, longest: int) -> bytes | None:
    """The body; None where it is longer."""
    octets = bytearray()
    while chunk := response.read1(_CHUNK):
        octets += chunk
        if len(octets) > longest:
            return None
    return bytes(octets)


class _Held:
    """A socket as `HTTPResponse` wants it."""

    def __init__(self, held: socket.socket, left: Callable[[], float]) -> None:
        self._held, self._left = held, left

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedOctets(self._held, self._left))


class _TimedOctets(io.RawIOBase):
    """What comes in, each wait no longer than what is left of all."""

    def __init__(self, held: socket.socket, left: Callable[[], float]) -> None:
        super().__init__()
        self._held, self._left = held, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as BufferedReader calls it
        self._held.settimeout(self._left())
        return self._held.recv_into(buffer)
