"""Responders and mirrors on loopback, and every answer that one could give."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.verification.certificates.fetch import Fetch
from idp.verification.certificates.path import Path as Chain
from idp.verification.certificates.x509_values import Certified, read
from idp.verification.lab.issue import Authority, Key, Profile, lab_name
from tests.unit.verification.certificates.authority import CA, NOW, World, randomness

NONCE = bytes(range(32))
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Asked:
    """A certificate and who issued it."""

    leaf: Certified
    ca: Certified
    root: Certified

    @property
    def chain(self) -> Chain:
        return Chain((self.leaf, self.ca, self.root))


def asked(world: World) -> Asked:
    return Asked(read(world.leaf), read(world.authorities[0]), read(world.roots[0]))


@dataclass(frozen=True)
class Reply:
    """An OCSP answer, and every way to spoil it."""

    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD
    from_: timedelta = -HOUR
    until: timedelta | None = HOUR
    nonce: bytes | None = NONCE
    by: Key = CA
    responder: x509.Certificate | None = None
    of: bytes = b""

    def __call__(self, about: Asked) -> bytes:
        leaf = x509.load_der_x509_certificate(self.of or about.leaf.der)
        revoked = self.status is ocsp.OCSPCertStatus.REVOKED
        builder = ocsp.OCSPResponseBuilder().add_response(
            leaf,
            about.ca.certificate,
            hashes.SHA1(),  # noqa: S303  # names the issuer, as requests do
            self.status,
            NOW + self.from_,
            None if self.until is None else NOW + self.until,
            NOW - HOUR if revoked else None,
            None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, self.responder or about.ca.certificate)
        if self.responder is not None:
            builder = builder.certificates([self.responder])
        if self.nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(self.nonce), critical=False)
        return builder.sign(self.by, hashes.SHA256()).public_bytes(Encoding.DER)


def responder(about: Asked, key: Key, *, usage: bool = True, by: Key = CA, ends: timedelta = HOUR) -> x509.Certificate:
    """Whom an authority named its responder, or who says so."""
    told: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    if usage:
        told = ((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),)
    profile = Profile(NOW - 2 * HOUR, NOW + ends, marked=False, further=told)
    return Authority(about.ca.certificate, by).issue(lab_name("Responder", "T"), key, profile, randomness)


@dataclass
class Server:
    """What answers on loopback, and what it was asked."""

    address: str
    host: str
    asked: list[bytes]


@contextmanager
def serving(answer: Callable[[bytes], bytes], *, status: int = 200, location: str = "") -> Iterator[Server]:
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            received.append(self.rfile.read(length))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(answer(received[-1]))

        do_GET = do_POST  # noqa: N815  # the name that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        host = f"127.0.0.1:{server.server_port}"
        yield Server(f"http://{host}", host, received)
        server.shutdown()
        thread.join()


def fetching(*hosts: str) -> Fetch:
    return Fetch(frozenset(hosts), timedelta(seconds=1))
