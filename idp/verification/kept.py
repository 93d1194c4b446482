"""What a membership keeps of how it was verified: of the verification it began with, and of later ones as good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC

from idp.audit.actions import Action
from idp.clock import Clock
from idp.crypto.digests import same
from idp.members.directory import Directory
from idp.members.keep_proof import keep_proof
from idp.members.profile import PersonProfile, Profile
from idp.members.verification_kept import VerificationKept
from idp.signals.security_events import TellAgencies
from idp.storage.database import Database
from idp.verification.evidence import Evidence


def kept_of(evidence: Evidence) -> VerificationKept:
    """What the membership keeps of how it was verified."""
    proven = {
        "name": evidence.name,
        "birthdate": evidence.birth_date,
        "phone_number": evidence.phone,
        "business_number": evidence.business_number,
    }
    return VerificationKept(
        method=evidence.method,
        provider=evidence.provider,
        assurance=evidence.assurance.value,
        simulated=evidence.simulated,
        at=evidence.verified_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        process=evidence.tx_id,
        of=tuple(name for name, value in proven.items() if value is not None),
    )


def renewed(profile: Profile, evidence: Evidence) -> VerificationKept | None:
    """What to keep of `evidence` in place of what is kept; None where it is of somebody else, or proves less: fewer of
    the profile's claims, by a weaker means, by a stand-in where a provider vouched before. Pure."""
    if not _is_of(profile, evidence):
        return None
    told, kept, found = _told(profile), profile.verification, kept_of(evidence)
    said = {
        "name": evidence.name,
        "birthdate": evidence.birth_date.isoformat() if evidence.birth_date is not None else None,
        "phone_number": evidence.phone,
        "business_number": evidence.business_number,
    }
    found = replace(found, of=tuple(name for name in found.of if told.get(name) and told[name] == said[name]))
    if kept is None:
        return found if found.of else None
    weaker = (found.assurance, not found.simulated) < (kept.assurance, not kept.simulated)
    stand_in = found.simulated and not kept.simulated
    fewer = not {name for name in kept.of if told.get(name)} <= set(found.of)
    return None if weaker or stand_in or fewer or found.at <= kept.at else found


@dataclass(frozen=True, slots=True)
class RenewKept:
    """Keeps a later verification of a member, so that `verified_claims` tells the time of the latest."""

    database: Database
    clock: Clock
    directory: Directory
    tell_agencies: TellAgencies

    def __call__(self, member_id: str, evidence: Evidence, *, address: str | None = None) -> bool:
        """Whether it is kept. `evidence` was collected for this member; what it proves is looked at once more."""

        def marked(profile: Profile) -> Profile | None:
            found = renewed(profile, evidence)
            return None if found is None else replace(profile, verification=found)

        return keep_proof(
            self.database,
            self.directory,
            self.tell_agencies,
            member_id,
            marked,
            Action.IDENTITY_VERIFIED_AGAIN,
            self.clock.now(),
            address=address,
        )


def _is_of(profile: Profile, evidence: Evidence) -> bool:
    if isinstance(profile, PersonProfile):
        return same(profile.ci or "", evidence.ci or "") and evidence.ci is not None
    return same(profile.business_number, evidence.business_number or "")


def _told(profile: Profile) -> dict[str, str | None]:
    """What the profile says of what a verification can prove, as far as somebody vouches for it."""
    if isinstance(profile, PersonProfile):
        phone = profile.phone if profile.phone_verified else None
        return {"name": profile.name, "birthdate": profile.birth_date, "phone_number": phone}
    return {"business_number": profile.business_number}
