"""Codes that a member wrote down for the day the phone is lost: ten, each good once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from idp.credentials.models import recovery_codes
from idp.crypto.digests import Digester
from idp.randomness import Randomness, case_blind_token

HOW_MANY = 10
_LETTERS = 10
_BETWEEN = re.compile(r"[\s-]+")
# Base32 has neither 0, 1 nor 8; whoever reads one has read the letter that looks like it.
_READ_AS = str.maketrans("018", "olb")
_LONGEST = 64
_mine = recovery_codes.c


@dataclass(frozen=True, slots=True)
class RecoveryCodes:
    """Every query on them, inside a transaction of the caller's. Kept as keyed digests: 50 random bits behind a limit
    on guessing need no slow hash, and without the key the digests say nothing."""

    digester: Digester
    randomness: Randomness

    def renew(self, connection: Connection, member_id: str, at: datetime) -> tuple[str, ...]:
        """Ten new codes in place of whatever was there; they are shown this once."""
        self.remove(connection, member_id)
        codes: list[str] = []
        while len(codes) < HOW_MANY:
            letters = case_blind_token(self.randomness, 8)[:_LETTERS]
            if letters not in codes:
                codes.append(letters)
        digests = [{"member_id": member_id, "digest": self._digest(member_id, each), "made_at": at} for each in codes]
        connection.execute(insert(recovery_codes), digests)
        return tuple(f"{each[:5]}-{each[5:]}" for each in codes)

    def left(self, connection: Connection, member_id: str) -> int:
        """How many are unused."""
        query = select(func.count()).select_from(recovery_codes).where(_mine.member_id == member_id)
        return int(connection.execute(query).scalar_one())

    def spend(self, connection: Connection, member_id: str, typed: str) -> bool:
        """Whether this is one of the member's; to exactly one of all who present it, for it is gone then."""
        letters = _BETWEEN.sub("", typed[:_LONGEST]).lower().translate(_READ_AS)
        this = (_mine.member_id == member_id) & (_mine.digest == self._digest(member_id, letters))
        return connection.execute(delete(recovery_codes).where(this)).rowcount == 1

    def remove(self, connection: Connection, member_id: str) -> None:
        """Forget all of a member's."""
        connection.execute(delete(recovery_codes).where(_mine.member_id == member_id))

    def _digest(self, member_id: str, letters: str) -> str:
        return self.digester.digest("credentials.recovery_code", f"{member_id}:{letters}")
