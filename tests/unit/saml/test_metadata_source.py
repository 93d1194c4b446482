"""Where a registration's metadata comes from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from idp.agencies.registration_file import SamlEntry
from idp.errors import ConfigurationError
from idp.saml.metadata_source import MetadataSource
from idp.saml.registration import Registrations
from idp.saml.sp_metadata import METADATA_LIMIT
from tests.fakes import FrozenClock
from tests.unit.saml.conftest import relying_party
from tests.vectors.saml.forge import ENTITY_ID, Signatory, metadata


class Site(BaseHTTPRequestHandler):
    """A provider's web site."""

    def do_GET(self) -> None:
        self.send_response(302 if self.path == "/moved" else 404 if self.path == "/gone" else 200)
        if self.path == "/moved":
            self.send_header("Location", "/metadata")
        self.end_headers()
        bodies = {"/metadata": metadata().encode(), "/large": b"x" * (METADATA_LIMIT + 1), "/latin": b"\xe9"}
        self.wfile.write(bodies.get(self.path, b""))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Silence."""


@pytest.fixture
def site() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def source(frozen_clock: FrozenClock) -> MetadataSource:
    return MetadataSource(frozen_clock)


def entry(**values: Any) -> SamlEntry:
    return SamlEntry.model_validate({"id": "smtech-saml", "protocol": "saml", **values})


def test_reads_a_file_beside_the_registration(source: MetadataSource, tmp_path: Path):
    """`metadata_file` lies relative to the file that names it."""
    (tmp_path / "sp.xml").write_text(metadata())
    assert source(entry(metadata_file="sp.xml"), tmp_path) == (metadata(), ENTITY_ID)


def test_fetches_an_address(source: MetadataSource, site: str):
    """`metadata_url`, once, when the registration is applied."""
    assert source(entry(metadata_url=f"{site}/metadata"), Path()) == (metadata(), ENTITY_ID)


@pytest.mark.parametrize("path", ["moved", "gone", "large", "latin", "empty"])
def test_refuses_what_an_address_should_not_answer(path: str, source: MetadataSource, site: str):
    """No redirects, which could lead into our own network; no failure, no flood, no other encoding."""
    with pytest.raises(ConfigurationError, match="smtech-saml"):
        source(entry(metadata_url=f"{site}/{path}"), Path())


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"metadata_xml": metadata(), "metadata_file": "sp.xml"},
        {"metadata_file": "missing.xml"},
        {"metadata_url": "file:///etc/hostname"},
        {"metadata_url": "http://smtech.example/metadata"},
        {"metadata_url": "http://127.0.0.1:9/metadata"},
        {"metadata_xml": "<x/>"},
        {"metadata_xml": metadata(attributes='validUntil="2026-03-02T09:00:00Z"')},
        {"metadata_xml": metadata(attributes='AuthnRequestsSigned="true"')},
        {"metadata_xml": metadata(), "require_signed_requests": True},
    ],
    ids=range(10),
)
def test_tells_the_operator_what_is_wrong(values: dict[str, str], source: MetadataSource, tmp_path: Path):
    """Before a member meets it: missing, doubled, unreadable, over, or signing without a key."""
    with pytest.raises(ConfigurationError, match="smtech-saml"):
        source(entry(**values), tmp_path)


def test_takes_signed_requests_with_a_key(source: MetadataSource, provider_key: Signatory):
    """The counterpart of the refusal above."""
    text = metadata(provider_key, attributes='AuthnRequestsSigned="true"')
    assert source(entry(metadata_xml=text), Path()) == (text, ENTITY_ID)


def test_reads_each_version_of_a_registration_once():
    """Parsing costs a millisecond; a new version replaces what was read (SDP-MD: updates replace keys)."""
    registrations = Registrations()
    party = relying_party(metadata())
    first = registrations.of(party)
    assert first is not None
    assert registrations.of(party) is first
    changed = relying_party(metadata().replace("/acs", "/other"), version=2)
    second = registrations.of(changed)
    assert second is not None
    assert second.provider.default_consumer.url.value.endswith("/other")
