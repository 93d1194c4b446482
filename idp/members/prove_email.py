"""Keeping that an e-mail address was proven to be its member's."""

from __future__ import annotations

from dataclasses import dataclass, replace

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.digests import same
from idp.members import store
from idp.members.directory import PROFILE, Directory
from idp.members.profile import packed
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class ProveEmail:
    """Marks an address, named by its digest, as proven. The caller has seen what only its reader can have."""

    database: Database
    clock: Clock
    directory: Directory

    def __call__(self, member_id: str, email_digest: str, *, address: str | None = None) -> bool:
        """Whether it is proven now. Not where the member has left, or has given another address since: the reader of
        the former one would otherwise vouch for it."""
        now = self.clock.now()
        with self.database.transaction() as connection:
            store.lock(connection, member_id)
            row = store.find(connection, member_id)
            profile = self.directory.profile(row) if row is not None else None
            if row is None or row.data_key is None or profile is None:
                return False
            if not same(self.directory.email_digest(profile.email), email_digest):
                return False
            if not profile.email_verified:
                proven = packed(replace(profile, email_verified=True))
                sealed = self.directory.cipher.seal(row.data_key, row.id, PROFILE, proven)
                store.put_profile(connection, row, sealed, now)
                record(connection, Record(now, Action.EMAIL_PROVEN, "member", row.id, address=address))
        return True
