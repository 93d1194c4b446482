"""What an operator may set: `config/idp.toml`, then environment variables `IDP_…` with `__` between levels.

Every field is documented under itself; `config/idp.example.toml` lists them all, and a test holds it complete.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from typing_extensions import override

from idp.errors import ConfigurationError

_SHORTEST_SECRET = 32
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Brand(_Section):
    """The words that name this deployment."""

    name: str = "중기원패스"
    """The service, as members know it."""
    login_title: str = "중기원패스 통합로그인"
    """Heading of the sign-in page."""
    member_title: str = "중기 통합회원"
    """Heading of a member's own pages."""
    ministry: str = "중소벤처기업부"
    """Whose agencies these are."""
    tagline: str = "하나의 아이디로 중소벤처기업부 유관기관의 서비스를 모두 이용해보세요!"
    """Shown on every page (REQ-01)."""


class Sessions(_Section):
    """How long a browser stays signed in."""

    idle: timedelta = timedelta(minutes=30)
    """A session unused for this long ends."""
    absolute: timedelta = timedelta(hours=8)
    """No session outlives this, however busy."""


class SignIn(_Section):
    """Guessing limits and how long a started sign-in waits."""

    pending: timedelta = timedelta(minutes=30)
    """A sign-in that was started and not finished is forgotten after this."""
    attempts_per_account: int = Field(default=5, ge=1)
    """Wrong passwords for one 아이디 before it is locked for a while (REQ-40)."""
    attempts_per_address: int = Field(default=100, ge=1)
    """Wrong passwords from one network address within the same while."""
    lock: timedelta = timedelta(minutes=10)
    """How long that while is, counted from the first wrong password."""


class Tokens(_Section):
    """Lifetimes of what relying parties receive."""

    code: timedelta = timedelta(seconds=60)
    """Authorization codes. FAPI 2.0 wants at most 60 seconds."""
    access: timedelta = timedelta(minutes=10)
    """Opaque access tokens."""
    id_token: timedelta = timedelta(minutes=10)
    """`exp` of ID tokens."""
    refresh_idle: timedelta = timedelta(days=30)
    """A refresh token unused for this long is dead."""
    refresh_absolute: timedelta = timedelta(days=90)
    """No refresh token family outlives this."""


class Events(_Section):
    """Delivery of account events."""

    connect_timeout: timedelta = timedelta(seconds=3)
    """To open a connection to a relying party."""
    total_timeout: timedelta = timedelta(seconds=10)
    """For the whole request."""
    concurrency: int = Field(default=8, ge=1)
    """Requests under way at once toward one relying party."""
    batch: int = Field(default=100, ge=1, le=1000)
    """Rows one claim takes."""
    idle_wait: timedelta = timedelta(milliseconds=200)
    """How long an idle worker sleeps before it looks again."""
    schema_base: str = "https://schemas.onepass.example"
    """Where the URI of our own event type lives; a domain of the operator's own."""


MethodCode = Literal[
    "joint_certificate", "simple_certificate", "phone", "any_id", "business_certificate", "business_simple_certificate"
]


class Enrolment(_Section):
    """Joining and converting."""

    draft: timedelta = timedelta(days=1)
    """An enrolment left alone is forgotten after this."""
    guardian: timedelta = timedelta(days=5)
    """A guardian who has not answered by then lets the child's request go (REQ-84)."""


class Verification(_Section):
    """How members prove who they are."""

    methods: list[MethodCode] = list(get_args(MethodCode))
    """What is offered: 공동인증서, 개인 간편인증서, 휴대폰 인증, Any-ID; 기업인증서, 사업자 간편인증서 (REQ-14)."""
    simulated: bool = True
    """Stand-ins with fictitious people vouch instead of real providers. Production refuses to start with them."""
    lifetime: timedelta = Field(default=timedelta(minutes=10), gt=timedelta(0), le=timedelta(minutes=10))
    """A verification ends after this, and so does what it proved when nobody collected it; at most ten minutes."""


