"""Accounts that the identity provider had made here before their holders ever came: kept as SCIM resources."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from relying_parties.records import Records

_SCHEMA = """
create table if not exists made_accounts (
  id text primary key, external_id text unique, user_name text not null unique collate nocase, resource text not null,
  version integer not null, made_at real not null, changed_at real not null
);
"""


class NotUnique(Exception):
    """Another account has this `userName` or `externalId`. RFC 7644 §3.3."""


@dataclass(frozen=True)
class Made:
    """One account: its attributes, without `id` and `meta`."""

    id: str
    resource: dict[str, Any]
    version: int
    made_at: float
    changed_at: float

    @property
    def etag(self) -> str:
        """RFC 7644 §3.14."""
        return f'W/"{self.version}"'

    def shown(self, base_url: str) -> dict[str, Any]:
        """As the service answers. RFC 7643 §3.1."""
        meta = {
            "resourceType": "User",
            "created": _instant(self.made_at),
            "lastModified": _instant(self.changed_at),
            "location": f"{base_url}/Users/{self.id}",
            "version": self.etag,
        }
        return {**self.resource, "id": self.id, "meta": meta}


@dataclass(frozen=True)
class MadeAccounts:
    """The accounts, one change after another."""

    records: Records

    def prepare(self) -> None:
        """Make the table."""
        with self.records.connection() as connection:
            connection.executescript(_SCHEMA)

    def make(self, resource: dict[str, Any]) -> Made:
        """A new account.

        Raises:
            NotUnique: another has its `userName` or `externalId`.
        """
        now, identifier = self.records.now(), secrets.token_hex(12)
        with self.records.connection() as connection:
            try:
                connection.execute(
                    "insert into made_accounts values (?, ?, ?, ?, 1, ?, ?)",
                    (identifier, resource.get("externalId"), resource["userName"], json.dumps(resource), now, now),
                )
            except sqlite3.IntegrityError as error:
                raise NotUnique from error
        return Made(identifier, resource, 1, now, now)

    def find(self, identifier: str) -> Made | None:
        """The account of this `id`."""
        with self.records.connection() as connection:
            row = connection.execute("select * from made_accounts where id = ?", (identifier,)).fetchone()
        return _made(row) if row is not None else None

    def search(self, column: str, value: str, start: int, count: int) -> tuple[int, list[Made]]:
        """How many accounts have `value` in `column`, and a page of them; all of them where `column` is empty."""
        where = {"external_id": "external_id = :value", "user_name": "user_name = :value", "": "true"}[column]
        chosen = {"value": value, "count": count, "skipped": max(start, 1) - 1}
        with self.records.connection() as connection:
            total = connection.execute(f"select count(*) from made_accounts where {where}", chosen).fetchone()[0]  # noqa: S608  # one of three
            rows = connection.execute(
                f"select * from made_accounts where {where} order by made_at, id limit :count offset :skipped",  # noqa: S608
                chosen,
            ).fetchall()
        return total, [_made(row) for row in rows]

    def change(
        self, identifier: str, expected: str | None, patch: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> Made | None:
        """The account after `patch`; None where `expected` is not its ETag.

        Raises:
            KeyError: there is no such account.
            NotUnique: another has its new `userName` or `externalId`.
        """
        with self.records.transaction() as connection:
            row = connection.execute("select * from made_accounts where id = ?", (identifier,)).fetchone()
            if row is None:
                raise KeyError(identifier)
            before = _made(row)
            if expected not in (None, "*", before.etag):
                return None
            after = Made(identifier, patch(before.resource), before.version + 1, before.made_at, self.records.now())
            try:
                connection.execute(
                    "update made_accounts set external_id = ?, user_name = ?, resource = ?, version = ?, "
                    "changed_at = ? where id = ?",
                    (
                        after.resource.get("externalId"), after.resource["userName"], json.dumps(after.resource),
                        after.version, after.changed_at, identifier,
                    ),
                )  # fmt: skip
            except sqlite3.IntegrityError as error:
                raise NotUnique from error
        return after

    def overview(self) -> list[Mapping[str, Any]]:
        """What `/state` and the first page show: whose, and whether it is open."""
        _total, made = self.search("", "", 1, 100)
        return [
            {"external_id": each.resource.get("externalId"), "active": each.resource.get("active")} for each in made
        ]


def _made(row: sqlite3.Row) -> Made:
    return Made(row["id"], json.loads(row["resource"]), row["version"], row["made_at"], row["changed_at"])


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
