"""The level that a sign-in is to reach, from what was asked and what the member can do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from idp.sessions.assurance import Assurance, acr_level, acr_name
from idp.signin.request import SignInRequest


@dataclass(frozen=True, slots=True)
class Means:
    """How a member could prove more than they have. `has_factor`: an app or a passkey is registered; `verifiable`: the
    highest level that a verification on offer gives this member, 0 where there is none."""

    has_factor: bool = False
    verifiable: int = 0

    @property
    def highest(self) -> int:
        """The most they could reach."""
        return max(2 if self.has_factor else 0, self.verifiable)


NO_MEANS = Means()


def wanted_levels(acr_values: Sequence[str]) -> tuple[int, ...]:
    """The levels among what was asked for, in its order; what we do not know decides nothing."""
    levels = (acr_level(name) for name in acr_values)
    return tuple(dict.fromkeys(level for level in levels if level is not None))


def lacking(request: SignInRequest, reached: Assurance, means: Means) -> int | None:
    """The level to ask the member for, or None where there is nothing to gain: the first of those wanted that they have
    or can reach decides (OpenID Connect Core §3.1.2.1 `acr_values`: in order of preference)."""
    for level in wanted_levels(request.acr_values):
        if reached.level >= level:
            return None
        if means.highest >= level:
            return level
    return None


def suffices(request: SignInRequest, reached: Assurance) -> bool:
    """Whether `reached` may be answered. Levels contain each other: whoever reached 3 meets 2 (OpenID Connect Core
    §5.5.1.1; SAML core §3.3.2.2.1)."""
    if not request.acr_essential:
        return True
    return any(reached.level >= level for level in wanted_levels(request.acr_values))


def told(request: SignInRequest, reached: Assurance) -> str:
    """The `acr` to answer with. An essential one must be among those asked for, so a higher level is told by the
    highest of these it meets; a simulator's is never told by a real one's name."""
    met = [level for level in wanted_levels(request.acr_values) if level <= reached.level]
    if request.acr_essential and met:
        return acr_name(max(met), simulated=reached.simulated)
    return reached.acr
