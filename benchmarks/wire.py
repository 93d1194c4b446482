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
        """Send one request and read its answer."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        carried = f"Cookie: {cookie}\r\n" if cookie else ""
        answer = self.exchange(f"{head}Host: 127.0.0.1:{self.port}\r\n{carried}\r\n".encode() + body)
        head_of_answer, _, content = answer.partition(b"\r\n\r\n")
        status_line, *lines = head_of_answer.decode("latin-1").split("\r\n")
        location = ""
        for line in lines:
            name, _, value = line.partition(": ")
            match name.lower():
                case "location":
                    location = value
                case "set-cookie":
                    self._remember(value)
        return Answered(int(status_line.split(" ", 2)[1]), location, content)

    def exchange(self, request: bytes) -> bytes:
        """One request out, one whole answer in; opens the connection anew where the server had closed it."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more(self._socket)
        length = closing = 0
        for line in received[:end].lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
            elif line.startswith(b"transfer-encoding:"):
                raise ValueError("this client reads answers of known length only")
            elif line == b"connection: close":
                closing = 1
        while len(received) < end + 4 + length:
            received += self._more(self._socket)
        if closing:
            self.close()
        return received

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

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
