"""The accounts this agency had before there was an integrated login, each with its own id and password."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from werkzeug.security import check_password_hash, generate_password_hash

from relying_parties.records import Records

_SCHEMA = """
create table if not exists voucher_accounts (
  login_id text primary key, name text not null, role text not null, badge text not null, password_hash text not null
);
"""
SAMPLES = (
    ("testId1", "홍길동", "기관 마스터", "마스터", "Voucher!2026"),
    ("testId2", "김길동", "평가위원/현장평가위원", "", "Voucher!2026"),
)
"""Sample accounts: id, name, role, badge, password."""
_NOBODY = generate_password_hash("no account has this password", method="scrypt")


@dataclass(frozen=True)
class Account:
    """One account, as pages show it."""

    login_id: str
    name: str
    role: str
    badge: str


@dataclass(frozen=True)
class LegacyAccounts:
    """Keeps the accounts and checks their passwords."""

    records: Records

    def prepare(self) -> None:
        """Make the table, and the sample accounts where they are not there yet."""
        with self.records.connection() as connection:
            connection.executescript(_SCHEMA)
            for login_id, name, role, badge, password in SAMPLES:
                if not _find(connection, login_id):
                    connection.execute(
                        "insert or ignore into voucher_accounts values (?, ?, ?, ?, ?)",
                        (login_id, name, role, badge, generate_password_hash(password, method="scrypt")),
                    )

    def sign_in(self, login_id: str, password: str) -> str | None:
        """The token of a new session, if the password is right."""
        with self.records.connection() as connection:
            row = _find(connection, login_id)
        # An unknown id costs the same time as a known one, so that time does not tell them apart.
        matches = check_password_hash(row["password_hash"] if row else _NOBODY, password)
        return self.records.sign_in_locally(row["name"], row["login_id"]) if row and matches else None

    def account(self, login_id: str) -> Account | None:
        """The account of this id."""
        with self.records.connection() as connection:
            row = _find(connection, login_id)
        return Account(row["login_id"], row["name"], row["role"], row["badge"]) if row else None


def _find(connection: sqlite3.Connection, login_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "select * from voucher_accounts where login_id = ?", (login_id,)
    ).fetchone()
    return row
