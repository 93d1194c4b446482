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
