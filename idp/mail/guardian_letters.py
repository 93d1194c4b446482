"""The letters of a child's membership: to the child, and to the 법정대리인 whose consent it stands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from idp.mail.letter_form import Letter, LetterForm, Masked, Path


@dataclass(frozen=True, slots=True)
class GuardianConsent(LetterForm):
    """To a 법정대리인: a child wants to join, and may only with their consent (REQ-83)."""

    letter = Letter.GUARDIAN_CONSENT
    masked_child: Masked
    path: Path = field(repr=False)
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class GuardianDecided(LetterForm):
    """To the child: what the 법정대리인 decided; `path` goes on with joining, or back to its beginning."""

    letter = Letter.GUARDIAN_DECIDED
    agreed: bool
    path: Path


@dataclass(frozen=True, slots=True)
class GuardianRights(LetterForm):
    """To the 법정대리인, once the child is a member: `path` is where they see, withdraw and delete. Names nobody: the
    contact was typed by the child, and the link outlives whoever reads it first."""

    letter = Letter.GUARDIAN_RIGHTS
    path: Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class TurnedFourteen(LetterForm):
    """To a member who joined with a guardian's consent: from now on their own counts; `path` is where they sign in."""

    letter = Letter.TURNED_FOURTEEN
    path: Path
