"""Providers that vouch for members: `[[verification.providers]]`, one table a provider. `shape` says which of them it
speaks like; docs/operating.md explains each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from idp.sections.section import Section

_LOOPBACK = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|::1|.*\.localhost")


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("must be an http(s) address without credentials, query and fragment")
    if not value.isascii() or not value.isprintable() or value.endswith("/"):
        raise ValueError("must be printable ASCII and not end with a slash")
    return value


Address = Annotated[str, AfterValidator(_address)]


class Provider(Section):
    """What every provider has."""

    method: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    """Which way to prove oneself it serves: a code of `verification.methods`, or a new one with a `label`."""
    name: str = Field(pattern=r"^[a-z][a-z0-9_.-]{0,39}$")
    """Who vouches, as evidence and audit say."""
    label: str = ""
    """What members choose it by; empty: the method's own words."""
    note: str = ""
    """One sentence about it; empty: the method's own."""
    base_url: Address
    """Where its API is; requests go to this host and to `hosts`, and nowhere else."""
    hosts: tuple[str, ...] = ()
    """Further hosts (`host` or `host:port`) that its documents may name, such as a token endpoint's."""
    simulated: bool = False
    """Nobody real vouches. Evidence and audit say so, and production refuses to start with it."""
    timeout: timedelta = Field(default=timedelta(seconds=5), gt=timedelta(0), le=timedelta(seconds=30))
    """How long one request may take as a whole."""
    ca_file: str | None = None
    """Certificates (PEM) that its TLS is verified by; absent: the machine's."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that is configured."""
        return (self.base_url,)

    @property
    def why_not_in_production(self) -> str | None:
        """What makes it fit for a demonstration only; None where nothing does."""
        if self.simulated:
            return "is simulated: nobody vouches for its evidence"
        for address in self.addresses:
            parts = urlsplit(address)
            if parts.scheme != "https":
                return "has an address that is not https"
            if _LOOPBACK.fullmatch(parts.hostname or ""):
                return "has an address on this machine"
        return None


class OacxProvider(Provider):
    """App push by an OACX hub, which speaks for several apps."""

    shape: Literal["oacx"]
    """App push: prepare, request, poll, read once."""
    brands: dict[str, str] = Field(min_length=1)
    """The hub's provider codes and what members know each by: `{"kakao_v1.5" = "카카오"}`."""
    sign_type: str = "GOV_SIMPLE_AUTH"
    """`contentInfo.signType`."""
    result_key: str = Field(min_length=1)
    """Public key (PEM) that results are signed with: EC P-256 for ES256, RSA for RS256."""


class BarocertProvider(Provider):
    """App push by Barocert, which speaks for several apps."""

    shape: Literal["barocert"]
    """App push: HMAC over each request, receiver fields under AES-256-GCM, verify once."""
    brands: dict[str, str] = Field(min_length=1)
    """Its path segments and what members know each by: `{KAKAO = "카카오", NAVER = "네이버"}`."""
    link_id: str
    """LinkID."""
    secret_key: SecretStr
    """SecretKey: Base64 of 32 octets."""
    client_code: str = Field(pattern=r"^[0-9]{12}$")
    """이용기관코드, 12 digits."""
    token_url: Address
    """Where session tokens are given out."""
    result_key: str = ""
    """Public key (PEM) of signed results. Empty: `signedData` must repeat our token, as the documents have it."""

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.base_url, self.token_url)


class EzAuthProvider(Provider):
    """사업자 간편인증: the browser meets the provider's page, the result is asked for by the server."""

    shape: Literal["ezauth"]
    """사업자 간편인증, re-verified server to server."""
    service_id: str
    """Our number at the provider."""
    secret: SecretStr = Field(min_length=32)
    """Key of the HMAC over requests and answers."""


class NiceProvider(Provider):
    """휴대폰 본인확인 by redirect, with an encrypted result."""

    shape: Literal["nice"]
    """NICE integrated authentication v1.0: PBKDF2, HMAC, AES-256-GCM."""
    client_id: str
    """Given on joining."""
    client_secret: SecretStr
    """Given on joining."""
    service_types: tuple[str, ...] = ("M",)
    """`svc_types`: M is the mobile phone."""


class AnyIdProvider(Provider):
    """Any-ID: the browser brings a sealed handle, the server exchanges it."""

    shape: Literal["any_id"]
    """Any-ID: ssob and tag, HMAC, ARIA-256-CBC."""
    service_number: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    """서비스번호 (srvcNo)."""
    kms_key: SecretStr
    """Base64 of 32 octets: the ARIA-256 key of results."""
    hmac_secret: SecretStr = Field(min_length=32)
    """Key of the HMAC over requests and results."""
    level: int = Field(default=2, ge=1, le=3)
    """The lowest level of the means a member may use (lvl)."""


class FinCertProvider(Provider):
    """금융인증서: signed on the page of who keeps it, weighed by our own verdict; needs `certificates.roots`."""

    shape: Literal["fincert"]
    """금융인증서, a CMS signature."""
    holder: Literal["person", "business"]
    """Whose certificates: a person's, or a business's, which shows its 사업자등록번호."""
    org_code: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    """이용기관 코드."""
    api_key: SecretStr
    """Given on joining; printable ASCII."""


class OpenIdProvider(Provider):
    """Any OpenID Connect provider as upstream."""

    shape: Literal["openid"]
    """OpenID Connect: discovery at `base_url`, which is the issuer; code and PKCE."""
    client_id: str
    """Registered at the provider, with `<issuer>/verification/return` as redirect address."""
    client_secret: SecretStr
    """Registered at the provider."""
    token_auth: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    """How we prove who we are at the token endpoint."""
    scopes: tuple[str, ...] = ("openid", "profile")
    """What is asked for."""
    claims: Mapping[str, str] = Field(default_factory=dict)
    """Where our fields are found, when not under their standard names: `{birth_date = "kakao.birthday"}`. Fields: name,
    birth_date, gender, phone, ci, di."""
    assurance: Literal["L1", "L2"] = "L1"
    """How much a sign-in there proves: L1 an account, L2 an identity that the provider has verified."""


class ProfileProvider(Provider):
    """OAuth 2.0 with a profile endpoint: what has no ID token, such as Naver."""

    shape: Literal["oauth2_profile"]
    """OAuth 2.0 code and profile endpoint."""
    client_id: str
    """Registered at the provider, with `<issuer>/verification/return` as redirect address."""
    client_secret: SecretStr
    """Registered at the provider."""
    token_auth: Literal["client_secret_basic", "client_secret_post"] = "client_secret_post"
    """How we prove who we are at the token endpoint."""
    scopes: tuple[str, ...] = ()
    """What is asked for."""
    authorization_path: str = "/oauth2.0/authorize"
    """Below `base_url`: where the browser goes."""
    token_path: str = "/oauth2.0/token"
    """Below `base_url`: where codes are exchanged."""
    profile_url: Address
    """Who the member is."""
    claims: dict[str, str]
    """Where our fields are found in the profile: `{name = "response.name"}`. Fields: name, birth_date, birth_year,
    gender, phone, ci, di."""
    assurance: Literal["L1", "L2"] = "L1"
    """How much a sign-in there proves."""

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.base_url, self.profile_url)


AnyProvider = Annotated[
    OacxProvider
    | BarocertProvider
    | EzAuthProvider
    | NiceProvider
    | AnyIdProvider
    | FinCertProvider
    | OpenIdProvider
    | ProfileProvider,
    Field(discriminator="shape"),
]
