"""Who we are in SAML: every name follows from the issuer, so that nothing can disagree."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Identity:
    """Our names, from the issuer URL."""

    issuer: str

    @property
    def entity_id(self) -> str:
        """Our entityID, which is also where our metadata lies (metadata §4.1)."""
        return f"{self.issuer}/saml/metadata"

    @property
    def sso_location(self) -> str:
        """Where AuthnRequests go, and what their Destination must be."""
        return f"{self.issuer}/saml/sso"

    @property
    def scope(self) -> str:
        """What follows `@` in the identifiers we assert; ours alone, as it is our host (saml2int SDP-IDP15)."""
        return urlsplit(self.issuer).hostname or ""
