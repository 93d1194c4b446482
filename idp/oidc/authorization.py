"""What a member's sign-in allowed one relying party: the content of codes, access tokens and grants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.oidc.asked_claims import Asked


@dataclass(frozen=True, slots=True)
class Authorization:
    """Who, toward whom, how proven, what released. Dead as soon as the link leaves `link_version`.

    `auth_time` is in seconds since 1970.
    """

    relying_party_id: str
    subject: str
    link_id: str
    link_version: int
    scopes: tuple[str, ...]
    auth_time: int
    acr: str
    amr: tuple[str, ...]
    sid: str
    member_type: str
    enterprise_uuid: str | None
    verified: list[dict[str, Any]] | None = None
    """What the `claims` parameter asked of `verified_claims`, narrowing what scope `identity` releases."""
    asked: Asked | None = None
    """The claims that the parameter asked for one by one and the member's consent covers (`asked_claims`)."""

    def packed(self) -> list[Any]:
        """As JSON values."""
        return [
            self.relying_party_id,
            self.subject,
            self.link_id,
            self.link_version,
            self.scopes,
            self.auth_time,
            self.acr,
            self.amr,
            self.sid,
            self.member_type,
            self.enterprise_uuid,
            self.verified,
            self.asked,
        ]

    @classmethod
    def unpacked(cls, values: list[Any]) -> Authorization:
        """From JSON values we packed."""
        party, subject, link, version, scopes, auth_time, acr, amr, sid, member_type, enterprise, *rest = values
        return cls(
            *(party, subject, link, version, tuple(scopes), auth_time, acr, tuple(amr), sid, member_type, enterprise),
            # Grants of earlier releases have one of them, or neither.
            verified=rest[0] if rest else None,
            asked=rest[1] if len(rest) > 1 else None,
        )

    def id_token_claims(self) -> Mapping[str, Any]:
        """The claims about the sign-in that every ID token carries (REQ-92)."""
        claims: dict[str, Any] = {
            "sub": self.subject,
            "auth_time": self.auth_time,
            "acr": self.acr,
            "amr": list(self.amr),
            "sid": self.sid,
            "member_type": self.member_type,
        }
        if self.enterprise_uuid is not None:
            claims["enterprise_uuid"] = self.enterprise_uuid
        return claims
