"""What the registration endpoint may be told."""

from __future__ import annotations

from pydantic import Field

from idp.sections.section import Section


class Registration(Section):
    """Clients that register themselves (RFC 7591)."""

    enabled: bool = False
    """Whether there is a registration endpoint. Each registration needs an initial access token
    (`idp agencies initial-access-token`)."""
    calls_per_minute: int = Field(default=60, ge=1)
    """Calls from one network, and uses of one initial access token; more are answered 429."""
