"""What an OpenID Connect client registered, as the house acts upon it: frozen, and its small nouns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from idp.agencies.registered_url import RegisteredUrl, on_any_port

Alg = Literal["RS256", "PS256", "ES256", "EdDSA"]
ResponseType = Literal["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"]
AuthenticationMethod = Literal[
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
    "none",
]
TlsSubjectKind = Literal["subject_dn", "san_dns", "san_uri", "san_ip", "san_email"]
Profile = Literal["fapi2_security", "fapi2_message_signing"]

WITH_SECRET: Final = frozenset({"client_secret_basic", "client_secret_post", "client_secret_jwt"})
"""The methods that prove a client by a secret it shares with us."""
TLS_SUBJECTS: Final[tuple[TlsSubjectKind, ...]] = get_args(TlsSubjectKind)
IMPLICIT: Final = "implicit"
"""The grant type of every response type that answers with tokens at the authorization endpoint."""


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """The public keys of a client, by value or by reference; never both (RFC 7591 §2)."""

    jwks: Mapping[str, Any] | None = None
    jwks_uri: RegisteredUrl | None = None

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self.jwks is not None or self.jwks_uri is not None


@dataclass(frozen=True, slots=True)
class Encryption:
    """How what we send is encrypted to the client's keys (RFC 7516)."""

    alg: str
    enc: str


@dataclass(frozen=True, slots=True)
class TlsSubject:
    """Whom the certificate of a client names (RFC 8705 §2.1.2)."""

    kind: TlsSubjectKind
    value: str


@dataclass(frozen=True, slots=True)
class OidcRegistration:
    """Client metadata (OpenID Connect Dynamic Registration §2, RFC 7591 §2) that we act upon."""

    client_id: str
    client_name: str
    client_uri: RegisteredUrl | None
    secret_digests: tuple[str, ...]
    """Of the secrets that are good: one, or two while the client changes from the second to the first."""
    token_endpoint_auth_method: AuthenticationMethod
    redirect_uris: tuple[RegisteredUrl, ...]
    post_logout_redirect_uris: tuple[RegisteredUrl, ...]
    grant_types: frozenset[str]
    scopes: frozenset[str]
    id_token_signed_response_alg: Alg
    initiate_login_uri: RegisteredUrl | None
    backchannel_logout_uri: RegisteredUrl | None
    default_max_age: int | None
    require_auth_time: bool
    default_acr_values: tuple[str, ...] = ()
    response_types: frozenset[str] = frozenset({"code"})
    """The words of each in alphabetical order."""
    application_type: Literal["web", "native"] = "web"

    keys: ClientKeys = ClientKeys()
    token_endpoint_auth_signing_alg: str | None = None
    tls_client_auth: TlsSubject | None = None
    sealed_secret: bytes | None = field(default=None, repr=False)
    """The secrets themselves, only of `client_secret_jwt`; `registration_secrets.ClientSecrets` opens them."""
    tls_client_certificate_bound_access_tokens: bool = False
    dpop_bound_access_tokens: bool = False

    id_token_encryption: Encryption | None = None
    userinfo_signed_response_alg: Alg | None = None
    userinfo_encryption: Encryption | None = None
    authorization_signed_response_alg: Alg = "RS256"
    authorization_encryption: Encryption | None = None
    introspection_signed_response_alg: Alg | None = None
    introspection_encryption: Encryption | None = None

    request_object_signing_alg: str | None = None
    require_signed_request_object: bool = False
    request_uris: tuple[str, ...] = ()
    """As registered, with the fragment that some carry (OpenID Connect Core §6.2)."""
    require_pushed_authorization_requests: bool = False

    frontchannel_logout_uri: RegisteredUrl | None = None
    frontchannel_logout_session_required: bool = False
    backchannel_logout_session_required: bool = False

    sector_identifier_uri: RegisteredUrl | None = None
    logo_uri: RegisteredUrl | None = None
    logo: str | None = None
    """The digest of the image that was there when it was registered, which we keep."""
    policy_uri: RegisteredUrl | None = None
    tos_uri: RegisteredUrl | None = None
    contacts: tuple[str, ...] = ()

    access_token_format: Literal["opaque", "jwt"] = "opaque"
    rotate_refresh_tokens: bool = True
    require_pkce: bool = True
    profile: Profile | None = None

    def redirect_uri(self, value: str) -> RegisteredUrl | None:
        """The registered redirect URI that equals `value` character for character (RFC 9700 §2.1); for a native client
        that listens on this very machine, whatever its port."""
        exact = next((uri for uri in self.redirect_uris if uri.value == value), None)
        if exact is not None or self.application_type != "native":
            return exact
        return next((found for uri in self.redirect_uris if (found := on_any_port(uri, value)) is not None), None)

    def post_logout_redirect_uri(self, value: str) -> RegisteredUrl | None:
        """The registered post-logout URI that equals `value` character for character (RP-Initiated Logout §3)."""
        return next((uri for uri in self.post_logout_redirect_uris if uri.value == value), None)
