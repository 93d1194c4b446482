"""What a relying party remembers, in one SQLite file: accounts, links, sessions and the events it received."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from relying_parties import enterprises

LONGEST_SESSION_SECONDS = 8 * 3600
"""No session lasts longer, however often it was prolonged."""

_SCHEMA = """
create table if not exists secrets (name text primary key, value text not null);
-- The local account is ours: whatever happens to a link, nothing here is deleted or disabled.
create table if not exists accounts (
  issuer text not null, subject text not null, name text not null,
  first_signed_in real not null, last_signed_in real not null,
  -- What the provider tells of the member, and when it last did.
  email text, told_at real not null default 0,
  primary key (issuer, subject)
);
-- Whom the provider lets in, as it last told us; of whom nothing stands here, it does.
create table if not exists standings (
  issuer text not null, subject text not null, disabled integer not null, since real not null,
  primary key (issuer, subject)
);
-- What the identity provider last told us about a subject. `changes` counts the events that had an effect.
create table if not exists links (
  issuer text not null, subject text not null, link_id text, status text not null,
  version integer not null default 0, changed_at real not null, purged integer not null default 0,
  changes integer not null default 0,
  primary key (issuer, subject)
);
create table if not exists sessions (
  digest text primary key, origin text not null, protocol text not null, issuer text, source text, subject text,
  sid text, name text not null, id_token text, authenticated_at real not null,
  started_at real not null, ended_at real, ended_because text, ends_at real
);
create index if not exists sessions_of_subject on sessions (issuer, subject);
create table if not exists events (
  number integer primary key autoincrement, issuer text not null, jti text not null, received_at real not null,
  type text not null, subject text, status text, version integer, applied integer not null, remark text not null,
  duplicates integer not null default 0,
  unique (issuer, jti)
);
"""


class LinkEnded(Exception):
    """The member's link ended after this sign-in was answered: it must not become a session."""


class MemberDisabled(Exception):
    """The identity provider shut the member out after this sign-in was answered."""


@dataclass(frozen=True)
class SignedIn:
    """A sign-in the identity provider vouched for, already verified."""

    issuer: str
    subject: str
    name: str
    protocol: str
    source: str
    """Who signed it: the issuer, or the SAML entityID."""
    authenticated_at: float
    """When the identity provider issued its answer, by its own clock."""
    sid: str | None = None
    id_token: str | None = None
    email: str | None = None


