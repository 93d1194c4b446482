"""The tokens of each member, kept past the sign-in: what `offline_access` is asked for. OpenID Connect Core 1.0 §11.

A real site would throw them away when a link ends. This one keeps them, to show that they are dead by then.
"""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass, field
from typing import Any

import requests

from relying_parties.published_keys import fetch_object, openid_configuration
from relying_parties.records import Records, SignedIn
from relying_parties.settings import Settings

_SCHEMA = """
create table if not exists tokens (
  issuer text not null, subject text not null, access_token text, refresh_token text, stored_at real not null,
  checked_at real, userinfo text, refresh text,
  primary key (issuer, subject)
);
"""
_TIMEOUT = (3, 10)


@dataclass(frozen=True)
class KeptTokens:
    """Stores tokens and finds out whether they still work."""

    settings: Settings
    records: Records
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def prepare(self) -> None:
        """Make the table."""
        with self.records.connection() as connection:
            connection.executescript(_SCHEMA)

    def keep(self, arrival: SignedIn, tokens: dict[str, Any]) -> None:
        """Remember the tokens of a sign-in in place of older ones."""
        with self.records.connection() as connection:
            connection.execute(
                "insert or replace into tokens (issuer, subject, access_token, refresh_token, stored_at) "
                "values (?, ?, ?, ?, ?)",
                (
                    arrival.issuer, arrival.subject, tokens.get("access_token"), tokens.get("refresh_token"),
                    self.records.now(),
                ),
            )  # fmt: skip

    def outcomes(self) -> list[dict[str, Any]]:
        """What the last check of each member's tokens found; never the tokens."""
        with self.records.connection() as connection:
            rows = connection.execute("select issuer, subject, checked_at, userinfo, refresh from tokens").fetchall()
        return [dict(row) for row in rows]

    def check(self, issuer: str, subject: str) -> bool:
        """Try the access token at userinfo and the refresh token at the token endpoint; False when we hold none.

        Refresh tokens rotate: two checks at once would present the same one twice, which looks like theft.
        """
        with self._one_at_a_time:
            with self.records.connection() as connection:
                held: sqlite3.Row | None = connection.execute(
                    "select * from tokens where issuer = ? and subject = ?", (issuer, subject)
                ).fetchone()
            if held is None:
                return False
            endpoints = fetch_object(openid_configuration(self.settings.issuer))
            userinfo = self._try_userinfo(endpoints["userinfo_endpoint"], held["access_token"])
            refresh, renewed = self._try_refresh(endpoints["token_endpoint"], held["refresh_token"])
            with self.records.connection() as connection:
                connection.execute(
                    "update tokens set checked_at = ?, userinfo = ?, refresh = ?, access_token = ?, refresh_token = ? "
                    "where issuer = ? and subject = ?",
                    (
                        self.records.now(), userinfo, refresh, renewed.get("access_token", held["access_token"]),
                        renewed.get("refresh_token", held["refresh_token"]), issuer, subject,
                    ),
                )  # fmt: skip
        return True

    def _try_userinfo(self, endpoint: str, access_token: str | None) -> str:
        if not access_token:
            return "none"
        authorization = {"Authorization": f"Bearer {access_token}"}
        try:
            answer = requests.get(endpoint, headers=authorization, timeout=_TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return "unreachable"
        return "works" if answer.status_code == 200 else f"refused ({answer.status_code})"

    def _try_refresh(self, endpoint: str, refresh_token: str | None) -> tuple[str, dict[str, Any]]:
        if not refresh_token:
            return "none", {}
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": self.settings.client_id}
        try:
            answer = requests.post(endpoint, data=form, timeout=_TIMEOUT, allow_redirects=False)
            said = answer.json()
        except requests.RequestException:
            return "unreachable", {}
        if answer.status_code == 200:
            return "works", said
        return f"refused ({said.get('error', answer.status_code)})", {}
