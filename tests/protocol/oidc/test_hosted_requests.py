"""Signed authorization requests by reference. RFC 9101 §5.2, OpenID Connect Core §6.2."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.oidc import hosted_request
from tests.builders import register
from tests.fakes import FrozenClock
from tests.hosting import Host, document, hosting
from tests.protocol.oidc.lab import Browser, Provider, heard, is_a_page, request_of
from tests.protocol.oidc.signing_party import SIGNER, STRANGERS, ask, by_hand, claims, signed, signer

KIND = "application/oauth-authz-req+jwt"


class Served:
    """What the relying party's server says now."""

    def __init__(self) -> None:
        self.body = b""
        self.kind = KIND
        self.status = "200 OK"
        self.lines: tuple[str, ...] = ()
        self.held: threading.Event | None = None

    def __call__(self, _head: bytes, _host: Host) -> Iterator[bytes]:
        if self.held is not None:
            self.held.wait(10)
        return iter([document(self.body, self.kind, self.status, *self.lines)])


@pytest.fixture
def served(clock: FrozenClock) -> Served:
    served = Served()
    served.body = signed(claims(clock), "RS256").encode()
    return served


@pytest.fixture
def host(served: Served) -> Iterator[Host]:
    with hosting(served) as running:
        yield running


@pytest.fixture
def address(provider: Provider, host: Host) -> str:
    """The registered address, with a fragment as OpenID Connect Core §6.2 has it."""
    address = f"{host.url}/request.jwt#A-hash-of-something"
    register(provider.house, signer(request_uris=[address]))
    return address


def told(answer: TestResponse) -> dict[str, Any]:
    return heard(answer, SIGNER)


def test_reads_what_its_client_hosts(browser: Browser, address: str, host: Host) -> None:
    """oidcc-request-uri-signed-rs256: the fragment is not asked for, and nothing is read before it is needed."""
    assert host.requests == []
    assert "code" in told(browser.pages(ask(browser, request_uri=address)))
    (head,) = host.requests
    assert head.startswith(b"GET /request.jwt HTTP/1.1\r\n")


def test_reads_it_anew_each_time(browser: Browser, address: str, served: Served, clock: FrozenClock) -> None:
    """OpenID Connect Core §6.2: what is hosted may change."""
    assert told(browser.pages(ask(browser, request_uri=address)))["state"] == "a state"
    served.body = signed(claims(clock, state="another"), "RS256").encode() + b"\n"
    assert told(ask(browser, request_uri=address))["state"] == "another"


@pytest.mark.parametrize(
    "change",
    [
        lambda address: address.partition("#")[0],
        lambda address: address + "x",
        lambda address: address.replace("/request.jwt", "/request.jwt?x=1"),
        lambda address: address.replace("http://", "http://user@"),
        lambda _address: "http://127.0.0.1:1/",
        lambda _address: "http://169.254.169.254/latest/meta-data",
        lambda _address: "file:///etc/passwd",
        lambda _address: "data:,x",
        lambda _address: "urn:ietf:params:oauth:request_uri",
    ],
)
def test_goes_to_no_address_that_is_not_registered(browser: Browser, address: str, host: Host, change: Any) -> None:
    """RFC 9101 §10.4.1, OpenID Connect Registration §2: whoever may name any address can look inside (CWE-918)."""
    other = change(address)
    assert is_a_page(ask(browser, request_uri=other), 400)
    assert told(ask(browser, request_uri=other, **request_of(SIGNER)))["error"] == "invalid_request_uri"
    assert host.requests == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "404 Not Found"),
        ("status", "302 Found"),
        ("status", "500 Oh"),
        ("kind", "text/html"),
        ("kind", ""),
        ("lines", ("Content-Encoding: gzip",)),
        ("body", b"A" * 20_000),
    ],
)
def test_says_where_nothing_that_can_be_used_is_there(
    browser: Browser, address: str, served: Served, field: str, value: Any
) -> None:
    """RFC 9101 §7: invalid_request_uri; redirects are not followed."""
    setattr(served, field, value)
    assert is_a_page(ask(browser, request_uri=address), 400)
    assert told(ask(browser, request_uri=address, **request_of(SIGNER)))["error"] == "invalid_request_uri"


def test_believes_nothing_because_of_where_it_lies(
    browser: Browser, address: str, served: Served, clock: FrozenClock
) -> None:
    """oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported, oidcc-request-uri-unsigned: signed
    as if it came by value."""
    beside = request_of(SIGNER)
    served.body = by_hand({"alg": "none"}, claims(clock)).encode()
    assert told(ask(browser, request_uri=address, **beside))["error"] == "request_uri_not_supported"
    for body in (b"", b"\xff\xfe", b"{}", signed(claims(clock), key=STRANGERS).encode()):
        served.body = body
        assert told(ask(browser, request_uri=address, **beside))["error"] == "invalid_request_object"


def test_keeps_few_threads_for_it(browser: Browser, provider: Provider, address: str, served: Served) -> None:
    """CWE-400: anybody may send browsers here; of those that wait for one slow host, most are told to come again."""
    served.held = threading.Event()
    answers: list[int] = []

    def another() -> None:
        answers.append(ask(provider.browser(), request_uri=address).status_code)

    waiting = [threading.Thread(target=another) for _ in range(hosted_request._AT_ONCE + 3)]
    for each in waiting:
        each.start()
    for each in waiting:
        each.join(0.3)
    assert answers == [429] * 3
    served.held.set()
    for each in waiting:
        each.join(10)
    assert sorted(answers) == [303] * hosted_request._AT_ONCE + [429] * 3
    assert ask(browser, request_uri=address).status_code == 303


def test_asks_a_host_so_many_times_a_minute(
    browser: Browser, address: str, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CWE-406: nobody makes us a burden to a relying party."""
    monkeypatch.setattr(hosted_request, "_PER_MINUTE", 2)
    assert [ask(browser, request_uri=address).status_code for _ in range(4)] == [303, 303, 429, 429]
    assert len(host.requests) == 2
