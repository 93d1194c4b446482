"""Reading what relying parties host: keys, request objects, lists of redirect addresses. Never a way to look inside."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from http.client import HTTPException, HTTPResponse
from urllib.parse import urldefrag, urlsplit

import structlog

from idp.egress import AddressRefused, Egress
from idp.errors import IdpError
from idp.timed_answer import Deadline, answered, octets_of

JSON_KINDS = frozenset({"application/json", "application/jwk-set+json"})
"""Media types of JSON documents. RFC 8259 §11, RFC 7517 §8.5."""

_OK = 200
_PATIENCE = timedelta(seconds=5)
_FIRST_FREE_PORT = 1024

_log = structlog.get_logger(__name__)

Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int]]


class FetchFailed(IdpError):
    """It may not be read, or nothing that can be used came in time. `detail` holds nothing that was sent."""

    code = "fetch_failed"


class _Names:
    """Looks names up on threads of its own, and a name once for all who ask meanwhile.

    `getaddrinfo` keeps its thread for as long as the name's server likes, and there are few: whoever waits gives up in
    time, and one party's dead name server does not take the threads of all others.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(8, "fetch-names")
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, int], Future[list[Found]]] = {}

    def __call__(self, host: str, port: int, deadline: Deadline) -> list[Found]:
        key = host, port
        with self._lock:
            known = self._asked.get(key)
            asked = self._asked[key] = known or self._threads.submit(_look_up, host, port)
        if known is None:
            asked.add_done_callback(lambda _: self._asked.pop(key, None))
        return asked.result(deadline.left())


def _look_up(host: str, port: int) -> list[Found]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [(family, kind, protocol, "", address) for family, kind, protocol, _, address in found]  # type: ignore[misc]


@cache
def _tls() -> ssl.SSLContext:
    """The machine's authorities, or those of `SSL_CERT_FILE`. Kept: reading them takes longer than a request."""
    return ssl.create_default_context()


_names = _Names()


@dataclass(frozen=True, slots=True)
class Fetch:
    """Reads one document by GET: without redirects, cookies, credentials or a proxy from the environment.

    Every address a host resolves to is judged where it is connected to, each time anew (CWE-918, CWE-367).
    """

    egress: Egress
    patience: timedelta = _PATIENCE
    """For the whole: looking up, connecting, TLS, and the last octet."""
    resolve: Callable[[str, int, Deadline], list[Found]] = field(default=_names, repr=False)
    tls: Callable[[], ssl.SSLContext] = field(default=_tls, repr=False)
    elapsed: Callable[[], float] = time.monotonic

    def __call__(self, url: str, *, kinds: Collection[str], longest: int) -> bytes:
        """The octets at `url`, without its fragment; at most `longest`, and of one of the media types `kinds`.

        Raises:
            FetchFailed: there is nothing that may be read, or can be used.
        """
        address, _ = urldefrag(url)
        host = self._host(address)
        try:
            return self._read(address, kinds, longest)
        except FetchFailed as failed:
            raise _told(host, failed.detail) from None
        except AddressRefused:
            raise _told(host, "address refused") from None
        except TimeoutError:
            raise _told(host, "timeout") from None
        except ssl.SSLError:
            raise _told(host, "tls") from None
        except OSError:
            raise _told(host, "connect") from None
        except (HTTPException, ValueError):
            raise _told(host, "protocol") from None

    def _host(self, address: str) -> str:
        try:
            parts = urlsplit(address)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise _told("", "not an address") from None
        if not host or not address.isascii() or not address.isprintable() or set(" \\") & set(address):
            raise _told("", "not an address")
        if parts.username is not None or parts.password is not None:
            raise _told(host, "credentials in the address")
        if not self.egress.allows_scheme(address):
            raise _told(host, "scheme")
        # What listens below is not the Web's, and may take a request of ours for its own.
        if port is not None and port < _FIRST_FREE_PORT and port not in (80, 443):
            raise _told(host, "port")
        return host

    def _read(self, address: str, kinds: Collection[str], longest: int) -> bytes:
        deadline = Deadline.after(self.patience.total_seconds(), self.elapsed)
        headers = {"Accept": ", ".join(sorted(kinds)), "Accept-Encoding": "identity"}
        with answered("GET", address, None, headers, deadline, self.tls(), self._connect) as response:
            _refuse_unusable(response, kinds)
            octets = octets_of(response, longest)
            if octets is None:
                raise FetchFailed("too long")
            if response.length:
                raise FetchFailed("cut off")
            return octets

    def _connect(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        """Refuses a name as soon as one of its addresses is not allowed: an honest name does not mix the two."""
        found = self.resolve(host, port, deadline)
        if not all(self.egress.allows(str(address[0])) for *_, address in found):
            raise AddressRefused
        failure: OSError = OSError("no address")
        for family, kind, protocol, _, address in found:
            opened = socket.socket(family, kind, protocol)
            try:
                opened.settimeout(deadline.left())
                opened.connect(address)
            except OSError as error:
                opened.close()
                failure = error
            else:
                return opened
        raise failure


def _refuse_unusable(response: HTTPResponse, kinds: Collection[str]) -> None:
    if response.status != _OK:
        raise FetchFailed(f"status {response.status}")
    if response.getheader("Content-Encoding", "identity").strip().lower() != "identity":
        raise FetchFailed("encoded")
    if response.getheader("Content-Type", "").partition(";")[0].strip().lower() not in kinds:
        raise FetchFailed("content type")


def _told(host: str, why: str) -> FetchFailed:
    _log.info("fetch.failed", host=host, why=why)
    return FetchFailed(why)
