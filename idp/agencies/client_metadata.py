"""Client metadata as it is written, in files and over HTTP: one reading for both.

Each name is that of OpenID Connect Dynamic Registration §2, RFC 7591 §2 or the document that registered it; four are
our own: `access_token_format`, `rotate_refresh_tokens`, `require_pkce`, `profile`.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from idp.agencies.machine_client import CLIENT_CREDENTIALS
from idp.agencies.oidc_registration import (
    IMPLICIT,
    TLS_SUBJECTS,
    WITH_SECRET,
    Alg,
    AuthenticationMethod,
    Profile,
    ResponseType,
)
from idp.agencies.public_keys import public_keys
from idp.agencies.security_profile import contradictions, default_signing_alg
from idp.crypto import distinguished_name

_Url = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
# No control characters, nor those that turn the direction of writing: a name must read as it is.
_Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]{1,256}$")]
_Urls = Annotated[list[_Url], Field(max_length=50)]
_EncryptionAlg = Literal["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]
_Enc = Literal["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"]

_ENCRYPTED: Final = ("id_token", "userinfo", "authorization", "introspection")


def _sorted_words(value: Any) -> Any:
    return " ".join(sorted(value.split())) if isinstance(value, str) else value


PublicKeys = Annotated[dict[str, list[dict[str, Any]]], AfterValidator(public_keys)]
"""A JWK set by value. RFC 7517 §5."""


class ClientMetadata(BaseModel):
    """What a client says of itself, with its defaults; nothing in it is checked against what others registered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_name: _Text | None = None
    client_uri: _Url | None = None
    redirect_uris: Annotated[list[_Url], Field(min_length=1, max_length=50)]
    post_logout_redirect_uris: _Urls = []
    application_type: Literal["web", "native"] = "web"
    grant_types: list[Literal["authorization_code", "implicit", "refresh_token", "client_credentials"]] = [
        "authorization_code"
    ]
    response_types: Annotated[list[Annotated[ResponseType, BeforeValidator(_sorted_words)]], Field(min_length=1)] = [
        "code"
    ]
    scope: str = "openid"
    subject_type: Literal["pairwise"] = "pairwise"
    sector_identifier_uri: _Url | None = None

    jwks: PublicKeys | None = None
    jwks_uri: _Url | None = None
    token_endpoint_auth_method: AuthenticationMethod = "client_secret_basic"
    token_endpoint_auth_signing_alg: Literal["RS256", "PS256", "ES256", "EdDSA", "HS256"] | None = None
    tls_client_auth_subject_dn: _Text | None = None
    tls_client_auth_san_dns: _Text | None = None
    tls_client_auth_san_uri: _Text | None = None
    tls_client_auth_san_ip: _Text | None = None
    tls_client_auth_san_email: _Text | None = None
    tls_client_certificate_bound_access_tokens: bool = False
    dpop_bound_access_tokens: bool = False

    id_token_signed_response_alg: Alg = "RS256"
    id_token_encrypted_response_alg: _EncryptionAlg | None = None
    id_token_encrypted_response_enc: _Enc | None = None
    userinfo_signed_response_alg: Alg | None = None
    userinfo_encrypted_response_alg: _EncryptionAlg | None = None
    userinfo_encrypted_response_enc: _Enc | None = None
    authorization_signed_response_alg: Alg = "RS256"
    authorization_encrypted_response_alg: _EncryptionAlg | None = None
    authorization_encrypted_response_enc: _Enc | None = None
    introspection_signed_response_alg: Alg | None = None
    introspection_encrypted_response_alg: _EncryptionAlg | None = None
    introspection_encrypted_response_enc: _Enc | None = None

    request_object_signing_alg: Alg | None = None
    require_signed_request_object: bool = False
    request_uris: _Urls = []
    require_pushed_authorization_requests: bool = False

    initiate_login_uri: _Url | None = None
    frontchannel_logout_uri: _Url | None = None
    frontchannel_logout_session_required: bool = False
    backchannel_logout_uri: _Url | None = None
    backchannel_logout_session_required: bool = False

    logo_uri: _Url | None = None
    policy_uri: _Url | None = None
    tos_uri: _Url | None = None
    contacts: Annotated[list[_Text], Field(max_length=20)] = []

    default_max_age: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    require_auth_time: bool = True
    default_acr_values: list[Literal["urn:onepass:acr:1", "urn:onepass:acr:2", "urn:onepass:acr:3"]] = []

    access_token_format: Literal["opaque", "jwt"] = "opaque"
    rotate_refresh_tokens: bool | None = None
    """Where it is not said: of a public client, where nothing else shows that one was stolen (RFC 9700 §4.14.2)."""
    require_pkce: bool = True
    profile: Profile | None = None

    @property
    def has_keys(self) -> bool:
        """Whether it names public keys, by value or by reference."""
        return self.jwks is not None or self.jwks_uri is not None

    @model_validator(mode="before")
    @classmethod
    def _is_signed_to_as_its_profile_asks(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("profile") is None:
            return given
        alg = default_signing_alg(given["profile"])
        return {"id_token_signed_response_alg": alg, "authorization_signed_response_alg": alg, **given}

    @model_validator(mode="after")
    def _response_types_fit_grants(self) -> Self:
        """OpenID Connect Dynamic Registration §2: the table of response types and grant types."""
        words = {word for each in self.response_types for word in each.split()}
        implicit = bool(words - {"code"})
        if implicit != (IMPLICIT in self.grant_types):
            raise ValueError("grant type implicit goes with response types of id_token or token, and only with them")
        if ("code" in words) != ("authorization_code" in self.grant_types):
            raise ValueError("grant type authorization_code goes with response types of code, and only with them")
        if "refresh_token" in self.grant_types and "code" not in words:
            raise ValueError("grant type refresh_token needs grant type authorization_code")
        if implicit and self.application_type == "web" and not all(map(_away_from_here, self.redirect_uris)):
            raise ValueError("redirect_uris of a web client with grant type implicit must be https and not localhost")
        return self

    @model_validator(mode="after")
    def _can_be_authenticated(self) -> Self:
        method, alg = self.token_endpoint_auth_method, self.token_endpoint_auth_signing_alg
        if self.jwks is not None and self.jwks_uri is not None:
            raise ValueError("give jwks or jwks_uri, not both")
        if method in {"private_key_jwt", "self_signed_tls_client_auth"} and not self.has_keys:
            raise ValueError(f"token_endpoint_auth_method {method} needs jwks or jwks_uri")
        subjects = [each for each in TLS_SUBJECTS if getattr(self, f"tls_client_auth_{each}") is not None]
        if len(subjects) != (1 if method == "tls_client_auth" else 0):
            raise ValueError("tls_client_auth needs exactly one of tls_client_auth_subject_dn, _san_dns and so on")
        _names_somebody(self.tls_client_auth_subject_dn, self.tls_client_auth_san_ip)
        symmetric = alg == "HS256"
        if alg is not None and (method not in _ASSERTED or symmetric != (method == "client_secret_jwt")):
            raise ValueError(f"token_endpoint_auth_signing_alg {alg} does not go with {method}")
        return self

    @model_validator(mode="after")
    def _public_clients_do_nothing_confidential(self) -> Self:
        """RFC 9700 §2.1.1, §4.14.2: who has no secret has PKCE, and spends each refresh token."""
        if self.token_endpoint_auth_method != "none":
            return self
        if CLIENT_CREDENTIALS in self.grant_types or self.profile is not None or not self.require_pkce:
            raise ValueError("a public client has PKCE, and neither client_credentials nor a profile")
        bound = self.dpop_bound_access_tokens or self.tls_client_certificate_bound_access_tokens
        if self.rotate_refresh_tokens is False and not bound:
            raise ValueError("a public client whose tokens no key binds must rotate refresh tokens")
        if self.introspection_signed_response_alg is not None or self.introspection_encrypted_response_alg is not None:
            raise ValueError("a public client may not introspect")
        return self

    @model_validator(mode="after")
    def _has_keys_where_needed(self) -> Self:
        for what in _ENCRYPTED:
            alg = getattr(self, f"{what}_encrypted_response_alg")
            if alg is None and getattr(self, f"{what}_encrypted_response_enc") is not None:
                raise ValueError(f"{what}_encrypted_response_enc needs {what}_encrypted_response_alg")
            if alg is not None and not self.has_keys:
                raise ValueError(f"{what}_encrypted_response_alg needs jwks or jwks_uri")
        signed = self.require_signed_request_object or self.request_object_signing_alg is not None
        if signed and not self.has_keys:
            raise ValueError("signed request objects need jwks or jwks_uri")
        if self.dpop_bound_access_tokens and self.tls_client_certificate_bound_access_tokens:
            raise ValueError("access tokens are bound by DPoP or by a certificate, not by both")
        return self

    @model_validator(mode="after")
    def _signs_out_at_home(self) -> Self:
        """Front-Channel Logout §2: what our page frames is of the client's own origin."""
        uri, own = self.frontchannel_logout_uri, {urlsplit(each)[:2] for each in self.redirect_uris}
        if uri is not None and urlsplit(uri)[:2] not in own:
            raise ValueError("frontchannel_logout_uri must have the scheme, host and port of one of redirect_uris")
        return self

    @model_validator(mode="after")
    def _keeps_its_profile(self) -> Self:
        for said in contradictions(self.model_dump()):
            raise ValueError(said)
        return self


_ASSERTED: Final = frozenset({"client_secret_jwt", "private_key_jwt"})


def _away_from_here(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.hostname != "localhost"


DEFAULTS: Final[dict[str, Any]] = {
    name: given.default for name, given in ClientMetadata.model_fields.items() if not given.is_required()
}
"""What each name means where it is not said: in what was kept before the name was known, too."""


def _names_somebody(subject_dn: str | None, san_ip: str | None) -> None:
    """Raises ValueError where no certificate could ever be of whom these name."""
    try:
        if subject_dn is not None:
            distinguished_name.written(subject_dn)
        if san_ip is not None:
            ip_address(san_ip)
    except (distinguished_name.NotAName, ValueError):
        raise ValueError("tls_client_auth_subject_dn or tls_client_auth_san_ip cannot be read") from None


def needs_secret(method: str) -> bool:
    """Whether clients of that method share a secret with us."""
    return method in WITH_SECRET
