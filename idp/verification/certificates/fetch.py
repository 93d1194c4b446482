"""Asking responders and mirrors over HTTP: only those that the operator listed, within a time and a size."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from urllib.parse import urlsplit

from idp.errors import ConfigurationError, IdpError
from idp.timed_answer import Deadline, answered, octets_of

_PORTS = {"http": 80, "https": 443}
_OK = 200
_REST = 30.0
"""Seconds for which a host that did not answer is left alone: members do not wait for it one after the other."""


class NoAnswer(IdpError):
    """Not an address that may be asked, or nothing came of it that can be used."""

    code = "no_answer_about_revocation"


@dataclass(frozen=True)
class Fetch:
    """Asks `hosts`, each `host:port`, and nobody else: a certificate names addresses, and a member brings it. Redirects
    are not followed, for the same reason."""

    hosts: frozenset[str]
    timeout: timedelta
    elapsed: Callable[[], float] = time.monotonic
    _resting: dict[str, float] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, address: str, longest: int, body: bytes | None = None, kind: str = "") -> bytes:
        """What is at `address`, or what it answers to `body`.

        Raises:
            NoAnswer: it may not be asked, was down a moment ago, or gives nothing good in time.
        """
        host = self._allowed(address)
        if self._resting.get(host, 0) > self.elapsed():
            raise NoAnswer("resting")
        try:
            return self._ask(address, longest, body, kind)
        except NoAnswer:
            # It answered, and nobody waited for it: one list that a mirror lacks must not silence it about all others.
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            with self._lock:
                self._resting[host] = self.elapsed() + _REST
            raise NoAnswer(type(error).__name__) from None

    def _allowed(self, address: str) -> str:
        try:
            parts = urlsplit(address)
            host = f"{parts.hostname}:{parts.port or _PORTS.get(parts.scheme, 0)}"
        except ValueError:
            raise NoAnswer("address") from None
        if parts.scheme not in _PORTS or parts.username is not None or host not in self.hosts:
            raise NoAnswer("not an address of the operator's")
        if not address.isascii() or not address.isprintable() or " " in address:
            raise NoAnswer("address")
        return host

    def _ask(self, address: str, longest: int, body: bytes | None, kind: str) -> bytes:
        headers = {"Content-Type": kind} if kind else {}
        deadline = Deadline.after(self.timeout.total_seconds(), self.elapsed)
        with answered("GET" if body is None else "POST", address, body, headers, deadline, _tls()) as response:
            if response.status != _OK:
                raise NoAnswer(f"status {response.status}")
            octets = octets_of(response, longest)
            if octets is None:
                raise NoAnswer("too long")
            return octets


@cache
def _tls() -> ssl.SSLContext:
    """Kept: reading the machine's certificates takes longer than a request."""
    return ssl.create_default_context()


def read_hosts(listed: list[str]) -> frozenset[str]:
    """The hosts of the setting `certificates.revocation_hosts`.

    Raises:
        ConfigurationError: one of them is not `host:port`.
    """
    for each in listed:
        host, colon, port = each.rpartition(":")
        if not host or not colon or not port.isascii() or not port.isdigit() or "/" in host:
            raise ConfigurationError(f"certificates.revocation_hosts: {each} is not host:port")
    return frozenset(each.lower() for each in listed)
