"""What is known of a member, as far as one authorization releases it at one place. OpenID Connect Core §5.4, §5.5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.links import store as links
from idp.members.claims import claims
from idp.members.directory import Directory
from idp.members.profile import Profile
from idp.oidc.asked_claims import Place, met, scopes_of
from idp.oidc.authorization import Authorization
from idp.oidc.scopes import SCOPE_CLAIMS
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class MemberClaims:
    """Looks up what an ID token tells of its member; most tell nothing, and cost no look."""

    database: Database
    directory: Directory

    def __call__(self, authorization: Authorization, *, in_place_of_userinfo: bool) -> dict[str, Any]:
        """The claims of an ID token: those asked for there one by one and, where no access token could fetch them,
        those of the scopes (§5.4)."""
        scopes = SCOPE_CLAIMS.keys() & authorization.scopes if in_place_of_userinfo else frozenset[str]()
        if not scopes and not _asked(authorization, "id_token"):
            return {}
        with self.database.reading() as connection:
            row = links.member_behind(connection, authorization.link_id, authorization.link_version)
        profile = self.directory.profile(row) if row is not None else None
        return released(profile, authorization, "id_token", frozenset(scopes)) if profile is not None else {}


def released(profile: Profile, authorization: Authorization, place: Place, scopes: frozenset[str]) -> dict[str, Any]:
    """What `scopes` release, and what was asked for at `place` beside them. Pure."""
    by_scope, asked = dict(claims(profile, scopes)), _asked(authorization, place)
    return {**met(claims(profile, scopes_of(asked)), asked), **by_scope} if asked else by_scope


def _asked(authorization: Authorization, place: Place) -> Mapping[str, list[Any] | None]:
    return authorization.asked.get(place, {}) if authorization.asked is not None else {}
