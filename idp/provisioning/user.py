"""A member as a SCIM resource. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.agencies.relying_party import ScimRegistration
from idp.members.claims import claims
from idp.members.profile import EnterpriseProfile, PersonProfile, Profile

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
EXTENSION = "urn:onepass:scim:member:1.0:User"
"""Described by `schemas/member.json`."""
_SCOPES = {"displayName": "profile", "name": "profile", "emails": "email", "phoneNumbers": "phone"}


@dataclass(frozen=True, slots=True)
class Released:
    """A member toward one agency: who they are there, and what they agreed that it learns."""

    subject: str
    link_id: str
    profile: Profile
    scopes: frozenset[str]


def user(released: Released, registration: ScimRegistration, *, extended: bool) -> dict[str, Any]:
    """The resource that is created; `extended` by our own schema. RFC 7643 §4.1, RFC 7644 §3.3."""
    told = _attributes(released, registration, extended=extended)
    schemas = [USER, EXTENSION] if EXTENSION in told else [USER]
    return {
        "schemas": schemas,
        "externalId": released.subject,
        "userName": _user_name(released, registration),
        "active": True,
        **told,
    }


def changes(released: Released, registration: ScimRegistration, *, extended: bool) -> dict[str, Any]:
    """What is true of the member now, to be patched in. RFC 7644 §3.5.2.

    Never `active`, which is the agency's to set after the first time, nor `userName`, by which the member may know the
    account there. What the member agreed to release and no longer has is removed.
    """
    told = _attributes(released, registration, extended=extended)
    asked = released.scopes & registration.attributes
    gone = [name for name, scope in _SCOPES.items() if scope in asked and name not in told and _had(name, released)]
    replaced = [{"op": "replace", "value": told}] if told else []
    return {"schemas": [PATCH], "Operations": [*replaced, *({"op": "remove", "path": name} for name in gone)]}


def _had(name: str, released: Released) -> bool:
    return name != "name" or isinstance(released.profile, PersonProfile)


def _attributes(released: Released, registration: ScimRegistration, *, extended: bool) -> dict[str, Any]:
    """What is released, in SCIM's names. An e-mail address or number that nobody has proven to be the member's is left
    out: SCIM cannot say so of it, and an agency that knows people by their address would give away their accounts."""
    known = claims(released.profile, released.scopes & registration.attributes)
    told: dict[str, Any] = {}
    if "name" in known:
        told["displayName"] = known["name"]
        if isinstance(released.profile, PersonProfile):
            told["name"] = {"formatted": known["name"]}
    if known.get("email_verified"):
        told["emails"] = [{"value": known["email"], "primary": True}]
    if known.get("phone_number_verified"):
        # RFC 7643 §4.1.2 wants RFC 3966.
        told["phoneNumbers"] = [{"value": f"tel:{known['phone_number']}", "primary": True}]
    if extended and registration.extension:
        told[EXTENSION] = _extension(released, known)
    return told


def _extension(released: Released, known: Mapping[str, Any]) -> dict[str, str]:
    enterprise = isinstance(released.profile, EnterpriseProfile)
    told = {"linkId": released.link_id, "memberType": "enterprise" if enterprise else "person"}
    if isinstance(released.profile, EnterpriseProfile):
        told["enterpriseUuid"] = released.profile.enterprise_uuid
    names = {
        "businessNumber": "business_number",
        "companyName": "company_name",
        "representativeName": "representative_name",
        "foundedOn": "founded_on",
    }
    return told | {name: known[claim] for name, claim in names.items() if claim in known}


def _user_name(released: Released, registration: ScimRegistration) -> str:
    """By the agency's rule, as far as the member agreed to it and it is proven; else the subject, which is always
    unique."""
    known = claims(released.profile, released.scopes & registration.attributes)
    if registration.user_name == "email" and known.get("email_verified"):
        return str(known["email"])
    if registration.user_name == "business_number" and "business_number" in known:
        return str(known["business_number"])
    return released.subject
