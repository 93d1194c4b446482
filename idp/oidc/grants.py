"""Refresh tokens: families that live while their link does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, update

from idp.crypto.digests import Digester, same, secret_digest
from idp.links.models import links
from idp.links.state import LinkState
from idp.members.models import members
from idp.members.store import ACTIVE
from idp.oidc.authorization import Authorization
from idp.oidc.codes import CodeContent
from idp.oidc.confirmation import NOBODYS, Confirmation
from idp.oidc.handle import Handled, taken_apart, with_handle
from idp.oidc.models import grants
from idp.oidc.redeemable import HOLDS, conditions
from idp.randomness import Randomness
from idp.storage.database import Database
from idp.storage.prepared import Prepared

USED_RESOLUTION = timedelta(minutes=1)
"""How exactly `used_at` is kept; a write on each use would double what a refresh costs."""
SWEPT_AT_ONCE = 500
"""Families deleted in one transaction: short enough to hold nobody up."""
KEPT_AFTER = timedelta(days=30)
"""How long an ended family stays, so that a stolen token that turns up is still seen for what it is."""

_BY_ID = Prepared(
    select(
        grants.c.relying_party_id,
        grants.c.authorization,
        grants.c.secret_digest,
        grants.c.used_at,
        grants.c.ends_at,
        grants.c.revoked_at,
        grants.c.bound_to,
        grants.c.previous_digest,
        grants.c.rotated_at,
        links.c.id.label("link_in_force"),
    )
    .select_from(
        grants.outerjoin(
            links.join(members, members.c.id == links.c.member_id),
            and_(
                links.c.id == grants.c.link_id,
                links.c.version == grants.c.link_version,
                links.c.state == LinkState.LINKED.value,
                members.c.status == ACTIVE,
            ),
        )
    )
    .where(grants.c.id == bindparam("grant_id"))
)

_STARTED = (
    *("id", "relying_party_id", "link_id", "link_version", "authorization", "secret_digest"),
    *("made_at", "used_at", "ends_at", "bound_to"),
)
_START = Prepared(
    insert(grants).from_select(
        list(_STARTED), HOLDS.with_only_columns(*(bindparam(name, type_=grants.c[name].type) for name in _STARTED))
    )
)
_REVOKED_AT = Prepared(select(grants.c.revoked_at).where(grants.c.id == bindparam("grant_id")))


@dataclass(frozen=True, slots=True)
class Grant:
    """One family. `genuine` says whether the presented secret is the family's present one; `replaced_at`, when it
    ceased to be that, if it was the one just before."""

    id: str
    relying_party_id: str
    authorization: Authorization
    genuine: bool
    live: bool
    used_at: datetime
    ends_at: datetime
    bound_to: Confirmation
    replaced_at: datetime | None


def start(
    connection: Connection,
    randomness: Randomness,
    grant_id: str,
    content: CodeContent,
    at: datetime,
    lasts: timedelta,
    bound_to: Confirmation = NOBODYS,
) -> str | None:
    """The first refresh token of a new family; None where what the code stands for holds no more."""
    token, authorization = with_handle(grant_id, randomness), content.authorization
    started = _START.run(
        connection,
        {
            **conditions(content),
            "id": grant_id,
            "relying_party_id": authorization.relying_party_id,
            "authorization": authorization.packed(),
            "secret_digest": secret_digest(token.secret),
            "made_at": at,
            "used_at": at,
            "ends_at": at + lasts,
            "bound_to": bound_to.claim() or None,
        },
    )
    return token.value if started else None


def find(connection: Connection, refresh_token: str, at: datetime, idle: timedelta) -> Grant | None:
    """The family a presented token names, or None where it names none."""
    token = taken_apart(refresh_token)
    if token is None:
        return None
    row = _BY_ID.first(connection, {"grant_id": token.handle})
    if row is None:
        return None
    digest = secret_digest(token.secret)
    live = row.revoked_at is None and row.link_in_force is not None and at < row.ends_at and at < row.used_at + idle
    return Grant(
        token.handle,
        row.relying_party_id,
        Authorization.unpacked(row.authorization),
        same(row.secret_digest, digest),
        live,
        row.used_at,
        row.ends_at,
        Confirmation.kept(row.bound_to),
        row.rotated_at if same(row.previous_digest or "", digest) else None,
    )


def next_token(digester: Digester, refresh_token: str) -> str | None:
    """The token that follows a presented one in its family: always the same, so that whoever lost the answer may ask
    for it again, and nobody's to tell without our key."""
    token = taken_apart(refresh_token)
    if token is None:
        return None
    return Handled(token.handle, digester.digest("next_refresh_token", token.value)).value


def rotate(connection: Connection, presented: str, renewed: str, at: datetime) -> bool:
    """Let `renewed` take the place of the family's present token; False to all but one of those who try at once."""
    old, new = taken_apart(presented), taken_apart(renewed)
    if old is None or new is None:
        return False
    digest = secret_digest(old.secret)
    written = connection.execute(
        update(grants)
        .where(grants.c.id == old.handle, grants.c.secret_digest == digest, grants.c.revoked_at.is_(None))
        .values(secret_digest=secret_digest(new.secret), previous_digest=digest, used_at=at, rotated_at=at)
    )
    return written.rowcount == 1


def touch(connection: Connection, grant_id: str, at: datetime) -> None:
    """Write down that the family was used."""
    connection.execute(update(grants).where(grants.c.id == grant_id).values(used_at=at))


def revoke(connection: Connection, grant_id: str, reason: str, at: datetime) -> bool:
    """End a family; whether it was alive."""
    written = connection.execute(
        update(grants)
        .where(grants.c.id == grant_id, grants.c.revoked_at.is_(None))
        .values(revoked_at=at, revoked_for=reason)
    )
    return written.rowcount == 1


def revoke_of_member(connection: Connection, member_id: str, at: datetime, reason: str = "password_reset") -> None:
    """End every family of a member: whoever knew the password may have begun it."""
    of_member = select(links.c.id).where(links.c.member_id == member_id)
    connection.execute(
        update(grants)
        .where(grants.c.link_id.in_(of_member), grants.c.revoked_at.is_(None))
        .values(revoked_at=at, revoked_for=reason)
    )


def is_alive(connection: Connection, grant_id: str) -> bool:
    """Whether there is such a family and nobody has ended it."""
    row = _REVOKED_AT.first(connection, {"grant_id": grant_id})
    return row is not None and row.revoked_at is None


def sweep_batch(database: Database, at: datetime, idle: timedelta) -> int:
    """Delete a batch of the families that ended, were ended or fell idle long ago; how many."""
    long_ago = at - KEPT_AFTER
    over = or_(grants.c.ends_at < long_ago, grants.c.revoked_at < long_ago, grants.c.used_at < long_ago - idle)
    batch = select(grants.c.id).where(over).limit(SWEPT_AT_ONCE)
    with database.transaction() as connection:
        return connection.execute(delete(grants).where(grants.c.id.in_(batch))).rowcount
