"""What the house is called and how long its sessions, tokens and deliveries last."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from pydantic import Field

from idp.sections.section import Section

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


class Brand(Section):
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


class Sessions(Section):
    """How long a browser stays signed in."""

    idle: timedelta = timedelta(minutes=30)
    """A session unused for this long ends."""
    absolute: timedelta = timedelta(hours=8)
    """No session outlives this, however busy."""


class SignIn(Section):
    """Guessing limits and how long a started sign-in waits."""

    pending: timedelta = timedelta(minutes=30)
    """A sign-in that was started and not finished is forgotten after this."""
    begun_per_address: int = Field(default=10_000, ge=1)
    """Sign-ins begun from one network address within that while; many offices share one, so be generous."""
    attempts_per_account: int = Field(default=5, ge=1)
    """Wrong passwords for one 아이디 before it is locked for a while (REQ-40)."""
    attempts_per_address: int = Field(default=100, ge=1)
    """Wrong passwords from one network address within the same while."""
    lock: timedelta = timedelta(minutes=10)
    """How long that while is, counted from the first wrong password."""


class Tokens(Section):
    """Lifetimes of what relying parties receive."""

    code: timedelta = timedelta(seconds=60)
    """Authorization codes. FAPI 2.0 wants at most 60 seconds."""
    access: timedelta = timedelta(minutes=10)
    """Access tokens of members' sign-ins; one that is signed says what it says for that long."""
    machine: timedelta = Field(default=timedelta(minutes=30), gt=timedelta(0), le=timedelta(hours=1))
    """Access tokens of relying parties' servers (`client_credentials`). CAEP Interoperability allows 60 minutes."""
    id_token: timedelta = timedelta(minutes=10)
    """`exp` of ID tokens."""
    refresh_idle: timedelta = timedelta(days=30)
    """A refresh token unused for this long is dead."""
    refresh_absolute: timedelta = timedelta(days=90)
    """No refresh token family outlives this."""
    dpop_nonces: bool = False
    """Whether a DPoP proof must hold a nonce of ours (RFC 9449 §8). A client then asks twice on its first request, and
    a proof made in advance is of no use."""


class Events(Section):
    """Delivery of account events."""

    connect_timeout: timedelta = timedelta(seconds=3)
    """To open a connection to a relying party."""
    total_timeout: timedelta = timedelta(seconds=10)
    """For the whole request."""
    concurrency: int = Field(default=8, ge=1)
    """Requests that one worker has under way at once toward a relying party that registered no `max_concurrency`."""
    batch: int = Field(default=250, ge=1, le=1000)
    """Rows one claim takes."""
    idle_wait: timedelta = timedelta(milliseconds=200)
    """How long an idle worker sleeps before it looks again."""
    fan_out_links: int = Field(default=500, ge=1, le=1000)
    """Links of a bulk change that one transaction writes out."""
    fan_out_backlog: int = Field(default=10_000, ge=1)
    """Messages that wait for one relying party beyond which no bulk change is written out further."""
    keep_settled: timedelta = timedelta(days=90)
    """How long settled messages and the record of attempts are kept. Dead letters are kept for good."""
    verification_interval: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0), le=timedelta(seconds=30))
    """`min_verification_interval`: the least time between two verifications that a receiver asks for."""
    poll_batch: int = Field(default=1000, ge=1, le=10_000)
    """Events that one answer to a receiver which fetches them holds at most."""
    long_poll: timedelta = Field(default=timedelta(seconds=20), ge=timedelta(0), le=timedelta(seconds=25))
    """How long such a receiver is kept waiting for the first event."""
    long_polls: int = Field(default=1, ge=0)
    """How many of them wait in one server process at once. Each keeps one of its threads (`idp serve --threads`)."""
    schema_base: str = "https://schemas.onepass.example"
    """Where the URI of our own event type lives; a domain of the operator's own, which may be this provider's: its
    JSON Schema is served at that path."""
