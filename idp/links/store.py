"""Every query on links. Nothing here opens a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, func, insert, select, update

from idp.links.models import consents, link_changes, links, provisionings
from idp.links.state import LinkState
from idp.members import store as members_store
from idp.members.models import enterprises, members, persons
from idp.members.store import ACTIVE, MemberRow
from idp.signals.event_types import PERSONAL
from idp.signals.outbox import withhold
from idp.storage.listed import among
from idp.storage.prepared import Prepared, PreparedRows


@dataclass(frozen=True, slots=True)
class Link:
    """One member at one agency."""

    id: str
    subject: str
    state: LinkState
    version: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a sign-in at one relying party must know of a member, in one look."""

    member_active: bool
    session_epoch: int
    member_kind: str
    enterprise_uuid: str | None
    link: Link | None
    consented: frozenset[str]
    """The scopes the member agreed to release to this relying party; empty without a link in force."""
    terms_edition: int = 0
    """The edition of the terms that the member last agreed to."""
    awaits_account: bool = False
    """Whether an account was asked for there that this sign-in would show to be made."""
    leaves_at: datetime | None = None
    """When the member will have left, where they want to."""


_STANDING = Prepared(
    select(
        members.c.status,
        members.c.session_epoch,
        members.c.leaves_at,
        members.c.terms_edition,
        members.c.kind,
        enterprises.c.enterprise_uuid,
        links.c.id,
        links.c.subject,
        links.c.state,
        links.c.version,
        consents.c.scopes,
        provisionings.c.id.label("awaited"),
    )
    .select_from(
        members.outerjoin(links, and_(links.c.member_id == members.c.id, links.c.agency_id == bindparam("agency_id")))
        .outerjoin(
            consents,
            and_(
                consents.c.link_id == links.c.id,
                consents.c.relying_party_id == bindparam("relying_party_id"),
                consents.c.ended_at.is_(None),
            ),
        )
        .outerjoin(
            provisionings,
            and_(
                provisionings.c.link_id == links.c.id,
                provisionings.c.relying_party_id == bindparam("relying_party_id"),
                provisionings.c.mode != "scim",
                provisionings.c.state != "created",
                provisionings.c.state != "not_needed",
            ),
        )
        .outerjoin(enterprises, enterprises.c.member_id == members.c.id)
    )
    .where(members.c.id == bindparam("member_id"))
)

MEMBER_BEHIND = (
    select(
        members.c.id,
        members.c.kind,
        members.c.status,
        members.c.session_epoch,
        members.c.data_key,
        func.coalesce(persons.c.profile, enterprises.c.profile).label("profile"),
    )
    .select_from(
        links.join(members, members.c.id == links.c.member_id)
        .outerjoin(persons, persons.c.member_id == members.c.id)
        .outerjoin(enterprises, enterprises.c.member_id == members.c.id)
    )
    .where(
        links.c.id == bindparam("link_id"),
        links.c.version == bindparam("version"),
        links.c.state == LinkState.LINKED.value,
        members.c.status == ACTIVE,
    )
)
"""The member behind `link_id` if it still stands as it did at `version`; for others to ask more of in the same look."""
_MEMBER_BEHIND = Prepared(MEMBER_BEHIND)

