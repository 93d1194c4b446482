"""An HTTP answer that is whole by an instant, or is not read: however slowly its lines come."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse


def answer_in_time(connection: HTTPConnection, verb: str, left: Callable[[], float]) -> HTTPResponse:
    """The answer to what was just sent, its header read. `left` gives the seconds that remain, and raises when none do.

    A socket's own time begins anew with every octet: a line that is sent octet by octet would hold its reader for hours
    (CWE-400), and `http.client` reads lines for headers, for the sizes of chunks and after the last of them.
    """
    response = HTTPResponse(_Held(connection.sock, left), method=verb)  # type: ignore[arg-type]  # asks for makefile only
    response.begin()
    return response


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
