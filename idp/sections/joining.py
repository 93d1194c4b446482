"""What joining and ways back in may be told."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from idp.sections.section import Section


class Enrolment(Section):
    """Joining and converting."""

    draft: timedelta = timedelta(days=1)
    """An enrolment left alone is forgotten after this."""
    guardian: timedelta = timedelta(days=5)
    """A guardian who has not answered by then lets the child's request go (REQ-84)."""
    agencies_ticked: bool = False
    """Whether step 5 has every agency ticked beforehand, as the manual shows it. A free choice asks for unticked boxes
    (PIPA §22): then only the agency the member came from is."""


class Recovery(Section):
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
