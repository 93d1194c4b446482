"""The document by which several hosts say that they belong together, on a real socket."""

from __future__ import annotations

import pytest

from idp.agencies.hosted_documents import HostedDocuments
from idp.errors import ConfigurationError
from idp.settings import Settings
from tests.hosting import always, document, hosting, saying

URIS = ["https://a.example/callback", "https://b.example/callback"]


def check(url: str, *, environment: str = "demo") -> None:
    settings = Settings.model_construct(environment=environment, private_event_targets=[])
    HostedDocuments.of(settings).check_sector(url, URIS)


def test_lets_pass_what_it_lists() -> None:
    """oidcc-registration-sector-uri: an array that contains every redirect URI, and may contain more."""
    with hosting(saying(lambda: [*URIS, "https://c.example/"])) as host:
        check(f"{host.url}/sector.json")


@pytest.mark.parametrize(
    "answer",
    [
        document(b'["https://a.example/callback"]'),
        document(b'["https://a.example/callback", "https://b.example/callback/"]'),
        document(b'{"redirect_uris": []}'),
        document(b'["https://a.example/callback", "https://b.example/callback", 7]'),
        document(b"null"),
        document(b"<html>", "text/html"),
        document(b'["https://a.example/callback", "https://b.example/callback"]', "text/plain"),
        document(b"", status="404 Not Found"),
        b"HTTP/1.1 302 Found\r\nLocation: https://a.example/\r\nContent-Length: 0\r\n\r\n",
        document(b"[" + b'"https://a.example/callback",' * 5000 + b'"x"]'),
        document(b"[" * 50_000),
        document(b"\xff\xfe"),
    ],
)
def test_refuses_any_other(answer: bytes) -> None:
    """oidcc-registration-sector-bad: refused, whatever is there."""
    with hosting(always(answer)) as host, pytest.raises(ConfigurationError, match="sector_identifier_uri"):
        check(f"{host.url}/sector.json")


def test_goes_nowhere_inside() -> None:
    """CWE-918: a client's document is no way to look around behind the firewall."""
    with hosting(saying(lambda: URIS)) as host, pytest.raises(ConfigurationError):
        check(f"{host.url}/sector.json", environment="production")
    assert host.requests == []