class Records:
    """The file and what is asked of it. Every method opens its own connection, so threads share nothing."""

    def __init__(
        self, path: Path, now: Callable[[], float] = time.time, session_seconds: int = LONGEST_SESSION_SECONDS
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self.now = now
        self._session_seconds = session_seconds
        with self.connection() as connection:
            connection.executescript(_SCHEMA + enterprises.SCHEMA)
            _add_what_older_files_lack(connection)

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection on which every statement commits by itself."""
        with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("pragma journal_mode = wal")
            # FULL: an answered event must survive a power cut, for nobody will send it again.
            connection.execute("pragma synchronous = full")
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection whose work is kept whole or not at all; writers come one at a time."""
        with self.connection() as connection:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")

    def secret(self, name: str) -> str:
        """A random value made once and kept, such as the key that signs our cookies."""
        with self.transaction() as connection:
            connection.execute("insert or ignore into secrets values (?, ?)", (name, secrets.token_hex(32)))
            row = connection.execute("select value from secrets where name = ?", (name,)).fetchone()
        return str(row["value"])

    def sign_in(self, arrival: SignedIn) -> str:
        """The token of a new session for the cookie; a first arrival also gets its local account.

        Raises:
            LinkEnded: an event that ended the link overtook this sign-in on its way to us.
            MemberDisabled: one that disabled the member did.
        """
        with self.transaction() as connection:
            key = (arrival.issuer, arrival.subject)
            link = connection.execute("select * from links where issuer = ? and subject = ?", key).fetchone()
            # Seconds, because tokens count in seconds. In the very second of the change we believe the token:
            # refusing it could lock out a member who has just linked again.
            if (
                link
                and link["status"] != "linked"
                and (link["purged"] or int(arrival.authenticated_at) < int(link["changed_at"]))
            ):
                raise LinkEnded
            _admit(connection, arrival)
            connection.execute(
                "insert into accounts (issuer, subject, name, first_signed_in, last_signed_in, email, told_at) "
                "values (?, ?, ?, ?, ?, ?, ?) on conflict do update set name = excluded.name, "
                "last_signed_in = excluded.last_signed_in, email = excluded.email, told_at = excluded.told_at",
                (*key, arrival.name, self.now(), self.now(), arrival.email, arrival.authenticated_at),
            )
            # The version stays: only events carry versions, and the one for this link may still be on its way.
            connection.execute(
                "insert into links (issuer, subject, status, changed_at) values (?, ?, 'linked', ?) "
                "on conflict do update set status = 'linked'",
                (*key, arrival.authenticated_at),
            )
            return _start_session(connection, "integrated", arrival, self.now(), self._session_seconds)

    def sign_in_locally(self, name: str, login_id: str = "") -> str:
        """The token of a session that began with our own id and password; no link has a say in it.

        Its subject is the id: nobody's but ours, since there is no issuer beside it.
        """
        arrival = SignedIn("", login_id, name, "아이디·비밀번호", "", self.now())
        with self.transaction() as connection:
            return _start_session(connection, "legacy", arrival, self.now(), self._session_seconds)

    def session(self, token: str) -> sqlite3.Row | None:
        """The session of this token, also when it has ended: `ended_because` then says why."""
        with self.connection() as connection:
            connection.execute(
                "update sessions set ended_at = :now, ended_because = 'timeout' where digest = :digest "
                "and ended_at is null and ends_at <= :now",
                {"now": self.now(), "digest": _digest(token)},
            )
            row: sqlite3.Row | None = connection.execute(
                "select * from sessions where digest = ?", (_digest(token),)
            ).fetchone()
        return row

    def prolong(self, token: str) -> None:
        """Give the session of this token its full time again, up to the longest a session may last; not where its time
        is up, or it has ended otherwise."""
        with self.connection() as connection:
            connection.execute(
                "update sessions set ends_at = min(:now + :full, started_at + :longest) "
                "where digest = :digest and ended_at is null and ends_at > :now",
                {
                    "now": self.now(),
                    "full": self._session_seconds,
                    "longest": LONGEST_SESSION_SECONDS,
                    "digest": _digest(token),
                },
            )

    def sign_out(self, token: str) -> None:
        """End this one session, at its holder's wish."""
        with self.connection() as connection:
            connection.execute(
                "update sessions set ended_at = ?, ended_because = 'logout' where digest = ? and ended_at is null",
                (self.now(), _digest(token)),
            )

    def end_sessions(
        self, issuer: str, *, subject: str | None, sid: str | None, because: str = "backchannel_logout"
    ) -> int:
        """How many sessions a word from the provider ended: that of `sid`, or all of `subject` without one."""
        with self.connection() as connection:
            return connection.execute(
                "update sessions set ended_at = :now, ended_because = :because where issuer = :issuer "
                "and ended_at is null and (:sid is null or sid = :sid) and (:subject is null or subject = :subject)",
                {"now": self.now(), "because": because, "issuer": issuer, "sid": sid, "subject": subject},
            ).rowcount

    def account(self, issuer: str, subject: str) -> sqlite3.Row | None:
        """Our own account of one subject, with what we were told of the member."""
        with self.connection() as connection:
            row: sqlite3.Row | None = connection.execute(
                "select * from accounts where issuer = ? and subject = ?", (issuer, subject)
            ).fetchone()
        return row

    def is_disabled(self, issuer: str, subject: str) -> bool:
        """Whether the provider shut the member out, as far as we know."""
        with self.connection() as connection:
            row = connection.execute(
                "select disabled from standings where issuer = ? and subject = ?", (issuer, subject)
            ).fetchone()
        return row is not None and bool(row["disabled"])

    def link(self, issuer: str, subject: str) -> sqlite3.Row | None:
        """What we believe of one subject's link."""
        with self.connection() as connection:
            row: sqlite3.Row | None = connection.execute(
                "select * from links where issuer = ? and subject = ?", (issuer, subject)
            ).fetchone()
        return row

    def links(self) -> list[sqlite3.Row]:
        """Every link we know of."""
        with self.connection() as connection:
            return connection.execute("select * from links order by issuer, subject").fetchall()

    def events(self, *, page: int, size: int) -> list[sqlite3.Row]:
        """One page of received events, newest first; pages count from 1."""
        with self.connection() as connection:
            return connection.execute(
                "select * from events order by number desc limit ? offset ?", (size, (page - 1) * size)
            ).fetchall()

    def event_counts(self) -> dict[str, int]:
        """How many events came, how many had an effect, how many came again."""
        with self.connection() as connection:
            row = connection.execute(
                "select count(*) as received, coalesce(sum(applied), 0) as applied, "
                "coalesce(sum(1 - applied), 0) as ignored, coalesce(sum(duplicates), 0) as duplicates from events"
            ).fetchone()
        return dict(row)


def _admit(connection: sqlite3.Connection, arrival: SignedIn) -> None:
    """The provider lets no disabled member in: who signed in after that is disabled no more, though the event that says
    so may still be on its way."""
    key = (arrival.issuer, arrival.subject)
    standing = connection.execute("select * from standings where issuer = ? and subject = ?", key).fetchone()
    if standing is None or not standing["disabled"]:
        return
    if int(arrival.authenticated_at) <= int(standing["since"]):
        raise MemberDisabled
    connection.execute(
        "update standings set disabled = 0, since = ? where issuer = ? and subject = ?",
        (arrival.authenticated_at, *key),
    )


def _add_what_older_files_lack(connection: sqlite3.Connection) -> None:
    of_accounts = {row["name"] for row in connection.execute("pragma table_info(accounts)")}
    if "told_at" not in of_accounts:
        connection.execute("alter table accounts add column email text")
        connection.execute("alter table accounts add column told_at real not null default 0")
    columns = {row["name"] for row in connection.execute("pragma table_info(sessions)")}
    if "ends_at" not in columns:
        connection.execute("alter table sessions add column ends_at real")
    connection.execute("update sessions set ends_at = started_at + ? where ends_at is null", (LONGEST_SESSION_SECONDS,))


def _start_session(connection: sqlite3.Connection, origin: str, arrival: SignedIn, now: float, seconds: int) -> str:
    token = secrets.token_urlsafe(32)
    connection.execute(
        "insert into sessions (digest, origin, protocol, issuer, source, subject, sid, name, id_token, "
        "authenticated_at, started_at, ends_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            _digest(token), origin, arrival.protocol, arrival.issuer, arrival.source, arrival.subject, arrival.sid,
            arrival.name, arrival.id_token, arrival.authenticated_at, now, now + seconds,
        ),
    )  # fmt: skip
    return token


def _digest(token: str) -> str:
    """Only this is stored: a stolen copy of the file opens no session."""
    return hashlib.sha256(token.encode()).hexdigest()