_OF_MEMBER_LOCKED = Prepared(
    select(links).where(links.c.member_id == bindparam("whose")).order_by(links.c.agency_id).with_for_update()
)
UNLINK = (
    update(links)
    .where(among(links.c.id, "link_ids"))
    .values(state=LinkState.UNLINKED.value, version=links.c.version + 1, changed_at=bindparam("at"))
)
"""Links `link_ids` end `at`."""
END_CONSENTS = (
    update(consents)
    .where(among(consents.c.link_id, "link_ids"), consents.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"))
)
"""No consent of links `link_ids` is in force from `at` on."""
_REMEMBER = PreparedRows(link_changes, "link_id", "version", "previous", "current", "reason", "actor", "at")


def standing(connection: Connection, member_id: str, agency_id: str, relying_party_id: str) -> Standing | None:
    """How a member stands toward a relying party; None when there is no such member."""
    row = _STANDING.first(
        connection, {"member_id": member_id, "agency_id": agency_id, "relying_party_id": relying_party_id}
    )
    if row is None:
        return None
    link = None if row.id is None else Link(row.id, row.subject, LinkState(row.state), row.version)
    return Standing(
        row.status == ACTIVE,
        row.session_epoch,
        row.kind,
        row.enterprise_uuid,
        link,
        frozenset(row.scopes or ()),
        row.terms_edition,
        row.awaited is not None,
        row.leaves_at,
    )


def member_behind(connection: Connection, link_id: str, version: int) -> MemberRow | None:
    """The member behind a link that still stands as it did at `version`; None where they are suspended."""
    row = _MEMBER_BEHIND.first(connection, {"link_id": link_id, "version": version})
    return None if row is None else MemberRow(*row)


def released_to(connection: Connection, subject: str, relying_party_id: str) -> tuple[MemberRow, frozenset[str]] | None:
    """The member behind a subject whose link is in force, and the scopes they agreed to release to a relying party;
    None where they are suspended."""
    row = connection.execute(
        select(links.c.id, links.c.member_id).where(links.c.subject == subject, links.c.state == LinkState.LINKED.value)
    ).one_or_none()
    member = members_store.find(connection, row.member_id) if row is not None else None
    if row is None or member is None or member.status != ACTIVE:
        return None
    return member, consented(connection, row.id).get(relying_party_id, frozenset())


def find(connection: Connection, member_id: str, agency_id: str) -> Link | None:
    """The link, locked until the transaction ends."""
    row = connection.execute(
        select(links.c.id, links.c.subject, links.c.state, links.c.version)
        .where(links.c.member_id == member_id, links.c.agency_id == agency_id)
        .with_for_update()
    ).one_or_none()
    return None if row is None else Link(row.id, row.subject, LinkState(row.state), row.version)


def owner(connection: Connection, agency_id: str, subject: str) -> str | None:
    """The member behind the subject that an agency knows; None where the agency knows no such subject."""
    found: str | None = connection.execute(
        select(links.c.member_id).where(links.c.subject == subject, links.c.agency_id == agency_id)
    ).scalar()
    return found


def of_member(connection: Connection, member_id: str, *, after: str = "", limit: int | None = None) -> list[Row[Any]]:
    """Every link of one member, at most one an agency; a page of them goes on `after` an agency."""
    return list(connection.execute(_of_member(member_id).where(links.c.agency_id > after).limit(limit)))


def of_member_locked(connection: Connection, member_id: str) -> list[Any]:
    """The same, held until the transaction ends."""
    return _OF_MEMBER_LOCKED.all(connection, {"whose": member_id})


def _of_member(member_id: str) -> Select[Any]:
    return select(links).where(links.c.member_id == member_id).order_by(links.c.agency_id)


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(links).values(**values))


def move(connection: Connection, link: Link, state: LinkState, at: datetime) -> None:
    """Write a step; the next version. What is restored from a suspension was connected all along. Out of force, nobody
    there is told any more what the member's claims are: the next sign-in says."""
    values: dict[str, Any] = {"state": state.value, "version": link.version + 1, "changed_at": at}
    if state is LinkState.LINKED and link.state is not LinkState.SUSPENDED:
        values["linked_at"] = at
    connection.execute(update(links).where(links.c.id == link.id).values(**values))
    if state is not LinkState.LINKED:
        withhold(connection, [link.id], PERSONAL, at)


def raise_version(connection: Connection, link: Link, at: datetime) -> None:
    """Write a step that leaves the link in force, and the member connected since when they were."""
    connection.execute(update(links).where(links.c.id == link.id).values(version=link.version + 1, changed_at=at))


def remember_steps(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    _REMEMBER.run(connection, rows)


def put_consent(connection: Connection, link_id: str, relying_party_id: str, scopes: list[str], at: datetime) -> None:
    """The consent in force from now on; the one before it stays in the history."""
    former = (consents.c.link_id == link_id) & (consents.c.relying_party_id == relying_party_id)
    connection.execute(update(consents).where(former, consents.c.ended_at.is_(None)).values(ended_at=at))
    connection.execute(
        insert(consents).values(link_id=link_id, relying_party_id=relying_party_id, scopes=scopes, given_at=at)
    )


def consented(connection: Connection, link_id: str) -> dict[str, frozenset[str]]:
    """By relying party the scopes that the member agreed to release to it."""
    in_force = (consents.c.link_id == link_id) & consents.c.ended_at.is_(None)
    rows = connection.execute(select(consents.c.relying_party_id, consents.c.scopes).where(in_force))
    return {row.relying_party_id: frozenset(row.scopes) for row in rows}


def has_consent(connection: Connection, link_id: str, relying_party_id: str) -> bool:
    """Whether the member's consent toward this relying party is in force."""
    found = select(consents.c.seq).where(
        consents.c.link_id == link_id, consents.c.relying_party_id == relying_party_id, consents.c.ended_at.is_(None)
    )
    return connection.execute(found).first() is not None


def reopen_consents(connection: Connection, link_id: str, ended_at: datetime) -> int:
    """Put in force again what each relying party last had and lost at that very moment, and nothing that had ended
    before; how many."""
    last = select(func.max(consents.c.seq)).where(consents.c.link_id == link_id).group_by(consents.c.relying_party_id)
    reopened = connection.execute(
        update(consents).where(consents.c.seq.in_(last), consents.c.ended_at == ended_at).values(ended_at=None)
    )
    return reopened.rowcount
