"""A relying party that took part in a session that ended, and how it hears of that."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hearer:
    """One of them, as the member's page names it."""

    party_id: str
    name: str
    jti: str | None
    """Of the logout token that it is sent, if it takes any."""
    frame: str | None
    """What the member's browser is to open, if it asked for that: the same end, told with the session's own cookies."""
