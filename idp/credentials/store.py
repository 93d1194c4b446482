"""Every query on the credentials' tables, inside a transaction of the caller's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from idp.credentials.models import (
    certificates,
    known_devices,
    passkeys,
    passwords,
    recovery_codes,
    totp_secrets,
)
from idp.storage.prepared import Prepared, PreparedTogether

_PASSWORD_HASH = Prepared(select(passwords.c.hash).where(passwords.c.member_id == bindparam("member_id")))

_DESTROY = PreparedTogether(
    *(
        delete(table).where(table.c.member_id == bindparam("whose"))
        for table in (passwords, certificates, passkeys, totp_secrets, recovery_codes, known_devices)
    )
)


def password_hash(connection: Connection, member_id: str) -> str | None:
    """The member's stored hash; none when they never set a password or are gone."""
    row = _PASSWORD_HASH.first(connection, {"member_id": member_id})
    return None if row is None else row.hash


def set_password(connection: Connection, member_id: str, stored: str, at: datetime) -> None:
    """Keep this hash as the member's only one. No browser is spared the second step any more: whoever knew the former
    password may have asked that of one. The second step itself stays as it is."""
    # One statement, so that two changes at once leave one of the two passwords and neither fails.
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(passwords).values(member_id=member_id, hash=stored, changed_at=at)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["member_id"], set_={"hash": stored, "changed_at": at})
    )
    of_member = known_devices.c.member_id == member_id
    connection.execute(known_devices.update().where(of_member).values(spared_until=None))


def forget_password(connection: Connection, member_id: str) -> bool:
    """Keep no password of the member's; whether there was one. Whoever knew it gets in by it no more."""
    gone = connection.execute(delete(passwords).where(passwords.c.member_id == member_id)).rowcount == 1
    connection.execute(known_devices.update().where(known_devices.c.member_id == member_id).values(spared_until=None))
    return gone


def renew_hash(connection: Connection, member_id: str, former: str, stored: str) -> bool:
    """Put a hash of the same password in place of `former`; nothing happens if the password was changed meanwhile."""
    same_still = (passwords.c.member_id == member_id) & (passwords.c.hash == former)
    return connection.execute(passwords.update().where(same_still).values(hash=stored)).rowcount == 1


def destroy(connection: Connection, member_id: str) -> None:
    """Leave nothing of the member here."""
    _DESTROY.run(connection, {"whose": member_id})
