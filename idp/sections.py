"""The sections of the settings: what each part of the house may be told. `idp.settings` reads them."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_IN_ENGLISH = {
    "중기원패스": "SME OnePass",
    "중기원패스 통합로그인": "SME OnePass sign-in",
    "중기 통합회원": "SME member account",
    "중소벤처기업부": "Ministry of SMEs and Startups",
    "하나의 아이디로 중소벤처기업부 유관기관의 서비스를 모두 이용해보세요!": (
        "One ID for the services of every agency of the Ministry of SMEs and Startups"
    ),
}


class BrandWords(NamedTuple):
    """The brand in one language."""

    name: str
    login_title: str
    member_title: str
    ministry: str
    tagline: str


class Brand(_Section):
    """The words that name this deployment. Those in English may be empty: then the default's English stands for what
    is the default, and the Korean words stay for what is not."""

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
    name_en: str = ""
    """`name` in English."""
    login_title_en: str = ""
    """`login_title` in English."""
    member_title_en: str = ""
    """`member_title` in English."""
    ministry_en: str = ""
    """`ministry` in English."""
    tagline_en: str = ""
    """`tagline` in English."""

    def words(self, language: str) -> BrandWords:
        """The brand in `language`."""
        return self._in_english if language == "en" else self._in_korean

    @cached_property
    def _in_korean(self) -> BrandWords:
        return BrandWords(self.name, self.login_title, self.member_title, self.ministry, self.tagline)

    @cached_property
    def _in_english(self) -> BrandWords:
        given = (self.name_en, self.login_title_en, self.member_title_en, self.ministry_en, self.tagline_en)
        return BrandWords(
            *(own or _IN_ENGLISH.get(korean, korean) for own, korean in zip(given, self._in_korean, strict=True))
        )


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


class Recovery(_Section):
    """아이디 찾기, 비밀번호 재설정, and the proof of an e-mail address."""

    whole_login_id: Literal["L2", "L3", "never"] = "L3"
    """How much a verification must prove for the 아이디 to be shown whole; below it is masked (REQ-43)."""
    by_email: bool = True
    """Whether a link to the member's proven e-mail address may set a new password, beside verification."""
    reset_link: timedelta = Field(default=timedelta(minutes=30), gt=timedelta(0), le=timedelta(minutes=30))
    """How long that link is good, and a recovery that was started waits; at most half an hour."""
    proof_link: timedelta = Field(default=timedelta(hours=24), gt=timedelta(0), le=timedelta(days=7))
    """How long the link is good that proves an e-mail address."""
    asks_per_account: int = Field(default=5, ge=1)
    """Reset links for one 아이디 within `window`."""
    asks_per_address: int = Field(default=50, ge=1)
    """Recoveries begun from one network address within `window`."""
    window: timedelta = Field(default=timedelta(hours=1), gt=timedelta(0))
    """How long that while is."""
