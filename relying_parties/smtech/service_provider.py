"""What python3-saml needs to know: about us from our settings, about the identity provider from its metadata."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from relying_parties.published_keys import KeysUnavailable, fetch_bytes
from relying_parties.settings import Settings

_MAX_AGE = 600.0
_USABLE_WHEN_UNREACHABLE = 24 * 3600.0


def own_settings(settings: Settings) -> dict[str, Any]:
    """Our half of the toolkit's settings."""
    return {
        "strict": True,
        "debug": False,
        "sp": {
            "entityId": settings.client_id,
            "assertionConsumerService": {"url": f"{settings.url}/saml/acs", "binding": Constants.BINDING_HTTP_POST},
            "NameIDFormat": Constants.NAMEID_PERSISTENT,
        },
        "security": {
            # The assertion is what we act on; the response around it carries the status and the InResponseTo.
            "wantAssertionsSigned": True,
            "wantMessagesSigned": settings.want_signed_responses != "false",
            "wantNameId": True,
            "wantAttributeStatement": False,
            "requestedAuthnContext": False,
            "rejectDeprecatedAlgorithm": True,
            "metadataValidUntil": "",
            "metadataCacheDuration": "",
        },
    }


def own_metadata(settings: Settings) -> str:
    """Our SAML metadata, for the identity provider's registration."""
    toolkit = OneLogin_Saml2_Settings(own_settings(settings), sp_validation_only=True)
    metadata = toolkit.get_sp_metadata()
    text: str = metadata.decode() if isinstance(metadata, bytes) else metadata
    problems = toolkit.validate_metadata(text)
    if problems:
        raise ValueError(f"our own metadata is not valid: {problems}")
    return text


class IdentityProvider:
    """The identity provider's metadata, read once in a while and merged into the toolkit's settings.

    Whoever controls this document controls who we believe. Over plain http it is fit for a demonstration on one
    machine; a real site fetches it over TLS and checks its signature or compares it with a copy handed over in person.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        fetch: Callable[[str], bytes] = fetch_bytes,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._merged: dict[str, Any] | None = None
        self._read_at = 0.0

    def toolkit_settings(self) -> dict[str, Any]:
        """Everything `OneLogin_Saml2_Auth` is made with.

        Raises:
            KeysUnavailable: the metadata cannot be read, and the copy we have is missing or too old.
        """
        with self._lock:
            age = self._elapsed() - self._read_at
            if self._merged is None or age > _MAX_AGE:
                try:
                    self._merged = self._read()
                    self._read_at = self._elapsed()
                except KeysUnavailable:
                    if self._merged is None or age > _USABLE_WHEN_UNREACHABLE:
                        raise
            return self._merged

    def _read(self) -> dict[str, Any]:
        document = self._fetch(self._settings.idp_metadata_url)
        try:
            told = OneLogin_Saml2_IdPMetadataParser.parse(document)
        except Exception as error:  # lxml, the safe parser and the toolkit share no base class
            raise KeysUnavailable("the identity provider's metadata cannot be read") from error
        provider = told.get("idp", {})
        if not provider.get("entityId") or "singleSignOnService" not in provider:
            raise KeysUnavailable("the metadata describes no identity provider we can use")
        # Only this part: the rest of what the parser found would change what we ask for and insist on.
        return own_settings(self._settings) | {"idp": provider}
