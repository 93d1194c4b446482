"""What an operator may set: `config/idp.toml`, then environment variables `IDP_…` with `__` between levels.

Every field is documented under itself; `config/idp.example.toml` lists them all, and a test holds it complete.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from typing_extensions import override

from idp.errors import ConfigurationError
from idp.sections import (
    AgencyApi,
    AppPush,
    Authorization,
    Brand,
    Certificates,
    ClientCertificates,
    Enrolment,
    Events,
    Leaving,
    Mail,
    Passkeys,
    PhoneCode,
    Recovery,
    Registration,
    SecondStep,
    Sessions,
    SignIn,
    Sms,
    Tokens,
    Verification,
)

__all__ = [
    "AgencyApi",
    "Authorization",
    "Brand",
    "Certificates",
    "Enrolment",
    "Events",
    "Leaving",
    "Mail",
    "Passkeys",
    "PhoneCode",
    "Recovery",
    "Registration",
    "SecondStep",
    "Sessions",
    "Settings",
    "SignIn",
    "Sms",
    "Tokens",
    "Verification",
    "load",
    "refuse_unsafe",
]

_SHORTEST_SECRET = 32
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class Settings(BaseSettings):
    """Everything the program takes from outside, checked once at start."""

    model_config = SettingsConfigDict(
        env_prefix="IDP_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    issuer: str = "http://127.0.0.1:8000"
    """Our public address and `iss` everywhere, byte for byte; no trailing slash. https in production."""
    environment: Literal["demo", "production"] = "demo"
    """`production` refuses http issuers, simulators and default secrets."""
    database_url: str = "sqlite:///var/idp.db"
    """`sqlite:///…` or `postgresql+psycopg://…`."""
    database_pool: int = Field(default=8, ge=1, le=200)
    """Connections that each process keeps to PostgreSQL for changes, and as many for looking; twice as many at a
    pinch. Processes × 4 × this must stay below PostgreSQL's `max_connections`."""
    redis_url: str | None = None
    """`redis://…` keeps what expires in Redis or Valkey; absent, the database keeps it."""
    secret_key: SecretStr = SecretStr("")
    """At least 32 characters; signs form cookies. Empty: made on first start beside the keys (demo only)."""
    keys_dir: Path = Path("keys")
    """Where signing keys, the key-encryption key and the digest key lie."""
    key_lead: timedelta = Field(default=timedelta(hours=24), ge=timedelta(0))
    """How long a new signing key is published before it signs: longer than relying parties keep our keys."""
    conversion_file: Path = Path("config/conversion.toml")
    """Which type of member an agency's role makes."""
    retention_file: Path = Path("config/retention.toml")
    """What members read about retention before they leave."""
    catalogue_refresh: timedelta = timedelta(seconds=2)
    """How old a server's copy of the agency catalogue may be."""
    trusted_proxies: int = Field(default=0, ge=0)
    """How many reverse proxies stand before us; their `X-Forwarded-*` are believed."""
    private_event_targets: list[str] = []
    """Networks (CIDR) inside the private ranges to which events may go, and where keys and other documents that relying
    parties host may lie; demo allows loopback."""
    brand: Brand = Brand()
    sessions: Sessions = Sessions()
    sign_in: SignIn = SignIn()
    second_step: SecondStep = SecondStep()
    passkeys: Passkeys = Passkeys()
    authorization: Authorization = Authorization()
    tokens: Tokens = Tokens()
    client_certificates: ClientCertificates = ClientCertificates()
    events: Events = Events()
    mail: Mail = Mail()
    sms: Sms = Sms()
    verification: Verification = Verification()
    phone_code: PhoneCode = PhoneCode()
    app_push: AppPush = AppPush()
    certificates: Certificates = Certificates()
    enrolment: Enrolment = Enrolment()
    recovery: Recovery = Recovery()
    leaving: Leaving = Leaving()
    agency_api: AgencyApi = AgencyApi()
    registration: Registration = Registration()

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over TLS, so that cookies may be `Secure` and `__Host-`."""
        return self.issuer.startswith("https://")

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def process_environment() -> Mapping[str, str]:
    """What this process was told when it was started; nothing else of ours looks there."""
    return dict(os.environ)


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Reads the file named by `IDP_CONFIG`, or `config/idp.toml` where that exists, then `IDP_…` variables over it.

    Raises:
        ConfigurationError: the file is missing or a value cannot be used; says which.
    """
    variables = dict(process_environment() if environment is None else environment)
    named = variables.pop("IDP_CONFIG", None)
    unknown = sorted(name for name in variables if name.upper().startswith("IDP_") and not _is_setting(name))
    if unknown:
        raise ConfigurationError(f"no setting is called {', '.join(unknown)}: is a name misspelt?")
    path = Path(named or "config/idp.toml")
    if named and not path.is_file():
        raise ConfigurationError(f"IDP_CONFIG names {path}, which is not there")

    class _Loaded(Settings):
        @classmethod
        @override
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            *sources: PydanticBaseSettingsSource,
            **named_sources: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            env = EnvSettingsSource(settings_cls)
            env.env_vars = {key.lower(): value for key, value in variables.items()}
            return (env, TomlConfigSettingsSource(settings_cls, path))

    try:
        settings = _Loaded()
    except ValidationError as error:
        # Its own text quotes what was given, which may be a secret in the wrong place.
        places = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ConfigurationError(f"settings: {places}") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"settings: {error}") from None
    refuse_unsafe(settings)
    return settings


