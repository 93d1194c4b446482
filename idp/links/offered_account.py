"""An account of an agency's, as the agency describes it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class OfferedAccount:
    """An account that an agency said it has for somebody: its reference there, and what to show of it."""

    reference: str
    display_name: str
    role: str = ""

    def packed(self) -> bytes:
        """As it is sealed."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, opened: bytes) -> OfferedAccount:
        """What was packed."""
        return cls(**json.loads(opened))
