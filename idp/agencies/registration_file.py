"""Reading registration files: TOML in, checked values out (architecture: the operator's contract).

For OpenID Connect each key is the client metadata name of Dynamic Registration; a key we do not act upon is refused,
because an operator who wrote it believes that it does something.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from idp.agencies.client_metadata import ClientMetadata, PublicKeys
from idp.agencies.machine_client import MACHINE_SCOPES
from idp.agencies.relying_party import ProvisioningMode, UserName
from idp.errors import ConfigurationError
from idp.signals.catalogue import EventType
from idp.signals.event_types import REQUESTABLE

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Scope = Literal["openid", "profile", "email", "phone", "enterprise", "identity", "offline_access"]
EventAlg = Literal["RS256", "ES256"]
ClientId = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")]
ClientSecret = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{32,256}$")]

HOST = r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:]{2,45}\])(:[1-9][0-9]{0,4})?$"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _requestable(event_type: EventType) -> EventType:
    if event_type not in REQUESTABLE:
        raise ValueError(f"{event_type} is not for streams to ask for")
    return event_type


def _of_machines(scope: str) -> str:
    if not scope.split() or not set(scope.split()) <= set(MACHINE_SCOPES):
        raise ValueError(f"must be some of: {' '.join(MACHINE_SCOPES)}")
    return scope


class EventsEntry(_Entry):
    """`[agency.relying_party.events]`: the stream."""

    managed_by: Literal["operator", "receiver"] = "operator"
    receiver_hosts: list[Annotated[str, StringConstraints(pattern=HOST)]] = []
    endpoint_url: str | None = None
    authorization_header: Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{1,4096}$")] | None = None
    delivery: Literal["push", "poll"] | None = None
    signing_alg: EventAlg = "RS256"
    standard_events_only: bool = False
    tenant_events: bool = False
    """Whether an enterprise's end comes as one message about the tenant, by its 기업 UUID."""
    wants_previous_subject: bool = False
    """Whether `previous_subject` is told of members who left, joined again and agree to it."""
    withdrawal_check_url: str | None = None
    """Asked, where the deployment wants it, whether an application of a member's is open who is about to leave."""
    max_concurrency: Annotated[int, Field(ge=1, le=1000)] | None = None
    max_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    events_requested: list[Annotated[EventType, AfterValidator(_requestable)]] = [
        EventType.ACCOUNT_LINK_CHANGED,
        EventType.ACCOUNT_PURGED,
    ]

    @property
    def delivered_by(self) -> Literal["push", "poll"] | None:
        """How; None where there is no stream until its receiver makes one."""
        return self.delivery or ("push" if self.endpoint_url is not None else None)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.delivered_by == "push" and self.endpoint_url is None:
            raise ValueError("delivery push needs endpoint_url")
        if self.delivered_by != "push" and (self.endpoint_url or self.authorization_header):
            raise ValueError("endpoint_url and authorization_header go with delivery push")
        if self.managed_by == "operator" and self.delivered_by is None:
            raise ValueError('needs endpoint_url, delivery = "poll", or managed_by = "receiver"')
        if self.managed_by == "operator" and self.receiver_hosts:
            raise ValueError('receiver_hosts go with managed_by = "receiver"')
        return self


class ConversionEntry(_Entry):
    """`[agency.relying_party.conversion]`: sending members here to convert their old accounts."""

    jwks: dict[str, list[dict[str, str]]] | None = None
    """Public keys that sign its conversion requests; without them the client secret does."""
    refuse_other_kind: bool = False
    """Whether a member of another type than the request names is refused, not only warned (REQ-07)."""


class MachineClientEntry(_Entry):
    """`[agency.relying_party.machine_client]`: its server acting for itself (RFC 6749 §4.4)."""

    client_id: ClientId | None = None
    client_secret: ClientSecret | None = None
    previous_client_secret: ClientSecret | None = None
    """Good beside `client_secret` while the client changes from this one to that."""
    token_endpoint_auth_method: Literal["client_secret_basic", "client_secret_post", "private_key_jwt"] = (
        "client_secret_basic"
    )
    token_endpoint_auth_signing_alg: Literal["RS256", "PS256", "ES256", "EdDSA"] | None = None
    jwks: PublicKeys | None = None
    jwks_uri: Annotated[str, StringConstraints(min_length=1, max_length=2048)] | None = None
    scope: Annotated[str, AfterValidator(_of_machines)]
    dpop_bound_access_tokens: bool = False
    tls_client_certificate_bound_access_tokens: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """Its secrets, the newest first."""
        return tuple(each for each in (self.client_secret, self.previous_client_secret) if each is not None)

    @model_validator(mode="after")
    def _proves_itself_one_way(self) -> Self:
        keys = (self.jwks is not None) + (self.jwks_uri is not None)
        if self.token_endpoint_auth_method == "private_key_jwt":
            if keys != 1 or self.secrets:
                raise ValueError("private_key_jwt needs jwks or jwks_uri, and no client_secret")
        elif self.client_secret is None or keys or self.token_endpoint_auth_signing_alg is not None:
            raise ValueError("client_secret is missing, or keys are given that it has no use for")
        if self.dpop_bound_access_tokens and self.tls_client_certificate_bound_access_tokens:
            raise ValueError("access tokens are bound by DPoP or by a certificate, not by both")
        return self


