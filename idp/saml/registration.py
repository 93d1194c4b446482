"""A SAML relying party with its metadata read: what the catalogue keeps and what the document says, together."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.relying_party import RelyingParty, SamlRegistration
from idp.saml import sp_metadata
from idp.saml.sp_metadata import ServiceProvider


@dataclass(frozen=True, slots=True)
class Registration:
    """Who asks, and on what terms we answer."""

    relying_party: RelyingParty
    terms: SamlRegistration
    provider: ServiceProvider

    @property
    def requires_signed_requests(self) -> bool:
        """The operator's word, else the metadata's (saml2int SDP-IDP04)."""
        said = self.terms.require_signed_requests
        return self.provider.signs_requests if said is None else said

    @property
    def signs_assertion(self) -> bool:
        """What the operator chose, unless the provider takes no assertion that is unsigned (metadata §2.4.4)."""
        return self.terms.sign_assertion or self.provider.wants_signed_assertions


class Registrations:
    """Reads the metadata of each relying party once for as long as the catalogue hands out the same value."""

    def __init__(self) -> None:
        self._read: dict[str, Registration] = {}

    def of(self, relying_party: RelyingParty) -> Registration | None:
        """The registration of this relying party, or None where it talks another protocol.

        Raises:
            ConfigurationError: its metadata cannot be read.
        """
        if relying_party.saml is None:
            return None
        kept = self._read.get(relying_party.id)
        if kept is None or kept.relying_party is not relying_party:
            # Two threads may both read it; either result is as good.
            provider = sp_metadata.read(relying_party.saml.metadata_xml)
            self._read[relying_party.id] = kept = Registration(relying_party, relying_party.saml, provider)
        return kept
