"""The smallest client that can keep a connection, remember cookies and read an answer: what it costs itself must not
crowd out the server on the same two cores."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer."""

    status: int
    location: str
    body: bytes


@dataclass(slots=True)
class Wire:
    """One kept connection to one port of this machine, with the cookies of one browser."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    _socket: socket.socket | None = None

    def get(self, target: str, headers: str = "") -> Answered:
        return self.send(f"GET {target} HTTP/1.1\r\n{headers}", b"")

    def post(self, target: str, form: str, headers: str = "") -> Answered:
        kind = "Content-Type: application/x-www-form-urlencoded\r\n"
        return self.send(f"POST {target} HTTP/1.1\r\n{kind}Content-Length: {len(form)}\r\n{headers}", form.encode())

    def send(self, head: str, body: bytes) -> Answered:
        """Send one request and read its answer; opens the connection anew where the server had closed it."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        carried = f"Cookie: {cookie}\r\n" if cookie else ""
        self._socket.sendall(f"{head}Host: 127.0.0.1:{self.port}\r\n{carried}\r\n".encode() + body)
        return self._read(self._socket)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _read(self, connection: socket.socket) -> Answered:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        length, location, closing = 0, "", False
        for line in lines:
            name, _, value = line.partition(": ")
            match name.lower():
                case "content-length":
                    length = int(value)
                case "location":
                    location = value
                case "set-cookie":
                    self._remember(value)
                case "connection":
                    closing = value.lower() == "close"
                case "transfer-encoding":
                    raise ValueError("this client reads answers of known length only")
        while len(body) < length:
            body += self._more(connection)
        if closing:
            self.close()
        return Answered(int(status_line.split(" ", 2)[1]), location, body)

    def _more(self, connection: socket.socket) -> bytes:
        received = connection.recv(65536)
        if not received:
            self.close()
            raise ConnectionError("the server closed the connection in the middle of an answer")
        return received

    def _remember(self, value: str) -> None:
        pair, _, attributes = value.partition(";")
        name, _, content = pair.partition("=")
        if "max-age=0" in attributes.lower():
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = content
