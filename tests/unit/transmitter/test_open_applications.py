"""What agencies say before a member leaves: heard where they speak in time, and never in the way."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from idp.egress import Egress
from idp.house import House
from idp.transmitter.open_applications import OpenApplications
from tests.builders import agency, party, register

HEADER = "Bearer of-this-test"


@dataclass
class Asked:
    """One system of an agency, which answers as it was told to."""

    answer: Any = None
    status: int = 200
    after: float = 0
    location: str | None = None
    heard: list[tuple[str | None, Any]] = field(default_factory=list)


@contextmanager
def served(asked: Asked) -> Iterator[str]:
    """The address at which it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers["Content-Length"]))
            asked.heard.append((self.headers["Authorization"], json.loads(said)))
            time.sleep(asked.after)
            body = asked.answer if isinstance(asked.answer, bytes) else json.dumps(asked.answer).encode()
            self.send_response(asked.status)
            if asked.location is not None:
                self.send_header("Location", asked.location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # whoever asked may have lost patience
                self.wfile.write(body)

        def log_message(self, *_said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/open"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def registered(house: House, identifier: str, url: str | None) -> None:
    events = {"endpoint_url": f"https://{identifier}.example/events", "authorization_header": HEADER}
    if url is not None:
        events["withdrawal_check_url"] = url
    register(house, agency(identifier, party(identifier, events=events)))


def asking(house: House, *, patience: float = 3, egress: Egress | None = None) -> OpenApplications:
    where = egress or Egress.of(house.settings)
    return OpenApplications(house.catalogue, house.cipher, where, timedelta(seconds=patience), 2)


def test_hears_who_says_so(house: House) -> None:
    """By the pairwise subject and the header that was registered; whoever did not register is not asked."""
    kamp, voucher = Asked({"open": True, "more": "ignored"}), Asked({"open": False})
    with served(kamp) as at_kamp, served(voucher) as at_voucher:
        registered(house, "kamp", at_kamp)
        registered(house, "voucher", at_voucher)
        registered(house, "silent", None)
        said = asking(house)([("kamp", "subject-1"), ("voucher", "subject-2"), ("silent", "subject-3")])
    assert said == {"kamp"}
    assert kamp.heard == [(HEADER, {"sub": "subject-1"})]
    assert voucher.heard == [(HEADER, {"sub": "subject-2"})]


@pytest.mark.parametrize(
    "asked",
    [
        Asked({"open": "true"}),
        Asked(["open"]),
        Asked(b"not json"),
        Asked(b"[" * 4000),
        Asked({"open": True}, status=500),
        Asked({"open": True}, status=302, location="http://127.0.0.1:1/"),
        Asked({"open": True, "filling": "x" * 5000}),
    ],
    ids=["text", "list", "no-json", "deep", "error", "redirect", "too-long"],
)
def test_takes_everything_else_for_no(house: House, asked: Asked) -> None:
    """Never a veto, and no way to make the page fail."""
    with served(asked) as address:
        registered(house, "kamp", address)
        assert asking(house)([("kamp", "subject")]) == frozenset()
    assert len(asked.heard) == 1


def test_waits_no_longer_than_it_says(house: House) -> None:
    """Three seconds for all of them together, however many hang; who spoke in time is heard."""
    slow, quick = Asked({"open": True}, after=1.5), Asked({"open": True})
    with served(slow) as hanging, served(quick) as speaking:
        registered(house, "slow", hanging)
        registered(house, "quick", speaking)
        registered(house, "dead", "http://127.0.0.1:1/open")
        before = time.monotonic()
        said = asking(house, patience=0.6)([("slow", "a"), ("quick", "b"), ("dead", "c")])
        assert time.monotonic() - before < 1.4
    assert said == {"quick"}


def test_waits_for_no_name_server_either(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking a name up keeps a thread for as long as its server likes; the member's page does not wait for it."""
    known = socket.getaddrinfo

    def slow(host: Any, *asked: Any, **also: Any) -> Any:
        if host != "dead.example":
            return known(host, *asked, **also)
        time.sleep(3)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    registered(house, "kamp", "https://dead.example/open")
    before = time.monotonic()
    assert asking(house, patience=0.3)([("kamp", "subject")]) == frozenset()
    assert time.monotonic() - before < 2


def test_goes_nowhere_inside(house: House) -> None:
    """SSRF: an address that resolves into our own network is not connected to."""
    inside = Asked({"open": True})
    with served(inside) as address:
        registered(house, "kamp", address)
        assert asking(house, egress=Egress((), plain_http=True))([("kamp", "subject")]) == frozenset()
        assert asking(house, egress=Egress((), plain_http=False))([("kamp", "subject")]) == frozenset()
    assert inside.heard == []
