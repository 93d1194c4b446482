"""Keeping that a telephone was proven to be at hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

from idp.audit.actions import Action
from idp.clock import Clock
from idp.crypto.digests import same
from idp.members.directory import Directory
from idp.members.keep_proof import keep_proof
from idp.members.profile import PersonProfile, Profile
from idp.signals.security_events import TellAgencies
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class ProvePhone:
    """Marks a number as its member's to answer. The caller has seen the code that was sent to it. It stays one that the
    member may change: what verification vouches for is another thing."""

    database: Database
    clock: Clock
    directory: Directory
    tell_agencies: TellAgencies

    def __call__(self, member_id: str, phone: str, *, address: str | None = None) -> bool:
        """Whether it is proven now. Not where the member has left, or has given another number since."""

        def marked(profile: Profile) -> Profile | None:
            if isinstance(profile, PersonProfile) and same(profile.phone, phone):
                return replace(profile, phone_at_hand=True)
            return None

        return keep_proof(
            self.database,
            self.directory,
            self.tell_agencies,
            member_id,
            marked,
            Action.PHONE_PROVEN,
            self.clock.now(),
            address=address,
        )
