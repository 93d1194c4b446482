"""How strongly members must have proven who they are before they change what proves it."""

from __future__ import annotations

from dataclasses import dataclass

from idp.clock import Clock
from idp.credentials.certificates import has_certificate
from idp.signin.means import MeansOf
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class LevelToChange:
    """Weighs what a person has registered. Whoever knows no more than the password of somebody who has a passkey would
    otherwise add an app of their own, and be told to relying parties as two factors."""

    database: Database
    clock: Clock
    means: MeansOf

    def __call__(self, member_id: str) -> int:
        """2 where they have a second factor, or a certificate that is good still and a verification that takes it or
        stands in for it; else 1. Never one that they cannot reach."""
        with self.database.reading() as connection:
            means = self.means(connection, member_id)
            certified = has_certificate(connection, member_id, self.clock.now())
        return 2 if means.has_factor or (certified and means.verifiable >= 2) else 1
