"""Our answer, in words that belong to no protocol."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from idp.links.store import Link, Standing
from idp.sessions.assurance import Assurance
from idp.sessions.session import Session


class Reason(StrEnum):
    """Why there is no sign-in."""

    LOGIN_REQUIRED = "login_required"
    CONSENT_REQUIRED = "consent_required"
    INTERACTION_REQUIRED = "interaction_required"
    DENIED = "denied"
    SUSPENDED = "suspended"
    UNMET = "unmet"
    """No sign-in of this member reaches the level without which nothing will do."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The member behind `session` may go on; a relying party that asked has a link in force."""

    session: Session
    standing: Standing
    sid: str | None
    """The session's id toward the relying party."""
    scopes: frozenset[str]
    """What the member agreed to release."""
    assurance: Assurance
    """How strongly and when they proved who they are, as far as it is recent enough for whoever asked."""
    acr: str
    """The level to tell: what was reached, or the essential one of those asked for that this meets."""

    @property
    def link(self) -> Link:
        """The link with the agency of the relying party that asked."""
        assert self.standing.link is not None  # noqa: S101  # next_step concludes for a relying party only with one
        return self.standing.link


@dataclass(frozen=True, slots=True)
class Refused:
    """No sign-in."""

    reason: Reason


Outcome = SignedIn | Refused
