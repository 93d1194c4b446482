"""Every query on the members' tables. Nothing here opens a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from idp.members.models import enterprises, members, persons
from idp.storage.columns import Instant
from idp.storage.prepared import Prepared, PreparedTogether

ACTIVE = "active"
SUSPENDED = "suspended"
"""Everything is kept and nothing is open: as an operator decided, until one decides otherwise."""
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member as kept: the profile still sealed."""

    id: str
    kind: str
    status: str
    session_epoch: int
    data_key: bytes | None
    profile: bytes | None
    leaves_at: datetime | None = None
    """When the member will have left, where they want to; until then they may only say that they stay."""


_BY_ID = Prepared(
    select(
        members.c.id,
        members.c.kind,
        members.c.status,
        members.c.session_epoch,
        members.c.data_key,
        members.c.leaves_at,
        persons.c.profile.label("person_profile"),
        enterprises.c.profile.label("enterprise_profile"),
    )
    .select_from(
        members.outerjoin(persons, persons.c.member_id == members.c.id).outerjoin(
            enterprises, enterprises.c.member_id == members.c.id
        )
    )
    .where(members.c.id == bindparam("member_id"))
)
_BY_LOGIN_ID = Prepared(select(persons.c.member_id).where(persons.c.login_id_digest == bindparam("digest")))
_LOCK = Prepared(
    select(members.c.kind, members.c.status).where(members.c.id == bindparam("member_id")).with_for_update()
)
_DESTROY = PreparedTogether(
    *(delete(table).where(table.c.member_id == bindparam("whose")) for table in (persons, enterprises)),
    update(members)
    .where(members.c.id == bindparam("whose"))
    .values(
        status=WITHDRAWN,
        data_key=None,
        withdrawn_at=bindparam("at", type_=Instant()),
        leaves_at=None,
        keeps_subjects=None,
        session_epoch=members.c.session_epoch + 1,
    ),
)


def find(connection: Connection, member_id: str) -> MemberRow | None:
    """The member of this id, also when withdrawn."""
    row = _BY_ID.first(connection, {"member_id": member_id})
    if row is None:
        return None
    return MemberRow(
        row.id,
        row.kind,
        row.status,
        row.session_epoch,
        row.data_key,
        row.person_profile or row.enterprise_profile,
        row.leaves_at,
    )


def lock(connection: Connection, member_id: str) -> tuple[str, str] | None:
    """Kind and status, held until the transaction ends: linking and leaving cannot pass each other."""
    row = _LOCK.first(connection, {"member_id": member_id})
    return None if row is None else (row.kind, row.status)


def id_by_login_id(connection: Connection, login_id_digest: str) -> str | None:
    """Who signs in under this 아이디."""
    row = _BY_LOGIN_ID.first(connection, {"digest": login_id_digest})
    return None if row is None else row.member_id


def id_by_ci(connection: Connection, ci_digest: str) -> str | None:
    """Who this person is."""
    found: str | None = connection.execute(select(persons.c.member_id).where(persons.c.ci_digest == ci_digest)).scalar()
    return found


def id_by_business_number(connection: Connection, digest: str) -> str | None:
    """Who this enterprise is."""
    found: str | None = connection.execute(
        select(enterprises.c.member_id).where(enterprises.c.business_number_digest == digest)
    ).scalar()
    return found


def login_id_is_taken(connection: Connection, digest: str) -> bool:
    """Whether a person or an enterprise has this 아이디."""
    person = select(persons.c.member_id).where(persons.c.login_id_digest == digest)
    enterprise = select(enterprises.c.member_id).where(enterprises.c.login_id_digest == digest)
    return connection.execute(person).first() is not None or connection.execute(enterprise).first() is not None


def add_member(connection: Connection, *, member_id: str, kind: str, data_key: bytes, at: datetime) -> None:
    connection.execute(
        insert(members).values(id=member_id, kind=kind, status=ACTIVE, data_key=data_key, session_epoch=0, joined_at=at)
    )


def add_person(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(persons).values(**values))


def add_enterprise(connection: Connection, values: Mapping[str, Any]) -> None:
    connection.execute(insert(enterprises).values(**values))


def put_status(connection: Connection, member_id: str, status: str) -> None:
    connection.execute(update(members).where(members.c.id == member_id).values(status=status))


def leaves_at(connection: Connection, member_id: str) -> datetime | None:
    """When a member will have left who wants to."""
    found: datetime | None = connection.execute(select(members.c.leaves_at).where(members.c.id == member_id)).scalar()
    return found


def leave_at(connection: Connection, member_id: str, at: datetime | None, *, keep_subjects: bool) -> None:
    """Let the member leave at that time, or, without one, stay."""
    values = {"leaves_at": at, "keeps_subjects": keep_subjects if at is not None else None}
    connection.execute(update(members).where(members.c.id == member_id).values(**values))


def leave_no_sooner(connection: Connection, member_id: str, at: datetime) -> None:
    """Put off the leaving of a member who wants to, where it would come before then."""
    sooner = (members.c.id == member_id) & (members.c.leaves_at < at)
    connection.execute(update(members).where(sooner).values(leaves_at=at))


def end_sessions(connection: Connection, member_id: str) -> None:
    """Make every session of the member invalid at commit."""
    connection.execute(
        update(members).where(members.c.id == member_id).values(session_epoch=members.c.session_epoch + 1)
    )


def put_profile(connection: Connection, row: MemberRow, sealed: bytes, at: datetime) -> None:
    """Keep `sealed` as what is known of the member; what finds them stays as it is."""
    table = persons if row.kind == "person" else enterprises
    connection.execute(update(table).where(table.c.member_id == row.id).values(profile=sealed, updated_at=at))


def put_person_digests(connection: Connection, member_id: str, digests: Mapping[str, str]) -> None:
    """What finds this person from now on."""
    connection.execute(update(persons).where(persons.c.member_id == member_id).values(**digests))


def agreed_to_edition(connection: Connection, member_id: str, edition: int) -> None:
    """The member has answered the terms of `edition`."""
    connection.execute(update(members).where(members.c.id == member_id).values(terms_edition=edition))


def destroy(connection: Connection, member_id: str, at: datetime) -> None:
    """Remove everything that names the member; an empty row remains so that the id is never given again.

    With the data key gone, copies in backups cannot be read either (즉시파기).
    """
    _DESTROY.run(connection, {"whose": member_id, "at": at})
