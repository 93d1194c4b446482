"""UserInfo. OpenID Connect Core §5.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from idp.clock import Clock
from idp.links.accounts import AgencyAccounts
from idp.members.directory import Directory
from idp.members.store import MemberRow
from idp.oidc.access_tokens import AccessTokens
from idp.oidc.authorization import Authorization
from idp.oidc.behind_token import look
from idp.oidc.call import Call
from idp.oidc.errors import InsufficientScope, InvalidToken
from idp.oidc.member_claims import released
from idp.oidc.possession import Possession
from idp.oidc.scopes import OPENID
from idp.oidc.userinfo_answer import AnswerUserInfo, UserInfoAnswer
from idp.oidc.verified_claims import SCOPE, Told
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class UserInfo:
    """Tells a relying party what its member agreed to release."""

    database: Database
    access_tokens: AccessTokens
    directory: Directory
    accounts: AgencyAccounts
    clock: Clock
    told: Told
    answer: AnswerUserInfo
    possession: Possession

    def __call__(self, token: str, call: Call) -> UserInfoAnswer:
        """The claims behind an access token that `call` brings, in the form that the relying party registered.

        Raises:
            InvalidToken: expired, revoked, or its link has ended.
            DpopTokenRefused: it is bound to a key that `call` does not prove.
            InsufficientScope: the token was not given for OpenID Connect.
        """
        found = self.access_tokens.find(token)
        if found is None:
            raise InvalidToken("the access token is not valid")
        self.possession(call, token, found.bound_to)
        authorization = found.authorization
        if OPENID not in authorization.scopes:
            raise InsufficientScope("openid")
        with self.database.reading() as connection:
            behind = look(connection, found)
            if behind is None:
                raise InvalidToken("the access token is not valid")
            row = behind.member
            accounts = self._accounts(connection, row, authorization) if behind.has_accounts else []
        profile = self.directory.profile(row)
        if profile is None:
            raise InvalidToken("the access token is not valid")
        answer: dict[str, Any] = {"sub": authorization.subject, "member_type": authorization.member_type}
        if authorization.enterprise_uuid is not None:
            answer["enterprise_uuid"] = authorization.enterprise_uuid
        if accounts:
            answer["agency_accounts"] = accounts
        if SCOPE in authorization.scopes:
            proven = self.told(profile, authorization.relying_party_id, authorization.verified, self.clock.now())
            answer |= {"verified_claims": proven} if proven is not None else {}
        answer |= released(profile, authorization, "userinfo", frozenset(authorization.scopes))
        return self.answer(authorization.relying_party_id, answer)

    def _accounts(self, connection: Connection, row: MemberRow, authorization: Authorization) -> list[str]:
        """The relying party's own ids of its accounts behind the link: it may need them before the event that says so
        arrives (REQ-35)."""
        if row.data_key is None:
            return []
        owner = (row.id, row.data_key)
        behind = self.accounts.behind(connection, owner, authorization.link_id, authorization.relying_party_id)
        return [account.reference for account in behind]
