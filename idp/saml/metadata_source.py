"""Fetching the metadata a registration entry names; supplied to `agencies`, which speaks no SAML."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from idp.agencies.registered_url import registered
from idp.agencies.registration_file import SamlEntry
from idp.clock import Clock
from idp.errors import ConfigurationError
from idp.saml import sp_metadata
from idp.saml.sp_metadata import METADATA_LIMIT

_TIMEOUT_SECONDS: Final = 10


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The operator named one address; a redirect could lead to a file or into our own network."""

    def redirect_request(self, *_arguments: object, **_named: object) -> None:
        return None


@dataclass(frozen=True, slots=True)
class MetadataSource:
    """Reads `metadata_file`, `metadata_url` or `metadata_xml` of a registration entry, and the document itself."""

    clock: Clock

    def __call__(self, entry: SamlEntry, folder: Path) -> tuple[str, str]:
        """The metadata text and the entityID in it; `metadata_file` lies relative to `folder`.

        Raises:
            ConfigurationError: none or several are named, it cannot be fetched, or we cannot use what it says.
        """
        sources = [entry.metadata_file, entry.metadata_url, entry.metadata_xml]
        if sum(source is not None for source in sources) != 1:
            raise ConfigurationError(f"{entry.id}: exactly one of metadata_file, metadata_url and metadata_xml")
        try:
            text = self._text(entry, folder)
            provider = sp_metadata.read(text)
        except ConfigurationError as error:
            raise ConfigurationError(f"{entry.id}: {error.detail}") from error
        if provider.valid_until is not None and provider.valid_until <= self.clock.now():
            raise ConfigurationError(f"{entry.id}: the metadata is past its validUntil; fetch it anew")
        required = provider.signs_requests if entry.require_signed_requests is None else entry.require_signed_requests
        if required and not provider.signing_certificates:
            raise ConfigurationError(f"{entry.id}: requests must be signed, but the metadata has no signing key")
        return text, provider.entity_id

    def _text(self, entry: SamlEntry, folder: Path) -> str:
        if entry.metadata_xml is not None:
            return entry.metadata_xml
        if entry.metadata_url is not None:
            return _fetched(registered(entry.metadata_url, what="metadata_url").value)
        try:
            return (folder / str(entry.metadata_file)).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"metadata_file: {type(error).__name__}") from error


def _fetched(url: str) -> str:
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(url, timeout=_TIMEOUT_SECONDS) as answer:
            octets: bytes = answer.read(METADATA_LIMIT + 1)
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        raise ConfigurationError(f"metadata_url: {type(error).__name__}") from error
    if len(octets) > METADATA_LIMIT:
        raise ConfigurationError(f"metadata_url: more than {METADATA_LIMIT} octets")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError("metadata_url: not UTF-8") from error
