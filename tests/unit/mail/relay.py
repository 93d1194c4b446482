"""A small SMTP relay that a test tells what to answer. RFC 5321, as much of it as smtplib uses."""

from __future__ import annotations

import contextlib
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast


@dataclass
class Relay:
    """What it heard, and how it behaves."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    at_once: bool = False
    answers: dict[str, list[str]] = field(default_factory=dict)
    """By verb: the answers to give instead, the last of them for good. `drop` ends the connection, `wait` holds it."""
    senders: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    taken: list[EmailMessage] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    greeted_as: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def instead(self, verb: str) -> str | None:
        scripted = self.answers.get(verb)
        if not scripted:
            return None
        return scripted.pop(0) if len(scripted) > 1 else scripted[0]


class _Session(socketserver.StreamRequestHandler):
    relay: Relay

    def handle(self) -> None:
        secure = False
        if self.relay.at_once:
            self._secure()
            secure = True
        self._say("CONNECT", "220 relay.test")
        with contextlib.suppress(_Over, OSError):
            while line := self.rfile.readline():
                verb = line.split()[0].decode().upper().split(":")[0] if line.split() else ""
                if verb == "STARTTLS":
                    self._say(verb, "220 go ahead")
                    self._secure()
                    secure = True
                elif verb == "QUIT":
                    self._say(verb, "221 bye")
                    return
                else:
                    self._command(verb, line.decode().strip(), secure=secure)

    def _command(self, verb: str, line: str, *, secure: bool) -> None:
        relay = self.relay
        if verb == "EHLO":
            relay.greeted_as.append(line.split()[1])
            offers = ["relay.test", "8BITMIME"]
            offers += ["STARTTLS"] if relay.tls and not secure else []
            offers += ["AUTH PLAIN"] if secure else []
            text = "".join(f"250-{offer}\r\n" for offer in offers) + "250 SIZE 1000000"
            self._say(verb, text)
        elif verb == "AUTH":
            relay.logins.append(line.split()[2])
            self._say(verb, "235 welcome")
        elif verb == "MAIL":
            relay.senders.append(line)
            relay.encrypted.append(secure)
            self._say(verb, "250 ok")
        elif verb == "RCPT":
            relay.recipients.append(line)
            self._say(verb, "250 ok")
        elif verb == "DATA":
            if not self._say(verb, "354 go on").startswith("354"):
                return
            octets = b""
            while (line_of_data := self.rfile.readline()) != b".\r\n":
                octets += line_of_data.removeprefix(b".") if line_of_data.startswith(b"..") else line_of_data
            relay.taken.append(cast("EmailMessage", message_from_bytes(octets, policy=cast("Any", default))))
            self._say("END", "250 taken")
        else:
            self._say(verb, "250 ok")

    def _say(self, verb: str, usual: str) -> str:
        answer = self.relay.instead(verb) or usual
        if answer == "drop":
            raise _Over
        if answer == "wait":
            self.relay.released.wait(20)
            raise _Over
        if answer.startswith("slow "):
            time.sleep(0.1)
            answer = answer.removeprefix("slow ")
        self.wfile.write(answer.encode() + b"\r\n")
        return answer

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        # After STARTTLS this is another socket than the one the server closes.
        self.request.close()

    def _secure(self) -> None:
        assert self.relay.tls is not None
        try:
            self.request = self.relay.tls.wrap_socket(self.request, server_side=True)
        except (ssl.SSLError, OSError):
            raise _Over from None
        self.setup()


class _Over(Exception):
    """The connection ends here."""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the middle is what some tests are about."""


@contextlib.contextmanager
def running(relay: Relay) -> Iterator[Relay]:
    """`relay`, listening on a port of this machine."""
    handler = type("Handler", (_Session,), {"relay": relay})
    with _Server(("127.0.0.1", 0), handler) as server:
        relay.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield relay
        finally:
            relay.released.set()
            server.shutdown()
            thread.join()
