"""Reading what relying parties host."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from idp import fetch as module
from idp.egress import Egress
from idp.fetch import JSON_KINDS, Fetch, FetchFailed, Found
from idp.settings import Settings
from idp.timed_answer import Deadline
from tests.hosting import Host, always, document, hosting
from tests.unit.mail.conftest import Certificate, make_certificate

_DEMO = Egress.of(Settings(environment="demo"))
_CLOSED = Egress(opened=(), plain_http=True)
_GOOD = document(b'{"keys": []}')


def addresses(*found: str) -> Callable[[str, int, Deadline], list[Found]]:
    """A name server under somebody's control."""
    return lambda _host, port, _deadline: [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
        if ":" in address
        else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
        for address in found
    ]


def why(fetch: Fetch, url: str, longest: int = 1000) -> str:
    with pytest.raises(FetchFailed) as caught:
        fetch(url, kinds=JSON_KINDS, longest=longest)
    return caught.value.detail


def read(fetch: Fetch, url: str) -> bytes:
    return fetch(url, kinds=JSON_KINDS, longest=1000)


@pytest.fixture
def host() -> Iterator[Host]:
    with hosting(always(_GOOD)) as running:
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


def test_reads_what_is_there(host: Host):
    """OpenID Connect Registration §2: `jwks_uri`; the fragment is for us alone and is not sent (Core §6.2)."""
    assert read(Fetch(_DEMO), f"{host.url}/keys?of=voucher#hash") == b'{"keys": []}'
    head = host.requests[0].decode().lower()
    assert head.startswith("get /keys?of=voucher http/1.1\r\n")
    assert "accept-encoding: identity" in head
    assert "cookie" not in head
    assert "authorization" not in head


@pytest.mark.parametrize(
    "name",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "localhost", "[::1]", "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "169.254.169.254", "0.0.0.0", "[::]", "10.0.0.1", "[fe80::1]",  # noqa: S104
    ],
)  # fmt: skip
def test_is_not_led_inside_by_an_address(host: Host, name: str):
    """CWE-918: however the address is written."""
    assert why(Fetch(_CLOSED), f"http://{name}:{host.port}/") == "address refused"
    assert host.requests == []


@pytest.mark.parametrize(
    "found",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "fd00::1",
    ],
)
def test_is_not_led_inside_by_a_name(host: Host, found: str):
    """A name's owner decides what it resolves to; one address inside spoils the honest one beside it."""
    for answer in ((found,), ("8.8.8.8", found), (found, "8.8.8.8")):
        assert why(Fetch(_CLOSED, resolve=addresses(*answer)), f"http://rp.example:{host.port}/") == "address refused"
    assert host.requests == []


def test_judges_again_at_every_connection(host: Host):
    """DNS rebinding: the name is honest when first asked and not the second time (CWE-367)."""
    answers = iter([addresses("127.0.0.1"), addresses("127.0.0.2")])
    only_one = Egress(
        Egress.of(Settings(environment="production", private_event_targets=["127.0.0.1/32"])).opened, plain_http=True
    )

    def resolve(host: str, port: int, deadline: Deadline) -> list[Found]:
        return next(answers)(host, port, deadline)

    fetch = Fetch(only_one, resolve=resolve)
    assert read(fetch, f"http://rp.example:{host.port}/")
    assert why(fetch, f"http://rp.example:{host.port}/") == "address refused"
    assert len(host.requests) == 1


def test_connects_to_the_addresses_that_were_judged(host: Host):
    """There is no second look-up between judging and connecting; a dead address gives way to the next."""
    fetch = Fetch(_DEMO, resolve=addresses("::1", "127.0.0.1"))
    assert read(fetch, f"http://nobody-knows-this.invalid:{host.port}/")
    assert f"Host: nobody-knows-this.invalid:{host.port}".encode() in host.requests[0]


def test_follows_no_redirect(host: Host):
    """Its target would be an address that nobody registered."""
    for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent"):
        moved = document(b"", "application/json", status, f"Location: {host.url}/inside")
        with hosting(always(moved)) as outside:
            assert why(Fetch(_DEMO), outside.url) == f"status {status[:3]}"
    assert host.requests == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://user:word@127.0.0.1:8101/", "credentials in the address"),
        ("http://127.0.0.1:8101@evil.example/", "credentials in the address"),
        ("http://rp.example:25/", "port"),
        ("http://rp.example:0/", "port"),
        ("http://rp.example:99999/", "not an address"),
        ("http://rp.example:80:80/", "not an address"),
        ("http:///keys", "not an address"),
        ("http://[::1/", "not an address"),
        ("http://rp.example/a\r\nHost: inside", "not an address"),
        ("http://rp.example\\@inside/", "not an address"),
        ("http://rp.example/a b", "not an address"),
        ("http://예제.example/", "not an address"),
        ("file:///etc/passwd", "not an address"),
        ("file://localhost/etc/passwd", "scheme"),
        ("gopher://rp.example/", "scheme"),
        ("ftp://rp.example/", "scheme"),
        ("", "not an address"),
    ],
)
def test_reads_addresses_of_the_web_only(url: str, reason: str):
    """RFC 9700 §4: nothing but https, http in a demonstration."""
    assert why(Fetch(_DEMO), url) == reason


