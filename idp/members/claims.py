"""What is known of a member, in the names relying parties know. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.members.profile import EnterpriseProfile, PersonProfile, Profile


def claims(profile: Profile, scopes: frozenset[str]) -> Mapping[str, Any]:
    """The claims that `scopes` release; what is unknown is left out, never null or empty (OpenID Connect Core §5.3.2).

    Not the 아이디: it is one for all agencies, and two of them would know a member by it. E-mail and phone say whether
    they were proven to be the member's.
    """
    released: dict[str, Any] = {}
    if "profile" in scopes:
        released["name"] = profile.display_name
    if "email" in scopes and profile.email:
        released |= {"email": profile.email, "email_verified": profile.email_verified}
    if "phone" in scopes and profile.phone:
        verified = isinstance(profile, PersonProfile) and (profile.phone_verified or profile.phone_at_hand)
        released |= {"phone_number": international(profile.phone), "phone_number_verified": verified}
    if "enterprise" in scopes and isinstance(profile, EnterpriseProfile):
        released |= {
            "business_number": profile.business_number,
            "company_name": profile.company_name,
            "representative_name": profile.representative_name,
            "founded_on": profile.founded_on,
        }
    return {name: value for name, value in released.items() if value != ""}


def changed_claims(former: Profile, present: Profile) -> Mapping[str, str]:
    """By the name of each claim that differs the scope that releases it."""
    changed: dict[str, str] = {}
    for scope in ("profile", "email", "phone", "enterprise"):
        before, now = claims(former, frozenset((scope,))), claims(present, frozenset((scope,)))
        changed |= {name: scope for name in sorted({*before, *now}) if before.get(name) != now.get(name)}
    return changed


def international(phone: str) -> str:
    """A Korean number in E.164, as OpenID Connect Core §5.1 recommends for `phone_number`."""
    digits = "".join(character for character in phone if character.isdigit())
    return f"+82{digits[1:]}" if digits.startswith("0") else f"+{digits}"
