"""Whether what a code stands for still holds when it is redeemed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, exists, select

from idp.links.models import links
from idp.links.state import LinkState
from idp.members.models import members
from idp.members.store import ACTIVE
from idp.oidc.codes import CodeContent
from idp.sessions.models import browser_sessions
from idp.storage.prepared import Prepared

_ENDED = exists().where(
    browser_sessions.c.session_id == bindparam("session_id"), browser_sessions.c.ended_because.is_not(None)
)
HOLDS = (
    select(links.c.id)
    .select_from(links.join(members, members.c.id == links.c.member_id))
    .where(
        links.c.id == bindparam("link_id"),
        links.c.version == bindparam("link_version"),
        links.c.state == LinkState.LINKED.value,
        members.c.status == ACTIVE,
        members.c.session_epoch == bindparam("epoch"),
        ~_ENDED,
    )
)
"""One row while a code's link is as it was and its session has not ended, by the values of `conditions`."""
_HOLDS = Prepared(HOLDS)


def is_redeemable(connection: Connection, content: CodeContent) -> bool:
    """Whether the link is as it was and the session it came from has not ended: a relying party that was told of the
    end must not begin anew from a code that was on its way."""
    return _HOLDS.first(connection, conditions(content)) is not None


def conditions(content: CodeContent) -> dict[str, Any]:
    """What `HOLDS` asks of one code."""
    authorization = content.authorization
    return {
        "link_id": authorization.link_id,
        "link_version": authorization.link_version,
        "epoch": content.member_epoch,
        "session_id": content.session_id,
    }
