"""What a client hosts and we read once, when it is registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from idp import strict_json
from idp.agencies.client_metadata import ClientMetadata
from idp.agencies.logo import KINDS, LONGEST, Logo, NoLogo, read_logo
from idp.egress import Egress
from idp.errors import ConfigurationError
from idp.fetch import JSON_KINDS, Fetch, FetchFailed
from idp.settings import Settings

_LONGEST_SECTOR = 64 * 1024


@dataclass(frozen=True, slots=True)
class HostedDocuments:
    """Reads them where the client says they are."""

    fetch: Fetch

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """By the rules of this deployment for where we may be led.

        Raises:
            ConfigurationError: an entry of `private_event_targets` is not a network.
        """
        return cls(Fetch(Egress.of(settings)))

    def __call__(self, metadata: ClientMetadata) -> Logo | None:
        """Let pass what the sector's document lists, and the logo, where there is one.

        Raises:
            ConfigurationError: one of the two is not there or cannot be used; begins with the name of the metadata.
        """
        if metadata.sector_identifier_uri is not None:
            self.check_sector(metadata.sector_identifier_uri, metadata.redirect_uris)
        return None if metadata.logo_uri is None else self.logo(metadata.logo_uri)

    def check_sector(self, url: str, redirect_uris: Sequence[str]) -> None:
        """Let pass what the document lists. OpenID Connect Core §8.1.

        Raises:
            ConfigurationError: it cannot be read, is no array of strings, or lacks one of `redirect_uris`.
        """
        try:
            listed = strict_json.read(self.fetch(url, kinds=JSON_KINDS, longest=_LONGEST_SECTOR))
        except (FetchFailed, ValueError):
            raise ConfigurationError("sector_identifier_uri: the document cannot be read") from None
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise ConfigurationError("sector_identifier_uri: the document is not an array of strings")
        if not set(redirect_uris) <= set(listed):
            raise ConfigurationError("sector_identifier_uri: the document does not list every one of redirect_uris")

    def logo(self, url: str) -> Logo:
        """The image, to be shown from our own address: a page that loaded it from there would tell the client who looks
        at the page, before anybody agreed to anything.

        Raises:
            ConfigurationError: it cannot be read or shown.
        """
        try:
            return read_logo(self.fetch(url, kinds=KINDS, longest=LONGEST))
        except FetchFailed:
            raise ConfigurationError("logo_uri: the image cannot be read") from None
        except NoLogo as error:
            raise ConfigurationError(f"logo_uri: {error.detail}") from None
