"""The accounts this agency had before there was an integrated login, each with its own id and password."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from werkzeug.security import check_password_hash, generate_password_hash

from relying_parties.records import Records

_SCHEMA = """
create table if not exists legacy_accounts (
  login_id text primary key, name text not null, role text not null, password_hash text not null
);
"""
SAMPLES = (("testId1", "홍길동", "마스터", "Voucher!2026"), ("testId2", "김길동", "담당자", "Voucher!2026"))
"""Sample accounts: id, name, role, password."""
_NOBODY = generate_password_hash("no account has this password", method="scrypt")


@dataclass(frozen=True)
class LegacyAccounts:
    """Keeps the accounts and checks their passwords."""

    records: Records

    def prepare(self) -> None:
        """Make the table, and the sample accounts where they are not there yet."""
        with self.records.connection() as connection:
            connection.executescript(_SCHEMA)
            for login_id, name, role, password in SAMPLES:
                if not self._find(connection, login_id):
                    connection.execute(
                        "insert or ignore into legacy_accounts values (?, ?, ?, ?)",
                        (login_id, name, role, generate_password_hash(password, method="scrypt")),
                    )

    def sign_in(self, login_id: str, password: str) -> str | None:
        """The token of a new session, if the password is right."""
        with self.records.connection() as connection:
            account = self._find(connection, login_id)
        # An unknown id costs the same time as a known one, so that time does not tell them apart.
        matches = check_password_hash(account["password_hash"] if account else _NOBODY, password)
        return self.records.sign_in_locally(account["name"]) if account and matches else None

    def _find(self, connection: sqlite3.Connection, login_id: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = connection.execute(
            "select * from legacy_accounts where login_id = ?", (login_id,)
        ).fetchone()
        return row