class Mail(_Section):
    """Letters by e-mail."""

    delivery: Literal["file", "smtp"] = "file"
    """`file` writes them to `outbox_dir`, for a demonstration; `smtp` sends them."""
    outbox_dir: Path = Path("var/outbox")
    """Where `file` puts messages, SMS too; the demonstration shows them at `/demo/outbox`."""
    sender: str = "no-reply@onepass.example"
    """The address letters come from; its domain also names them (`Message-ID`). The name beside it is the brand's."""
    smtp_host: str = ""
    """The relay that takes our mail."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """587 for STARTTLS, 465 for TLS from the start."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the way to the relay is protected. `none` in production only toward a relay on this machine."""
    smtp_ca_file: Path | None = None
    """Whom to believe about the relay's certificate; absent, the system's authorities."""
    smtp_username: str = ""
    """Absent: the relay knows us by our address."""
    smtp_password: SecretStr = SecretStr("")
    """Better given as `IDP_MAIL__SMTP_PASSWORD` than written in a file."""
    timeout: timedelta = Field(default=timedelta(seconds=30), gt=timedelta(0))
    """For handing one letter to the relay, as a whole."""


class Sms(_Section):
    """Letters by SMS."""

    delivery: Literal["file", "gateway"] = "file"
    """`file` writes them to `mail.outbox_dir`; `gateway` posts them to `gateway_url` (idp/mail/sms_gateway.py)."""
    gateway_url: str = ""
    """The gateway that takes our SMS. https in production."""
    gateway_ca_file: Path | None = None
    """Whom to believe about the gateway's certificate; absent, the system's authorities."""
    gateway_token: SecretStr = SecretStr("")
    """Sent as a bearer token. Better given as `IDP_SMS__GATEWAY_TOKEN` than written in a file."""
    sender: str = ""
    """The number SMS come from, in digits; carriers drop those of unregistered numbers (발신번호 사전등록제)."""
    timeout: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0))
    """For handing one SMS to the gateway, as a whole."""


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
    redis_url: str | None = None
    """`redis://…` keeps what expires in Redis or Valkey; absent, the database keeps it."""
    secret_key: SecretStr = SecretStr("")
    """At least 32 characters; signs form cookies. Empty: made on first start beside the keys (demo only)."""
    keys_dir: Path = Path("keys")
    """Where signing keys, the key-encryption key and the digest key lie."""
    conversion_file: Path = Path("config/conversion.toml")
    """Which type of member an agency's role makes."""
    retention_file: Path = Path("config/retention.toml")
    """What members read about retention before they leave."""
    catalogue_refresh: timedelta = timedelta(seconds=2)
    """How old a server's copy of the agency catalogue may be."""
    trusted_proxies: int = Field(default=0, ge=0)
    """How many reverse proxies stand before us; their `X-Forwarded-*` are believed."""
    private_event_targets: list[str] = []
    """Networks (CIDR) inside the private ranges to which events may go; demo allows loopback."""
    brand: Brand = Brand()
    sessions: Sessions = Sessions()
    sign_in: SignIn = SignIn()
    tokens: Tokens = Tokens()
    events: Events = Events()
    mail: Mail = Mail()
    sms: Sms = Sms()
    verification: Verification = Verification()
    enrolment: Enrolment = Enrolment()

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


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Reads the file named by `IDP_CONFIG`, or `config/idp.toml` where that exists, then `IDP_…` variables over it.

    Raises:
        ConfigurationError: the file is missing or a value cannot be used; says which.
    """
    variables = dict(os.environ if environment is None else environment)
    named = variables.pop("IDP_CONFIG", None)
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
    _refuse_unsafe_letters(settings.mail, settings.sms)


def _refuse_unsafe_letters(mail: Mail, sms: Sms) -> None:
    if mail.delivery == "file" or sms.delivery == "file":
        raise ConfigurationError("mail.delivery and sms.delivery must not be file in production: nobody would be told")
    if mail.smtp_security == "none" and mail.smtp_host not in _THIS_MACHINE:
        raise ConfigurationError("mail.smtp_security must not be none in production but toward this machine")
    if not sms.gateway_url.startswith("https://"):
        raise ConfigurationError("sms.gateway_url must be https in production")
