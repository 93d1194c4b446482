"""What a membership keeps of the verification it begins with."""

from __future__ import annotations

from datetime import UTC

from idp.members.verification_kept import VerificationKept
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
