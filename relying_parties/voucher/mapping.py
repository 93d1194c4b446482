"""Which of our accounts belong to which integrated member (매핑). What the provider says last counts.

account-link-changed linked, with agency_account(s); a sign-in, with agency_accounts at userinfo ──▶ mapped
account-link-changed unlinked; account-purged ──▶ the mapping is gone, the account and its own login stay
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from relying_parties.event_effects import ACCOUNT_PURGED, EFFECTS
from relying_parties.records import Records
from relying_parties.security_event import SecurityEvent
from relying_parties.voucher.legacy_accounts import Account

_SCHEMA = """
create table if not exists mapping (
  login_id text primary key, issuer text not null, subject text not null, mapped_at real not null
);
create index if not exists mapping_of_subject on mapping (issuer, subject);
"""


@dataclass(frozen=True)
class Mapping:
    """The table. An account belongs to one member at most, a member may have several."""

    records: Records

    def prepare(self) -> None:
        """Make the table."""
        with self.records.connection() as connection:
            connection.executescript(_SCHEMA)

    def heard(self, connection: sqlite3.Connection, event: SecurityEvent) -> None:
        """Follow an event that had an effect, in the transaction that applied it."""
        if event.subject is None or (event.kind in EFFECTS and event.kind != ACCOUNT_PURGED):
            return  # about the member or their sessions: what stands behind the link stays
        status, before = event.payload.get("current_status"), event.payload.get("previous_status")
        # Linked again: we may never have heard of the end in between, and what stood behind the link ended with it.
        if status not in ("linked", "suspended") or (status == "linked" and before == "unlinked"):
            connection.execute("delete from mapping where issuer = ? and subject = ?", (event.issuer, event.subject))
        if status == "linked":
            named = event.payload.get("agency_accounts", [event.payload.get("agency_account")])
            _add(connection, event.issuer, event.subject, named, self.records.now())

    def told(self, issuer: str, subject: str, named: object) -> None:
        """Follow what userinfo said at a sign-in, which may come before the event. Says it nothing, nothing changes."""
        with self.records.transaction() as connection:
            _add(connection, issuer, subject, named, self.records.now())

    def is_mapped(self, login_id: str) -> bool:
        """Whether this account has been converted."""
        with self.records.connection() as connection:
            found = connection.execute("select 1 from mapping where login_id = ?", (login_id,)).fetchone()
        return found is not None

    def accounts(self, issuer: str, subject: str) -> list[Account]:
        """The accounts of a member, in the order they were mapped."""
        with self.records.connection() as connection:
            rows = connection.execute(
                "select a.login_id, a.name, a.role, a.badge from mapping m join voucher_accounts a using (login_id) "
                "where m.issuer = ? and m.subject = ? order by m.mapped_at, a.login_id",
                (issuer, subject),
            ).fetchall()
        return [Account(**row) for row in rows]


def _add(connection: sqlite3.Connection, issuer: str, subject: str, named: object, now: float) -> None:
    for login_id in _ours(connection, named if isinstance(named, list) else []):
        # The provider lets an account stand behind one member's link only; whoever is named last has it.
        connection.execute(
            "insert into mapping values (?, ?, ?, ?) on conflict do update set "
            "mapped_at = case when issuer = excluded.issuer and subject = excluded.subject "
            "then mapped_at else excluded.mapped_at end, issuer = excluded.issuer, subject = excluded.subject",
            (login_id, issuer, subject, now),
        )


def _ours(connection: sqlite3.Connection, named: Iterable[object]) -> list[str]:
    """Those of the named accounts that we have: an event cannot make one."""
    known = (
        connection.execute("select login_id from voucher_accounts where login_id = ?", (each,)).fetchone()
        for each in named
        if isinstance(each, str)
    )
    return [row["login_id"] for row in known if row]
