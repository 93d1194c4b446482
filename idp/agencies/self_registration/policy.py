"""What the holder of an initial access token may register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urldefrag, urlsplit

from idp.agencies.client_metadata import ClientMetadata
from idp.agencies.registered_url import registered_on_hosts
from idp.agencies.self_registration.refusals import RegistrationRefused
from idp.errors import ConfigurationError

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_URLS = (
    "client_uri",
    "initiate_login_uri",
    "jwks_uri",
    "sector_identifier_uri",
    "frontchannel_logout_uri",
    "backchannel_logout_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
)


@dataclass(frozen=True, slots=True)
class RegistrationPolicy:
    """What the operator allows; everything else is refused."""

    hosts: tuple[str, ...]
    """`host` or `host:port` of every address a client names, exactly."""
    scopes: tuple[str, ...]
    """The most its clients may ever ask members for; a client that names none gets all of them."""
    grant_types: frozenset[str]
    response_types: frozenset[str]
    authentication_methods: frozenset[str]
    require_pkce: bool = True

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """The policy that `document` made `kept` of."""
        return cls(
            hosts=tuple(kept["hosts"]),
            scopes=tuple(kept["scopes"]),
            grant_types=frozenset(kept["grant_types"]),
            response_types=frozenset(kept["response_types"]),
            authentication_methods=frozenset(kept["authentication_methods"]),
            require_pkce=kept["require_pkce"],
        )

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "hosts": list(self.hosts),
            "scopes": list(self.scopes),
            "grant_types": sorted(self.grant_types),
            "response_types": sorted(self.response_types),
            "authentication_methods": sorted(self.authentication_methods),
            "require_pkce": self.require_pkce,
        }

    def judge(self, metadata: ClientMetadata) -> None:
        """Let pass what is allowed.

        Raises:
            RegistrationRefused: something in it is not.
        """
        if not self.grant_types.issuperset(metadata.grant_types):
            raise _refused("grant_types holds one that is not allowed")
        if not self.response_types.issuperset(metadata.response_types):
            raise _refused("response_types holds one that is not allowed")
        if metadata.token_endpoint_auth_method not in self.authentication_methods:
            raise _refused("token_endpoint_auth_method is not allowed")
        if self.require_pkce and not metadata.require_pkce:
            raise _refused("require_pkce may not be false")
        for url in metadata.redirect_uris:
            try:
                registered_on_hosts(url, self.hosts, what="redirect_uris")
            except ConfigurationError:
                raise RegistrationRefused(
                    "invalid_redirect_uri", "redirect_uris must be absolute, without fragment, on an allowed host"
                ) from None
        self._judge_addresses(metadata)
        if metadata.sector_identifier_uri is None and len(_named(metadata.redirect_uris)) > 1:
            # OpenID Connect Core §8.1: several hosts prove by it that they belong together.
            raise _refused("redirect_uris on several hosts need sector_identifier_uri")

    def _judge_addresses(self, metadata: ClientMetadata) -> None:
        given = [(name, url) for name in _URLS if (url := getattr(metadata, name)) is not None]
        given += [("post_logout_redirect_uris", url) for url in metadata.post_logout_redirect_uris]
        given += [("request_uris", urldefrag(url).url) for url in metadata.request_uris]
        for name, url in given:
            try:
                registered_on_hosts(url, self.hosts, what=name)
            except ConfigurationError:
                raise _refused(f"{name} must be absolute, without fragment, on an allowed host") from None


def _named(urls: list[str]) -> set[str]:
    """The hosts in `urls`, but for this very machine, which every native client may mean."""
    return {urlsplit(url).hostname or "" for url in urls} - _LOOPBACK


def _refused(description: str) -> RegistrationRefused:
    return RegistrationRefused("invalid_client_metadata", description)
