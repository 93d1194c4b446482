"""Whether a sector's document vouches for a client's redirect URIs. OpenID Connect Core §8.1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from idp import strict_json
from idp.agencies.self_registration.refusals import RegistrationRefused
from idp.fetch import JSON_KINDS, Fetch, FetchFailed

_LONGEST = 64 * 1024

CheckSector = Callable[[str, Sequence[str]], None]
"""Raises RegistrationRefused where the document at the address does not list every redirect URI."""


@dataclass(frozen=True, slots=True)
class HostedSector:
    """Reads the document where the client says it is, once, when it registers."""

    fetch: Fetch

    def __call__(self, url: str, redirect_uris: Sequence[str]) -> None:
        """Let pass what the document lists.

        Raises:
            RegistrationRefused: it cannot be read, is no array of strings, or lacks one of `redirect_uris`.
        """
        try:
            listed = strict_json.read(self.fetch(url, kinds=JSON_KINDS, longest=_LONGEST))
        except (FetchFailed, ValueError):
            raise _refused("cannot be read") from None
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise _refused("is not an array of strings")
        if not set(redirect_uris) <= set(listed):
            raise _refused("does not list every one of redirect_uris")


def _refused(why: str) -> RegistrationRefused:
    return RegistrationRefused("invalid_client_metadata", f"the document at sector_identifier_uri {why}")