def test_reads_over_tls_only_in_production(host: Host):
    """RFC 7517 §5, OpenID Connect Registration §2: keys over plain http could be anybody's."""
    production = Egress.of(Settings(environment="production", private_event_targets=["127.0.0.0/8"]))
    assert why(Fetch(production), host.url) == "scheme"


def test_verifies_whom_it_speaks_to(certificate: Certificate):
    """By the machine's authorities, and by the name that was asked for."""
    trusting = ssl.create_default_context(cafile=certificate.file)
    with hosting(always(_GOOD), certificate.context) as host:
        assert read(Fetch(_DEMO, tls=lambda: trusting), host.url) == b'{"keys": []}'
        assert why(Fetch(_DEMO), host.url) == "tls"
        named = Fetch(_DEMO, resolve=addresses("127.0.0.1"), tls=lambda: trusting)
        assert why(named, f"https://other.example:{host.port}/") == "tls"
        assert len(host.requests) == 1


def test_believes_the_authorities_of_the_environment(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """`SSL_CERT_FILE`, as for events: an agency network has its own authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    with hosting(always(_GOOD), certificate.context) as host:
        assert read(Fetch(_DEMO, tls=module._tls.__wrapped__), host.url)


def _drip(*parts: bytes) -> Callable[[bytes, Host], Iterator[bytes]]:
    def answer(_head: bytes, host: Host) -> Iterator[bytes]:
        yield parts[0]
        for octet in parts[1] * 1000:
            if host.over.wait(0.02):
                return
            yield bytes([octet])

    return answer


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"", b"HTTP/1.1 200 OK"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    ],
    ids=["nothing", "header", "body", "chunk"],
)
def test_gives_up_on_one_that_answers_octet_by_octet(first: bytes, then: bytes):
    """CWE-400: a socket's own time begins anew with every octet; ours does not."""
    with hosting(_drip(first, then)) as host:
        began = time.monotonic()
        assert why(Fetch(_DEMO, patience=timedelta(seconds=0.3)), host.url) == "timeout"
        assert time.monotonic() - began < 2


def test_gives_up_on_one_that_never_finishes_tls():
    """The handshake counts too."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        assert why(Fetch(_DEMO, patience=timedelta(seconds=0.3)), url) == "timeout"


def test_gives_up_on_a_name_that_nobody_answers_for(monkeypatch: pytest.MonkeyPatch):
    """Looking up counts too, and one dead name keeps one thread however many ask."""
    over, asked = threading.Event(), []

    def dead(*arguments: object, **_named: object) -> list[Found]:
        asked.append(arguments)
        over.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", dead)
    fetch = Fetch(_DEMO, patience=timedelta(seconds=0.2), resolve=module._Names())
    try:
        for _ in range(3):
            assert why(fetch, "http://dead.example/") == "timeout"
        assert len(asked) == 1
    finally:
        over.set()


def test_looks_up_anew_after_an_answer(host: Host, monkeypatch: pytest.MonkeyPatch):
    """What was found is not kept: it is judged at the moment, or it proves nothing."""
    real, asked = socket.getaddrinfo, []

    def counting(*arguments: object, **named: object) -> object:
        asked.append(arguments[0])
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", counting)
    fetch = Fetch(_DEMO, resolve=module._Names())
    assert read(fetch, host.url) == read(fetch, host.url)
    assert asked == ["127.0.0.1", "127.0.0.1"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (document(b"x" * 1001), "too long"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b"x" * 5000, "too long"),
        (document(b"x" * 10)[:-3], "cut off"),
        (document(b"{}", "text/html"), "content type"),
        (document(b"{}", ""), "content type"),
        (b"HTTP/1.1 200 OK\r\n\r\n{}", "content type"),
        (document(b"{}", "application/json", "200 OK", "Content-Encoding: gzip"), "encoded"),
        (document(b"{}", "application/json", "204 No Content"), "status 204"),
        (document(b"{}", "application/json", "404 Not Found"), "status 404"),
        (document(b"{}", "application/json", "500 Oops"), "status 500"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", "protocol"),
        (b"", "connect"),
    ],
)
def test_takes_nothing_that_it_cannot_use(answer: bytes, reason: str):
    """The reason is for the log; what was sent is in neither."""
    with hosting(always(answer)) as host, capture_logs() as lines:
        assert why(Fetch(_DEMO), host.url) == reason
    assert lines == [{"event": "fetch.failed", "log_level": "info", "host": "127.0.0.1", "why": reason}]


def test_says_when_nobody_listens():
    """Neither a failure of ours nor a stack trace."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert why(Fetch(_DEMO), f"http://127.0.0.1:{port}/") == "connect"


def test_takes_no_proxy_from_the_environment(host: Host, monkeypatch: pytest.MonkeyPatch):
    """A proxy variable left in a shell would take every judgement of addresses away."""
    with hosting(always(_GOOD)) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert read(Fetch(_DEMO), host.url)
        assert proxy.requests == []
