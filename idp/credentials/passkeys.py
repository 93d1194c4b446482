"""Passkeys that members registered. Web Authentication Level 3 §4 (credential record)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from idp.credentials.models import passkeys
from idp.crypto.fields import FieldCipher
from idp.errors import Conflict, NotFound
from idp.randomness import Randomness, case_blind_token

_PURPOSE = "credentials.passkey"
_row = passkeys.c


class PasskeyTaken(Conflict):
    """Somebody registered this credential before; whose it is would be anybody's guess (WebAuthn §7.1 step 26)."""

    code = "passkey_already_registered"


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What a registration ceremony proved."""

    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int
    aaguid: str
    synchronised: bool
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptPasskey:
    """One passkey as an authentication ceremony needs it."""

    id: str
    member_id: str
    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    synchronised: bool
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamedPasskey:
    """One passkey as its member sees it."""

    id: str
    name: str
    synchronised: bool
    registered_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Passkeys:
    """Every query on passkeys, inside a transaction of the caller's."""

    cipher: FieldCipher
    randomness: Randomness

    def register(
        self, connection: Connection, member_id: str, data_key: bytes, made: NewPasskey, name: str, at: datetime
    ) -> str:
        """The row id of a passkey from now on.

        Raises:
            PasskeyTaken: somebody has registered it, be it this member.
        """
        row_id = case_blind_token(self.randomness)
        values = {
            "id": row_id,
            "member_id": member_id,
            "credential_id": made.credential_id,
            "public_key": made.public_key,
            "sign_count": made.sign_count,
            "aaguid": made.aaguid,
            "synchronised": made.synchronised,
            "transports": list(made.transports),
            "sealed": self.cipher.seal(data_key, member_id, _PURPOSE, name.encode()),
            "registered_at": at,
        }
        try:
            connection.execute(insert(passkeys).values(**values))
        except IntegrityError as error:
            raise PasskeyTaken from error
        return row_id

    def find(self, connection: Connection, credential_id: bytes) -> KeptPasskey | None:
        """Whose this credential is."""
        row = connection.execute(select(passkeys).where(_row.credential_id == credential_id)).one_or_none()
        return None if row is None else _kept(row)

    def of_member(self, connection: Connection, member_id: str) -> list[KeptPasskey]:
        """A member's, the oldest first."""
        return [_kept(row) for row in _rows(connection, member_id)]

    def named(self, connection: Connection, member_id: str, data_key: bytes) -> list[NamedPasskey]:
        """The same, as the member calls them."""
        return [
            NamedPasskey(
                row.id,
                self.cipher.open(data_key, member_id, _PURPOSE, row.sealed).decode(),
                row.synchronised,
                row.registered_at,
                row.last_used_at,
            )
            for row in _rows(connection, member_id)
        ]

    def count(self, connection: Connection, member_id: str) -> int:
        """How many a member has."""
        query = select(func.count()).select_from(passkeys).where(_row.member_id == member_id)
        return int(connection.execute(query).scalar_one())

    def used(self, connection: Connection, row_id: str, sign_count: int, at: datetime) -> bool:
        """Write down that it was used; whether its counter went on as it should (WebAuthn §7.2 step 22).

        One that stands still or goes back was copied. Passkeys that count nothing say 0 always.
        """
        goes_on = (_row.sign_count < sign_count) | ((_row.sign_count == 0) & (sign_count == 0))
        changed = update(passkeys).where(_row.id == row_id, goes_on).values(sign_count=sign_count, last_used_at=at)
        return connection.execute(changed).rowcount == 1

    def rename(self, connection: Connection, member_id: str, data_key: bytes, row_id: str, name: str) -> None:
        """Call one what its member wants.

        Raises:
            NotFound: the member has none of this id.
        """
        sealed = self.cipher.seal(data_key, member_id, _PURPOSE, name.encode())
        if connection.execute(update(passkeys).where(_mine(member_id, row_id)).values(sealed=sealed)).rowcount == 0:
            raise NotFound("no such passkey")

    def remove(self, connection: Connection, member_id: str, row_id: str) -> tuple[str, ...]:
        """Forget one; how browsers reached it.

        Raises:
            NotFound: the member has none of this id.
        """
        gone = connection.execute(delete(passkeys).where(_mine(member_id, row_id)).returning(_row.transports))
        transports = gone.scalar_one_or_none()
        if transports is None:
            raise NotFound("no such passkey")
        return tuple(transports)


def has_passkey(connection: Connection, member_id: str) -> bool:
    """Whether the member registered any."""
    return bool(connection.execute(select(exists().where(_row.member_id == member_id))).scalar())


def _rows(connection: Connection, member_id: str) -> list[Any]:
    query = select(passkeys).where(_row.member_id == member_id).order_by(_row.registered_at, _row.id)
    return list(connection.execute(query))


def _mine(member_id: str, row_id: str) -> ColumnElement[bool]:
    return (_row.id == row_id) & (_row.member_id == member_id)


def _kept(row: Any) -> KeptPasskey:
    return KeptPasskey(
        row.id, row.member_id, row.credential_id, row.public_key, row.synchronised, tuple(row.transports or ())
    )
