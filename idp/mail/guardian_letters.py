"""The letters of a child's membership: to the child, and to the 법정대리인 whose consent it stands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from idp.mail.letter_form import BOTH, MASKED, PATH, Letter, require
from idp.mail.recipients import Channel


@dataclass(frozen=True, slots=True)
class GuardianConsent:
    """To a 법정대리인: a child wants to join, and may only with their consent (REQ-83)."""

    letter: ClassVar[Letter] = Letter.GUARDIAN_CONSENT
    channels: ClassVar[frozenset[Channel]] = BOTH
    masked_child: str
    path: str = field(repr=False)
    valid_until: datetime

    def __post_init__(self) -> None:
        require(MASKED, "masked_child", self.masked_child)
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class GuardianDecided:
    """To the child: what the 법정대리인 decided; `path` goes on with joining, or back to its beginning."""

    letter: ClassVar[Letter] = Letter.GUARDIAN_DECIDED
    channels: ClassVar[frozenset[Channel]] = BOTH
    agreed: bool
    path: str

    def __post_init__(self) -> None:
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class GuardianRights:
    """To the 법정대리인, once the child is a member: `path` is where they see, withdraw and delete. Names nobody: the
    contact was typed by the child, and the link outlives whoever reads it first."""

    letter: ClassVar[Letter] = Letter.GUARDIAN_RIGHTS
    channels: ClassVar[frozenset[Channel]] = BOTH
    path: str = field(repr=False)

    def __post_init__(self) -> None:
        require(PATH, "path", self.path)


@dataclass(frozen=True, slots=True)
class TurnedFourteen:
    """To a member who joined with a guardian's consent: from now on their own counts; `path` is where they sign in."""

    letter: ClassVar[Letter] = Letter.TURNED_FOURTEEN
    channels: ClassVar[frozenset[Channel]] = BOTH
    path: str

    def __post_init__(self) -> None:
        require(PATH, "path", self.path)