def _is_setting(variable: str) -> bool:
    """Whether a variable sets something, or is one that Kubernetes gives every pod beside a Service named `idp`.

    A misspelt limit or a misspelt `production` would otherwise leave the default in force, and nobody the wiser.
    """
    name = variable.lower().removeprefix("idp_")
    if re.fullmatch(r"service_host|service_port(_.+)?|port(_\d+_.+)?", name):
        return True
    known: type[BaseModel] | None = Settings
    for part in name.split("__"):
        if known is None or part not in known.model_fields:
            return False
        inner = known.model_fields[part].annotation
        known = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None
    return True


def refuse_unsafe(settings: Settings) -> None:
    """Hold production to what production needs.

    Raises:
        ConfigurationError: a setting is only fit for a demonstration.
    """
    if settings.issuer.endswith("/"):
        raise ConfigurationError("issuer must not end with a slash: `iss` is compared byte for byte")
    if re.fullmatch(r"https?://[!-~]+", settings.issuer) is None or set(settings.issuer) & set("?#@"):
        raise ConfigurationError("issuer must be an http(s) address without query, fragment or credentials")
    if 0 < len(settings.secret_key.get_secret_value()) < _SHORTEST_SECRET:
        raise ConfigurationError(f"secret_key must be at least {_SHORTEST_SECRET} characters")
    if settings.environment != "production":
        return
    if not settings.secure:
        raise ConfigurationError("issuer must be https in production")
    if not settings.secret_key.get_secret_value():
        raise ConfigurationError(f"secret_key must be set, to at least {_SHORTEST_SECRET} characters, in production")
    if settings.verification.simulated and settings.verification.methods:
        raise ConfigurationError("verification.simulated must be false in production: nobody vouches for its evidence")
    if settings.certificates.roots is not None and not settings.certificates.revocation_required:
        raise ConfigurationError("certificates.revocation_required must not be false in production")
    _refuse_unsafe_providers(settings.verification)
    _refuse_unsafe_letters(settings.mail, settings.sms)


def _refuse_unsafe_providers(verification: Verification) -> None:
    for provider in verification.providers:
        if provider.why_not_in_production is not None:
            raise ConfigurationError(f"verification.providers: {provider.name} {provider.why_not_in_production}")


def _refuse_unsafe_letters(mail: Mail, sms: Sms) -> None:
    if mail.delivery == "file" or sms.delivery == "file":
        raise ConfigurationError("mail.delivery and sms.delivery must not be file in production: nobody would be told")
    if mail.smtp_security == "none" and mail.smtp_host not in _THIS_MACHINE:
        raise ConfigurationError("mail.smtp_security must not be none in production but toward this machine")
    if not sms.gateway_url.startswith("https://"):
        raise ConfigurationError("sms.gateway_url must be https in production")
