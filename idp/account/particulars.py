"""A profile as the form of 정보변경 shows it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from idp.members.phone_number import AREA_CODES, is_mobile
from idp.members.profile import PersonProfile, Profile

FIELDS = (
    *("phone_prefix", "phone", "landline_prefix", "landline"),
    *("email_local", "email_domain", "email_domain_typed"),
    *("company_name", "representative_name", "founded_on"),
)
"""The names that the form posts."""


def particulars(profile: Profile) -> Mapping[str, str]:
    """The values of the form's fields."""
    local, _at, domain = profile.email.rpartition("@")
    shown = {"email_local": local, "email_domain_typed": domain}
    if isinstance(profile, PersonProfile):
        prefix = profile.phone[:3] if is_mobile(profile.phone) else ""
        phone = {"phone_prefix": prefix, "phone": profile.phone.removeprefix(prefix)}
        return {**shown, **phone, **_landline(profile.landline)}
    return {
        **shown,
        **_landline(profile.phone),
        "company_name": profile.company_name,
        "representative_name": profile.representative_name,
        "founded_on": profile.founded_on,
    }


def _landline(number: str | None) -> Mapping[str, str]:
    prefix = next((code for code in AREA_CODES if (number or "").startswith(code)), "")
    return {"landline_prefix": prefix, "landline": (number or "").removeprefix(prefix)}
