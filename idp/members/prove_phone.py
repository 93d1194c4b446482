"""Keeping that a telephone was proven to be at hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.digests import same
from idp.members import store
from idp.members.directory import PROFILE, Directory
from idp.members.profile import PersonProfile, packed
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class ProvePhone:
    """Marks a number as its member's to answer. The caller has seen the code that was sent to it. It stays one that the
    member may change: what verification vouches for is another thing."""

    database: Database
    clock: Clock
    directory: Directory

    def __call__(self, member_id: str, phone: str, *, address: str | None = None) -> bool:
        """Whether it is proven now. Not where the member has left, or has given another number since."""
        now = self.clock.now()
        with self.database.transaction() as connection:
            store.lock(connection, member_id)
            row = store.find(connection, member_id)
            profile = self.directory.profile(row) if row is not None else None
            if row is None or row.data_key is None or not isinstance(profile, PersonProfile):
                return False
            if not same(profile.phone, phone):
                return False
            if not profile.phone_at_hand:
                proven = packed(replace(profile, phone_at_hand=True))
                sealed = self.directory.cipher.seal(row.data_key, row.id, PROFILE, proven)
                store.put_profile(connection, row, sealed, now)
                record(connection, Record(now, Action.PHONE_PROVEN, "member", row.id, address=address))
        return True
