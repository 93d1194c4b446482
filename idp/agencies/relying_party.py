"""A relying party as the rest of the house sees it: frozen, parsed once, cached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from idp.agencies.event_streams import EventStream, StreamTerms
from idp.agencies.machine_client import MachineClient
from idp.agencies.oidc_registration import OidcRegistration
from idp.agencies.registered_url import RegisteredUrl

Protocol = Literal["oidc", "saml"]
ProvisioningMode = Literal["first_login", "event", "scim"]
UserName = Literal["subject", "email", "business_number"]


@dataclass(frozen=True, slots=True)
class Agency:
    """An organisation in the catalogue (유관기관)."""

    id: str
    name: str
    description: str
    business_types: tuple[str, ...]
    homepage: str | None
    position: int


@dataclass(frozen=True, slots=True)
class SamlRegistration:
    """What a SAML service provider registered: its metadata as given, and our choices toward it."""

    entity_id: str
    name: str
    home: RegisteredUrl | None
    metadata_xml: str
    sign_response: bool
    sign_assertion: bool
    require_signed_requests: bool | None
    release: frozenset[str]
    initiate_login_uri: RegisteredUrl | None


@dataclass(frozen=True, slots=True)
class ConversionRegistration:
    """How a relying party sends members here to convert their old accounts."""

    jwks: Mapping[str, Any] | None
    refuse_other_kind: bool


@dataclass(frozen=True, slots=True)
class ScimRegistration:
    """Where accounts are made by SCIM (RFC 7644), and how we prove who we are there."""

    base_url: RegisteredUrl
    token_endpoint: RegisteredUrl | None
    """Where an access token is had for our client credentials; without it the secret is the token."""
    client_id: str | None
    secret: bytes
    """The token or the client secret, sealed; only whoever calls the service opens it."""
    user_name: UserName
    attributes: frozenset[str]
    """The scopes whose values are sent, of those the member agreed to."""
    extension: bool


@dataclass(frozen=True, slots=True)
class ProvisioningRegistration:
    """How an account comes to be for a member who chose the agency."""

    mode: ProvisioningMode
    scim: ScimRegistration | None = None


FIRST_LOGIN = ProvisioningRegistration("first_login")


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """One system of an agency that talks OpenID Connect or SAML to us (연계 시스템)."""

    id: str
    agency: Agency
    version: int
    protocol: Protocol
    oidc: OidcRegistration | None
    saml: SamlRegistration | None
    events: EventStream | None
    conversion: ConversionRegistration | None = None
    machine: MachineClient | None = None
    stream_terms: StreamTerms | None = None
    """None: it can have no stream of events."""
    provisioning: ProvisioningRegistration = FIRST_LOGIN

    @property
    def name(self) -> str:
        """What members read."""
        if self.oidc is not None:
            return self.oidc.client_name
        return self.saml.name if self.saml is not None else self.agency.name

    @property
    def audience(self) -> str:
        """How the relying party knows itself: `aud` of everything we sign for it."""
        if self.oidc is not None:
            return self.oidc.client_id
        return self.saml.entity_id if self.saml is not None else self.id

    @property
    def home(self) -> RegisteredUrl | None:
        """Its registered home page, for 홈페이지로 돌아가기 (REQ-44)."""
        if self.oidc is not None:
            return self.oidc.client_uri
        return self.saml.home if self.saml is not None else None

    @property
    def initiate_login_uri(self) -> RegisteredUrl | None:
        """Where a sign-in at this relying party starts (OpenID Connect Core §4)."""
        if self.oidc is not None:
            return self.oidc.initiate_login_uri
        return self.saml.initiate_login_uri if self.saml is not None else None

    @property
    def released(self) -> frozenset[str]:
        """The scopes whose claims this relying party may ever receive."""
        if self.oidc is not None:
            return self.oidc.scopes
        return self.saml.release if self.saml is not None else frozenset()

    def requests(self, event_type: str) -> bool:
        """Whether its stream asked for events of this type."""
        return self.events is not None and event_type in self.events.requested
