"""What a membership keeps of how it was verified: enough to say later how we know who a member is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class VerificationKept:
    """One verification, sealed with the profile and gone with it. `at` is ISO 8601 in UTC; `of` names what it proved,
    in the names of OpenID Connect: the rest of the profile is the member's own word."""

    method: str
    provider: str
    assurance: str
    simulated: bool
    at: str
    process: str = field(repr=False)
    """Names the verification in our audit; told to nobody as it is."""
    of: tuple[str, ...] = ()