class ProvisioningEntry(_Entry):
    """`[agency.relying_party.provisioning]`: how a member who chose the agency gets an account there."""

    mode: ProvisioningMode = "first_login"
    scim_base_url: Annotated[str, StringConstraints(pattern=r"^[^?]+$")] | None = None
    scim_token: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~+/-]{16,4096}=*$")] | None = None
    """A bearer token (RFC 6750 §2.1); in its place the three below get one each time (RFC 6749 §4.4)."""
    scim_token_endpoint: str | None = None
    scim_client_id: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,256}$")] | None = None
    scim_client_secret: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{16,256}$")] | None = None
    scim_extension: bool = True
    """Whether our extension schema is sent beside the core one, where the service knows it."""
    user_name: UserName = "subject"
    attributes: list[Literal["profile", "email", "phone", "enterprise"]] = ["profile", "email", "phone", "enterprise"]

    @property
    def secret(self) -> str | None:
        """What proves who we are."""
        return self.scim_token or self.scim_client_secret

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        credentials = (self.scim_token_endpoint, self.scim_client_id, self.scim_client_secret)
        given = [each is not None for each in credentials]
        if self.mode != "scim":
            if self.scim_base_url is not None or self.scim_token is not None or any(given):
                raise ValueError('scim_ keys go with mode = "scim"')
            return self
        if self.scim_base_url is None:
            raise ValueError("scim_base_url is missing")
        if any(given) != all(given) or (self.scim_token is not None) == all(given):
            raise ValueError("give scim_token, or scim_token_endpoint with scim_client_id and scim_client_secret")
        return self


class OidcEntry(ClientMetadata):
    """`[[agency.relying_party]]` with `protocol = "oidc"`."""

    id: Identifier
    protocol: Literal["oidc"]
    client_id: ClientId | None = None
    client_secret: ClientSecret | None = None
    previous_client_secret: ClientSecret | None = None
    """Good beside `client_secret` while the client changes from this one to that."""
    events: EventsEntry | None = None
    conversion: ConversionEntry | None = None
    machine_client: MachineClientEntry | None = None
    provisioning: ProvisioningEntry | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Its secrets, the newest first."""
        return tuple(each for each in (self.client_secret, self.previous_client_secret) if each is not None)


class SamlEntry(_Entry):
    """`[[agency.relying_party]]` with `protocol = "saml"`."""

    id: Identifier
    protocol: Literal["saml"]
    name: str | None = None
    home: str | None = None
    metadata_file: str | None = None
    metadata_url: str | None = None
    metadata_xml: str | None = None
    sign_response: bool = True
    sign_assertion: bool = True
    require_signed_requests: bool | None = None
    release: list[Scope] = []
    initiate_login_uri: str | None = None
    events: EventsEntry | None = None
    conversion: ConversionEntry | None = None
    machine_client: MachineClientEntry | None = None
    provisioning: ProvisioningEntry | None = None


class AgencyEntry(_Entry):
    """`[[agency]]`."""

    id: Identifier
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    description: Annotated[str, StringConstraints(max_length=500)] = ""
    business_types: list[str] = []
    homepage: Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$", max_length=2048)] | None = None
    relying_party: list[Annotated[OidcEntry | SamlEntry, Field(discriminator="protocol")]] = []


class RegistrationFile(_Entry):
    agency: list[AgencyEntry]


def read(path: Path) -> list[AgencyEntry]:
    """The agencies of one file.

    Raises:
        ConfigurationError: the file cannot be read or says something we cannot do; names the key.
    """
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return RegistrationFile.model_validate(content).agency
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:5])
        raise ConfigurationError(f"{path}: {places}") from error
