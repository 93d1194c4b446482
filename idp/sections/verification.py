"""What verification may be told."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, get_args

from pydantic import Field

from idp.sections.providers import AnyProvider
from idp.sections.section import Section

MethodCode = Literal[
    "joint_certificate", "simple_certificate", "phone", "any_id", "business_certificate", "business_simple_certificate"
]


class PhoneCode(Section):
    """Codes by SMS that prove a telephone to be at hand."""

    lifetime: timedelta = Field(default=timedelta(minutes=3), gt=timedelta(0), le=timedelta(minutes=3))
    """How long a code is good; at most three minutes."""
    tries: int = Field(default=5, ge=1, le=5)
    """Wrong codes before the verification ends; at most five."""
    sends_per_phone: int = Field(default=5, ge=1)
    """Codes to one number within `window`."""
    sends_per_person: int = Field(default=10, ge=1)
    """Codes that one member asks for within `window`, to whatever numbers."""
    sends_per_address: int = Field(default=100, ge=1)
    """Codes asked for from one network address within `window`; an office shares one."""
    window: timedelta = Field(default=timedelta(hours=1), gt=timedelta(0))
    """How long that while is."""


class AppPush(Section):
    """Requests that ring in somebody's app."""

    pushes_per_phone: int = Field(default=5, ge=1)
    """Requests to one number within `window`, by whomever."""
    pushes_per_address: int = Field(default=50, ge=1)
    """Requests asked for from one network address within `window`; an office shares one."""
    window: timedelta = Field(default=timedelta(minutes=10), gt=timedelta(0))
    """How long that while is."""


class Verification(Section):
    """How members prove who they are."""

    methods: list[MethodCode] = Field(default_factory=lambda: list(get_args(MethodCode)))
    """What is offered: 공동인증서, 개인 간편인증서, 휴대폰 인증, Any-ID; 기업인증서, 사업자 간편인증서 (REQ-14)."""
    simulated: bool = True
    """Stand-ins with fictitious people vouch for the methods that have no provider. Production refuses to start with
    them."""
    providers: list[AnyProvider] = Field(default_factory=list)
    """Who vouches: one table `[[verification.providers]]` each, described in docs/operating.md. Production refuses
    those that are simulated, not https or on this machine."""
    lifetime: timedelta = Field(default=timedelta(minutes=10), gt=timedelta(0), le=timedelta(minutes=10))
    """A verification ends after this, and so does what it proved when nobody collected it; at most ten minutes."""
