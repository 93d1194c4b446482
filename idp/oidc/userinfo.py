"""UserInfo. OpenID Connect Core §5.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idp.links import store as links
from idp.members.claims import claims
from idp.members.directory import Directory
from idp.oidc import grants
from idp.oidc.access_tokens import AccessTokens
from idp.oidc.errors import InsufficientScope, InvalidToken
from idp.oidc.scopes import OPENID
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class UserInfo:
    """Tells a relying party what its member agreed to release."""

    database: Database
    access_tokens: AccessTokens
    directory: Directory

    def __call__(self, token: str) -> dict[str, Any]:
        """The claims behind an access token.

        Raises:
            InvalidToken: expired, revoked, or its link has ended.
            InsufficientScope: the token was not given for OpenID Connect.
        """
        found = self.access_tokens.find(token)
        if found is None:
            raise InvalidToken("the access token is not valid")
        authorization = found.authorization
        if OPENID not in authorization.scopes:
            raise InsufficientScope("openid")
        with self.database.reading() as connection:
            row = links.member_behind(connection, authorization.link_id, authorization.link_version)
            if row is None or (found.grant_id is not None and grants.is_revoked(connection, found.grant_id)):
                raise InvalidToken("the access token is not valid")
        profile = self.directory.profile(row)
        if profile is None:
            raise InvalidToken("the access token is not valid")
        answer: dict[str, Any] = {"sub": authorization.subject, "member_type": authorization.member_type}
        if authorization.enterprise_uuid is not None:
            answer["enterprise_uuid"] = authorization.enterprise_uuid
        return {**answer, **claims(profile, frozenset(authorization.scopes))}
