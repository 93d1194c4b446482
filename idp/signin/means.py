"""What a member could prove beyond what they have, looked up."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from idp.credentials.one_time_codes import has_app
from idp.credentials.passkeys import has_passkey
from idp.members import store as members
from idp.members.directory import Directory
from idp.members.profile import EnterpriseProfile, Profile
from idp.signin.level import NO_MEANS, Means
from idp.verification.desk import VerificationDesk
from idp.verification.evidence import Assurance, Holder
from idp.verification.method import Method

_LEVELS = {Assurance.L1: 1, Assurance.L2: 2, Assurance.L3: 3}


@dataclass(frozen=True, slots=True)
class MeansOf:
    """Reads a member's factors and what verification offers them."""

    directory: Directory
    verification: VerificationDesk
    passkeys_offered: bool

    def __call__(self, connection: Connection, member_id: str) -> Means:
        """What they could do."""
        row = members.find(connection, member_id)
        profile = self.directory.profile(row) if row is not None else None
        if profile is None:
            return NO_MEANS
        has_factor = has_app(connection, member_id) or (self.passkeys_offered and has_passkey(connection, member_id))
        levels = [_LEVELS[method.assurance] for method in self.methods(profile)]
        return Means(has_factor, max(levels, default=0))

    def methods(self, profile: Profile, level: int = 0) -> tuple[Method, ...]:
        """The verifications that give this member `level`. A person whose identity nobody ever verified has none: any
        other person's would do."""
        if isinstance(profile, EnterpriseProfile):
            holder = Holder.BUSINESS
        elif profile.ci is not None:
            holder = Holder.PERSON
        else:
            return ()
        return tuple(
            method
            for method in self.verification.enabled
            if method.holder is holder and _LEVELS[method.assurance] >= level
        )
