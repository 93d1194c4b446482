"""Who did something: how the records name them, and what the world outside is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class ActorKind(Enum):
    """The kinds of actor, each with the `initiating_entity` of CAEP 1.0 §2 that it is outside."""

    MEMBER = "member", "user"
    GUARDIAN = "guardian", "user"
    OPERATOR = "operator", "admin"
    AGENCY = "agency", "admin"
    SYSTEM = "system", "system"

    def __init__(self, word: str, entity: str) -> None:
        self.word = word
        self.entity = entity


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor. `name` tells actors of one kind apart where that matters; it is no personal datum."""

    kind: ActorKind
    name: str | None = None

    def __str__(self) -> str:
        """As the audit and the history of links keep it: `member`, `agency:voucher`, `operator:command`."""
        return self.kind.word if self.name is None else f"{self.kind.word}:{self.name}"

    @property
    def initiating_entity(self) -> str:
        """`user`, `admin` or `system`. CAEP 1.0 §2."""
        return self.kind.entity


MEMBER: Final = Actor(ActorKind.MEMBER)
GUARDIAN: Final = Actor(ActorKind.GUARDIAN)
COMMAND: Final = Actor(ActorKind.OPERATOR, "command")
SYSTEM: Final = Actor(ActorKind.SYSTEM)


def agency_system(relying_party_id: str) -> Actor:
    """The relying party of this id, acting by its own server."""
    return Actor(ActorKind.AGENCY, relying_party_id)
