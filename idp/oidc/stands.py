"""Whether what an access token rests on is still as it was: one statement."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, exists, select

from idp.links.models import links
from idp.links.state import LinkState
from idp.members.models import members
from idp.members.store import ACTIVE
from idp.oidc.authorization import Authorization
from idp.oidc.models import grants
from idp.storage.prepared import Prepared

_ENDED = exists().where(grants.c.id == bindparam("grant_id"), grants.c.revoked_at.is_not(None))
_STANDS = Prepared(
    select(links.c.id)
    .select_from(links.join(members, members.c.id == links.c.member_id))
    .where(
        links.c.id == bindparam("link_id"),
        links.c.version == bindparam("version"),
        links.c.state == LinkState.LINKED.value,
        members.c.status == ACTIVE,
        ~_ENDED,
    )
)


def stands(connection: Connection, authorization: Authorization, grant_id: str | None) -> bool:
    """Whether the link is at its version, the member there, and the family of refresh tokens, if any, not ended."""
    values = {
        "link_id": authorization.link_id,
        "version": authorization.link_version,
        # No family has an empty name, and a typed value is what both databases compare with.
        "grant_id": grant_id or "",
    }
    return _STANDS.first(connection, values) is not None
