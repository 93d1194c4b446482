"""Keeping that an e-mail address was proven to be its member's."""

from __future__ import annotations

from dataclasses import dataclass, replace

from idp.audit.actions import Action
from idp.clock import Clock
from idp.crypto.digests import same
from idp.members.directory import Directory
from idp.members.keep_proof import keep_proof
from idp.members.profile import Profile
from idp.signals.security_events import TellAgencies
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class ProveEmail:
    """Marks an address, named by its digest, as proven. The caller has seen what only its reader can have."""

    database: Database
    clock: Clock
    directory: Directory
    tell_agencies: TellAgencies

    def __call__(self, member_id: str, email_digest: str, *, address: str | None = None) -> bool:
        """Whether it is proven now. Not where the member has left, or has given another address since: the reader of
        the former one would otherwise vouch for it."""

        def marked(profile: Profile) -> Profile | None:
            is_it = same(self.directory.email_digest(profile.email), email_digest)
            return replace(profile, email_verified=True) if is_it else None

        return keep_proof(
            self.database,
            self.directory,
            self.tell_agencies,
            member_id,
            marked,
            Action.EMAIL_PROVEN,
            self.clock.now(),
            address=address,
        )
