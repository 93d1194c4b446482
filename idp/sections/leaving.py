"""What may be told about links that end and members who leave."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from idp.sections.section import Section


class Leaving(Section):
    """Links that end, and members who leave."""

    agency_relink: timedelta = Field(default=timedelta(days=30), ge=timedelta(0))
    """How long after its own unlinking of a member an agency may take that back without asking the member again."""
    cooling_off: timedelta = Field(default=timedelta(0), ge=timedelta(0), le=timedelta(days=30))
    """How long a member who asked to leave may take it back by signing in. Sessions end at once; data and links go, and
    agencies hear of it, when this is over. 0: at once (즉시파기)."""
    ask_agencies: bool = False
    """Whether agencies that registered a `withdrawal_check_url` are asked, as a member looks at 통합회원 탈퇴, if an
    application is open there. What they say is shown, and keeps nobody from leaving."""
    agencies_patience: timedelta = Field(default=timedelta(seconds=3), gt=timedelta(0), le=timedelta(seconds=10))
    """How long the page waits for all of them together; silence is no obstacle."""
    agencies_at_once: int = Field(default=8, ge=1, le=100)
    """How many of them are asked at the same time."""
    receipts: timedelta = Field(default=timedelta(days=365), gt=timedelta(0))
    """How long a member can read the receipt of a withdrawal or an unlinking."""
    receipt_looks_per_address: int = Field(default=60, ge=1)
    """Receipts looked at from one network address within ten minutes."""
