"""Scopes: what each releases, and in what words a member is asked."""

from __future__ import annotations

from collections.abc import Mapping

OPENID = "openid"
OFFLINE_ACCESS = "offline_access"

SCOPE_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "profile": ("name",),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "enterprise": ("business_number", "company_name", "representative_name", "founded_on"),
}
"""Claims by scope. OpenID Connect Core §5.4, and the operator's contract."""

SUPPORTED = (OPENID, *SCOPE_CLAIMS, "identity", OFFLINE_ACCESS)
"""`identity` releases `verified_claims` and nothing beside it."""


def granted(requested: tuple[str, ...], registered: frozenset[str]) -> frozenset[str]:
    """Of what was asked for, what this relying party may ever have; the rest is left out (RFC 6749 §3.3)."""
    return frozenset(requested) & registered & frozenset(SUPPORTED)
