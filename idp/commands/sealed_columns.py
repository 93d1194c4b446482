"""What the key-encryption key wraps or seals in the database, column by column, and wrapping it anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, bindparam, func, select, update

from idp.agencies.models import event_streams, relying_parties
from idp.agencies.registration_secrets import CLIENT_SECRET, EVENTS_AUTHORIZATION, PROVISIONING_SECRET
from idp.crypto.fields import FieldCipher, Undecipherable
from idp.links.models import roster_accounts
from idp.links.roster_accounts import ROSTER
from idp.mail.models import outgoing_messages
from idp.mail.post import sealed_for
from idp.members.models import members, retained_records
from idp.storage.database import Database

_BATCH = 500


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One column; `renew` gives a value of the row so named under the key in use."""

    key: Column[Any]
    value: Column[Any]
    renew: Callable[[FieldCipher, str, bytes], bytes]


def _secret(purpose: Callable[[str], str]) -> Callable[[FieldCipher, str, bytes], bytes]:
    def renew(cipher: FieldCipher, name: str, sealed: bytes) -> bytes:
        return cipher.seal_secret(purpose(name), cipher.open_secret(purpose(name), sealed))

    return renew


SEALED_COLUMNS = (
    SealedColumn(members.c.id, members.c.data_key, lambda cipher, owner, wrapped: cipher.rewrap(wrapped, owner)),
    SealedColumn(
        retained_records.c.id,
        retained_records.c.data_key,
        lambda cipher, owner, wrapped: cipher.rewrap(wrapped, owner),
    ),
    SealedColumn(
        relying_parties.c.id, relying_parties.c.events_authorization, _secret(lambda _name: EVENTS_AUTHORIZATION)
    ),
    SealedColumn(
        event_streams.c.relying_party_id, event_streams.c.authorization, _secret(lambda _name: EVENTS_AUTHORIZATION)
    ),
    SealedColumn(
        relying_parties.c.id, relying_parties.c.provisioning_secret, _secret(lambda _name: PROVISIONING_SECRET)
    ),
    SealedColumn(relying_parties.c.id, relying_parties.c.client_secret, _secret(lambda _name: CLIENT_SECRET)),
    SealedColumn(roster_accounts.c.id, roster_accounts.c.sealed, _secret(lambda _name: ROSTER)),
    SealedColumn(outgoing_messages.c.id, outgoing_messages.c.sealed, _secret(sealed_for)),
)


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """How many values were brought under the key in use, and how many no key opens."""

    renewed: int
    unreadable: int


def rewrap(database: Database, cipher: FieldCipher) -> Rewrapped:
    """Bring everything under the key in use, some hundred rows a transaction, while servers run. Whatever is changed
    meanwhile is left as it was changed; call again for what is new. Stopped half-way, it goes on where it was."""
    renewed = unreadable = 0
    for column in SEALED_COLUMNS:
        last = ""
        while True:
            batch = _batch(database, column, cipher.header(), last)
            if not batch:
                break
            last = batch[-1][0]
            done = _renew(database, cipher, column, batch)
            renewed, unreadable = renewed + done.renewed, unreadable + done.unreadable
    return Rewrapped(renewed, unreadable)


def count_under(database: Database, header: bytes) -> int:
    """How many values the key behind `header` wrapped or sealed."""
    with database.reading() as connection:
        return sum(
            connection.execute(
                select(func.count()).select_from(column.value.table).where(_begins(column.value, header))
            ).scalar_one()
            for column in SEALED_COLUMNS
        )


def _batch(database: Database, column: SealedColumn, header: bytes, last: str) -> list[tuple[str, bytes]]:
    query = (
        select(column.key, column.value)
        .where(column.key > last, column.value.is_not(None), ~_begins(column.value, header))
        .order_by(column.key)
        .limit(_BATCH)
    )
    with database.reading() as connection:
        return [(name, bytes(value)) for name, value in connection.execute(query)]


def _renew(database: Database, cipher: FieldCipher, column: SealedColumn, batch: list[tuple[str, bytes]]) -> Rewrapped:
    changes: list[dict[str, Any]] = []
    for name, value in batch:
        try:
            changes.append({"of": name, "was": value, "is_now": column.renew(cipher, name, value)})
        except Undecipherable:
            continue
    # Only where it still is what was read: a member who left meanwhile must not get a data key again.
    unchanged = and_(column.key == bindparam("of"), column.value == bindparam("was"))
    statement = update(column.value.table).where(unchanged).values({column.value: bindparam("is_now")})
    with database.transaction() as connection:
        renewed = sum(connection.execute(statement, change).rowcount for change in changes)
    return Rewrapped(renewed, len(batch) - len(changes))


def _begins(value: Column[Any], header: bytes) -> ColumnElement[bool]:
    return func.substr(value, 1, len(header)) == header
