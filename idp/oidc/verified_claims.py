"""`verified_claims`: what verification proved of a member, when and how, apart from what they say of themselves.

Told is what the membership keeps of its own verification, and nothing where it keeps none. A stand-in vouches under a
trust framework of its own, so that nobody takes its word for a provider's. CI is never among it. OpenID Identity
Assurance Schema Definition 1.0 §5; OpenID Connect for Identity Assurance 1.0 §6, §9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from idp.crypto.digests import Digester
from idp.members.claims import international
from idp.members.profile import PersonProfile, Profile
from idp.members.verification_kept import VerificationKept
from idp.oidc.claims_parameter import read
from idp.oidc.errors import InvalidRequest

SCOPE = "identity"
VOUCHED, SIMULATED = "urn:onepass:trust:identity-verification", "urn:onepass:trust:simulated"
CLAIMS = ("name", "birthdate", "phone_number", "business_number")
EVIDENCE = "electronic_record"
_LONGEST = 2048
_MOST = 8
_CONSTRAINTS = frozenset({"value", "values", "max_age"})
_SAID_BESIDE = frozenset({"essential", "purpose"})
"""Members of a request that constrain nothing."""

METADATA: Mapping[str, Any] = {
    "verified_claims_supported": True,
    "trust_frameworks_supported": [VOUCHED, SIMULATED],
    "claims_in_verified_claims_supported": list(CLAIMS),
    "evidence_supported": [EVIDENCE],
}
"""What the discovery document says of it. OpenID Connect for Identity Assurance 1.0 §9."""


@dataclass(frozen=True, slots=True)
class Told:
    """Composes the member of UserInfo's answer."""

    digester: Digester

    def __call__(
        self, profile: Profile, party_id: str, wanted: list[dict[str, Any]] | None, now: datetime
    ) -> dict[str, Any] | None:
        """`verified_claims`, narrowed to the first of `wanted` that can be met; None where nothing can be said.

        What cannot be met is left out, never an error: whether a member could meet it is not for an answer to tell
        apart from a member who never was verified (§6.5).
        """
        kept = profile.verification
        if kept is None:
            return None
        whole = {"verification": self._verification(kept, party_id), "claims": _claims(profile, kept)}
        if not whole["claims"]:
            return None
        if wanted is None:
            return whole
        return next((met for each in wanted if (met := _narrowed(whole, each, now)) is not None), None)

    def _verification(self, kept: VerificationKept, party_id: str) -> dict[str, Any]:
        # Of one relying party only: two that compare would know a member by the same process.
        process = self.digester.digest("verification_process", f"{party_id} {kept.process}")[:32]
        return {
            "trust_framework": SIMULATED if kept.simulated else VOUCHED,
            "assurance_level": kept.assurance,
            "time": kept.at,
            "verification_process": process,
            "evidence": [
                {
                    "type": EVIDENCE,
                    "time": kept.at,
                    "record": {"type": kept.method, "source": {"name": kept.provider}},
                }
            ],
        }


def requested(claims: str | None) -> list[dict[str, Any]] | None:
    """What `claims` asks of UserInfo's `verified_claims`, each candidate checked; None where it asks nothing.

    Raises:
        InvalidRequest: it is not of the form §6 gives: no verification, no trust framework, no claim, or too long.
    """
    userinfo = read(claims).get("userinfo")
    asked = userinfo.get("verified_claims") if isinstance(userinfo, dict) else None
    if claims is None or asked is None:
        return None
    if len(claims.encode()) > _LONGEST:
        raise InvalidRequest(f"claims with verified_claims is longer than {_LONGEST} octets")
    candidates = asked if isinstance(asked, list) else [asked]
    if not 0 < len(candidates) <= _MOST:
        raise InvalidRequest("verified_claims holds no request, or too many")
    return [_checked(each) for each in candidates]


def _checked(candidate: Any) -> dict[str, Any]:
    verification, claims = (_object(_object(candidate).get(part)) for part in ("verification", "claims"))
    if "trust_framework" not in verification or not claims:
        raise InvalidRequest("verified_claims needs a trust_framework and at least one claim")
    for name, constraint in (*verification.items(), *claims.items()):
        if name != "evidence" and constraint is not None:
            _object(constraint)
    evidence = verification.get("evidence")
    if evidence is not None and not (isinstance(evidence, list) and all(isinstance(each, dict) for each in evidence)):
        raise InvalidRequest("verified_claims: evidence is no list of objects")
    return {"verification": verification, "claims": claims}


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidRequest("verified_claims holds something else where an object belongs")
    return value


def _claims(profile: Profile, kept: VerificationKept) -> dict[str, str]:
    if isinstance(profile, PersonProfile):
        known = {"name": profile.name, "birthdate": profile.birth_date}
        if profile.phone_verified:
            known["phone_number"] = international(profile.phone)
    else:
        known = {"business_number": profile.business_number}
    return {name: value for name, value in known.items() if value and name in kept.of}


def _narrowed(whole: Mapping[str, Any], wanted: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """`whole` with nothing but what was asked for; None where a constraint is not met."""
    verification: dict[str, Any] = {}
    for name, constraint in wanted["verification"].items():
        told = whole["verification"].get(name)
        if name == "evidence":
            if not _fits(told, constraint, now):
                return None
        elif not _meets(told, constraint, now):
            return None
        if told is not None:
            verification[name] = told
    claims = {}
    for name, constraint in wanted["claims"].items():
        told = whole["claims"].get(name)
        if told is not None:
            if not _meets(told, constraint, now):
                return None
            claims[name] = told
    return {"verification": verification, "claims": claims} if claims else None


def _fits(told: Any, wanted: Any, now: datetime) -> bool:
    """Whether what is told of the evidence meets every constraint within `wanted`, however deep."""
    if isinstance(wanted, list):
        among = told if isinstance(told, list) else [None]
        return all(any(_fits(each, one, now) for each in among) for one in wanted)
    if not isinstance(wanted, dict) or _CONSTRAINTS & wanted.keys():
        return _meets(told, wanted, now)
    known = told if isinstance(told, dict) else {}
    return all(_fits(known.get(name), one, now) for name, one in wanted.items() if name not in _SAID_BESIDE)


def _meets(told: Any, constraint: Mapping[str, Any] | None, now: datetime) -> bool:
    """`value`, `values` and, for a time, `max_age`; what we do not know but is constrained, is not met."""
    if not isinstance(constraint, dict):
        return constraint is None
    if "value" in constraint and told != constraint["value"]:
        return False
    if "values" in constraint and told not in (constraint["values"] if isinstance(constraint["values"], list) else ()):
        return False
    return "max_age" not in constraint or _no_older(told, constraint["max_age"], now)


def _no_older(told: Any, seconds: Any, now: datetime) -> bool:
    if not isinstance(told, str) or not isinstance(seconds, int) or isinstance(seconds, bool):
        return False
    try:
        at = datetime.fromisoformat(told.replace("Z", "+00:00")).astimezone(UTC)
    except ValueError:
        # What is asked to be young is no time.
        return False
    return (now - at).total_seconds() <= seconds
