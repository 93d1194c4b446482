"""What a live access token stands on, in one look: its family, its link, and the member behind that."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, exists, select

from idp.links.models import agency_accounts
from idp.links.store import MEMBER_BEHIND
from idp.members.store import MemberRow
from idp.oidc.access_token import AccessToken
from idp.oidc.models import grants
from idp.storage.prepared import Prepared

_LOOK = Prepared(
    MEMBER_BEHIND.add_columns(
        exists()
        .where(
            agency_accounts.c.link_id == bindparam("link_id"),
            agency_accounts.c.relying_party_id == bindparam("relying_party_id"),
        )
        .label("has_accounts")
    ).where(~exists(select(grants.c.id).where(grants.c.id == bindparam("grant_id"), grants.c.revoked_at.is_not(None))))
)


@dataclass(frozen=True, slots=True)
class BehindToken:
    """Who a token is about; `has_accounts`: whether its relying party has accounts of its own behind the link."""

    member: MemberRow
    has_accounts: bool


def look(connection: Connection, token: AccessToken) -> BehindToken | None:
    """What `token` stands on; None where its link has moved on, its family was ended or its member is suspended."""
    authorization = token.authorization
    row = _LOOK.first(
        connection,
        {
            "link_id": authorization.link_id,
            "version": authorization.link_version,
            "relying_party_id": authorization.relying_party_id,
            "grant_id": token.grant_id,
        },
    )
    if row is None:
        return None
    *member, has_accounts = row
    return BehindToken(MemberRow(*member), bool(has_accounts))
