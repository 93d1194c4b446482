"""What authorization requests must keep to, whoever sends them."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from idp.sections.section import Section


class Authorization(Section):
    """How relying parties' sign-in requests reach us."""

    require_pushed: bool = False
    """Whether every request must be pushed first (RFC 9126), not only those of clients that registered so."""
    pushed_lifetime: timedelta = Field(
        default=timedelta(seconds=60), ge=timedelta(seconds=5), le=timedelta(seconds=599)
    )
    """How long after it was pushed a sign-in may be begun with it. FAPI 2.0 wants less than ten minutes."""
    pushes_per_minute: int = Field(default=6000, ge=1)
    """Requests that one client pushes in a minute; more are answered 429."""
    public_pushes_per_minute: int = Field(default=600, ge=1)
    """The same from one network for a public client, in whose name anybody can push."""
