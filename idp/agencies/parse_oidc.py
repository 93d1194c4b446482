"""From what is kept of an OpenID Connect client to the frozen value the house works with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.agencies.client_metadata import DEFAULTS
from idp.agencies.machine_client import MACHINE_SCOPES
from idp.agencies.oidc_registration import TLS_SUBJECTS, ClientKeys, Encryption, OidcRegistration, TlsSubject
from idp.agencies.registered_url import RegisteredUrl, registered


def oidc_registration(kept: Mapping[str, Any], sealed_secret: bytes | None) -> OidcRegistration:
    """The client that `kept` describes; a name that an earlier release did not know means its default.

    Raises:
        ConfigurationError: an address in it is not one we would ever use.
    """
    kept = {**DEFAULTS, **kept}
    return OidcRegistration(
        client_id=kept["client_id"],
        client_name=kept["client_name"],
        client_uri=_optional(kept, "client_uri"),
        secret_digests=tuple(kept["secret_digests"]),
        token_endpoint_auth_method=kept["token_endpoint_auth_method"],
        redirect_uris=_several(kept, "redirect_uris"),
        post_logout_redirect_uris=_several(kept, "post_logout_redirect_uris"),
        grant_types=frozenset(kept["grant_types"]),
        scopes=frozenset(kept["scope"].split()).difference(MACHINE_SCOPES),
        id_token_signed_response_alg=kept["id_token_signed_response_alg"],
        initiate_login_uri=_optional(kept, "initiate_login_uri"),
        backchannel_logout_uri=_optional(kept, "backchannel_logout_uri"),
        default_max_age=kept["default_max_age"],
        require_auth_time=kept["require_auth_time"],
        default_acr_values=tuple(kept["default_acr_values"]),
        response_types=frozenset(kept["response_types"]),
        application_type=kept["application_type"],
        keys=ClientKeys(kept["jwks"], _optional(kept, "jwks_uri")),
        token_endpoint_auth_signing_alg=kept["token_endpoint_auth_signing_alg"],
        tls_client_auth=tls_subject(kept),
        sealed_secret=sealed_secret,
        tls_client_certificate_bound_access_tokens=kept["tls_client_certificate_bound_access_tokens"],
        dpop_bound_access_tokens=kept["dpop_bound_access_tokens"],
        id_token_encryption=_encryption(kept, "id_token"),
        userinfo_signed_response_alg=kept["userinfo_signed_response_alg"],
        userinfo_encryption=_encryption(kept, "userinfo"),
        authorization_signed_response_alg=kept["authorization_signed_response_alg"],
        authorization_encryption=_encryption(kept, "authorization"),
        introspection_signed_response_alg=kept["introspection_signed_response_alg"],
        introspection_encryption=_encryption(kept, "introspection"),
        request_object_signing_alg=kept["request_object_signing_alg"],
        require_signed_request_object=kept["require_signed_request_object"],
        request_uris=_request_uris(kept),
        require_pushed_authorization_requests=kept["require_pushed_authorization_requests"],
        frontchannel_logout_uri=_optional(kept, "frontchannel_logout_uri"),
        frontchannel_logout_session_required=kept["frontchannel_logout_session_required"],
        backchannel_logout_session_required=kept["backchannel_logout_session_required"],
        sector_identifier_uri=_optional(kept, "sector_identifier_uri"),
        logo_uri=_optional(kept, "logo_uri"),
        logo=kept.get("logo"),
        policy_uri=_optional(kept, "policy_uri"),
        tos_uri=_optional(kept, "tos_uri"),
        contacts=tuple(kept["contacts"]),
        access_token_format=kept["access_token_format"],
        rotate_refresh_tokens=_rotates(kept),
        require_pkce=kept["require_pkce"],
        profile=kept["profile"],
    )


def _rotates(kept: Mapping[str, Any]) -> bool:
    said = kept["rotate_refresh_tokens"]
    return kept["token_endpoint_auth_method"] == "none" if said is None else bool(said)


def _encryption(kept: Mapping[str, Any], what: str) -> Encryption | None:
    """OpenID Connect Dynamic Registration §2: with an `alg` alone, `enc` is A128CBC-HS256."""
    alg = kept[f"{what}_encrypted_response_alg"]
    return None if alg is None else Encryption(alg, kept[f"{what}_encrypted_response_enc"] or "A128CBC-HS256")


def tls_subject(kept: Mapping[str, Any]) -> TlsSubject | None:
    """Whom its certificate names, if it proves itself by one."""
    given = ((kind, kept.get(f"tls_client_auth_{kind}")) for kind in TLS_SUBJECTS)
    return next((TlsSubject(kind, value) for kind, value in given if value is not None), None)


def _request_uris(kept: Mapping[str, Any]) -> tuple[str, ...]:
    """OpenID Connect Core §6.2: the fragment says what the object is, and is no part of where it is."""
    for value in kept["request_uris"]:
        registered(value.partition("#")[0], what="request_uris")
    return tuple(kept["request_uris"])


def _optional(kept: Mapping[str, Any], name: str) -> RegisteredUrl | None:
    return registered(kept[name], what=name) if kept.get(name) else None


def _several(kept: Mapping[str, Any], name: str) -> tuple[RegisteredUrl, ...]:
    return tuple(registered(value, what=name) for value in kept[name])
