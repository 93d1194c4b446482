"""From a kept registration to the frozen value the house works with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.agencies.event_streams import stream_of, terms_of
from idp.agencies.machine_client import CLIENT_CREDENTIALS, MACHINE_SCOPES, MachineClient
from idp.agencies.oidc_registration import ClientKeys
from idp.agencies.parse_oidc import oidc_registration, tls_subject
from idp.agencies.registered_url import RegisteredUrl, registered
from idp.agencies.relying_party import (
    FIRST_LOGIN,
    Agency,
    ConversionRegistration,
    ProvisioningRegistration,
    RelyingParty,
    SamlRegistration,
    ScimRegistration,
)


def relying_party(row: Mapping[str, Any], agency: Agency, stream: Mapping[str, Any] | None = None) -> RelyingParty:
    """The relying party that `row` keeps; `stream` is what its receiver made of its stream of events.

    Raises:
        ConfigurationError: an address in it is not one we would ever use.
    """
    kept: Mapping[str, Any] = row["registration"]
    oidc = row["protocol"] == "oidc"
    return RelyingParty(
        id=row["id"],
        agency=agency,
        version=row["version"],
        protocol="oidc" if oidc else "saml",
        oidc=oidc_registration(kept, row["client_secret"]) if oidc else None,
        saml=None if oidc else _saml(kept),
        events=stream_of(row["id"], kept.get("events"), row["events_authorization"], stream),
        conversion=_conversion(kept.get("conversion")),
        machine=_machine(kept),
        stream_terms=terms_of(kept.get("events")),
        provisioning=_provisioning(kept.get("provisioning"), row["provisioning_secret"]),
    )


def _saml(kept: Mapping[str, Any]) -> SamlRegistration:
    return SamlRegistration(
        entity_id=kept["entity_id"],
        name=kept["name"],
        home=_optional(kept, "home"),
        metadata_xml=kept["metadata_xml"],
        sign_response=kept["sign_response"],
        sign_assertion=kept["sign_assertion"],
        require_signed_requests=kept["require_signed_requests"],
        release=frozenset(kept["release"]),
        initiate_login_uri=_optional(kept, "initiate_login_uri"),
    )


def _conversion(kept: Mapping[str, Any] | None) -> ConversionRegistration | None:
    return None if kept is None else ConversionRegistration(kept["jwks"], kept["refuse_other_kind"])


def _machine(kept: Mapping[str, Any]) -> MachineClient | None:
    """The client of its own, or the one that signs members in where that registered the grant."""
    own = kept.get("machine_client")
    if own is None and CLIENT_CREDENTIALS in kept.get("grant_types", ()):
        own = kept
    if own is None:
        return None
    scopes = frozenset(own["scope"].split()).intersection(MACHINE_SCOPES)
    return MachineClient(
        own["client_id"],
        tuple(own["secret_digests"]),
        scopes,
        own.get("token_endpoint_auth_method", "client_secret_basic"),
        own.get("token_endpoint_auth_signing_alg"),
        ClientKeys(own.get("jwks"), _optional(own, "jwks_uri")),
        tls_subject(own),
        own.get("dpop_bound_access_tokens", False),
        own.get("tls_client_certificate_bound_access_tokens", False),
    )


def _provisioning(kept: Mapping[str, Any] | None, secret: bytes | None) -> ProvisioningRegistration:
    if kept is None:
        return FIRST_LOGIN
    if kept["mode"] != "scim" or secret is None:
        return ProvisioningRegistration(kept["mode"])
    scim = ScimRegistration(
        base_url=registered(kept["scim_base_url"].rstrip("/"), what="provisioning.scim_base_url"),
        token_endpoint=_optional(kept, "scim_token_endpoint"),
        client_id=kept["scim_client_id"],
        secret=secret,
        user_name=kept["user_name"],
        attributes=frozenset(kept["attributes"]),
        extension=kept["scim_extension"],
    )
    return ProvisioningRegistration("scim", scim)


def _optional(kept: Mapping[str, Any], name: str) -> RegisteredUrl | None:
    return registered(kept[name], what=name) if kept.get(name) else None
