"""What each account event does to our records, inside the transaction that remembers it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from relying_parties.security_event import SecurityEvent

_RISC = "https://schemas.openid.net/secevent/risc/event-type"
_CAEP = "https://schemas.openid.net/secevent/caep/event-type"
ACCOUNT_PURGED = f"{_RISC}/account-purged"
ACCOUNT_DISABLED = f"{_RISC}/account-disabled"
ACCOUNT_ENABLED = f"{_RISC}/account-enabled"
SESSION_REVOKED = f"{_CAEP}/session-revoked"
TOKEN_CLAIMS_CHANGE = f"{_CAEP}/token-claims-change"


def apply_link_change(connection: sqlite3.Connection, event: SecurityEvent, now: float) -> str:
    """Take over the state if its version is newer than ours: late and repeated events then do no harm.

    A subject we have never seen is remembered too: the event may have overtaken the member's first sign-in.
    """
    key, payload = (event.issuer, event.subject), event.payload
    known = connection.execute("select * from links where issuer = ? and subject = ?", key).fetchone()
    if known and payload["version"] <= known["version"]:
        return "not_newer"
    if known and known["purged"] and payload["current_status"] == "linked":
        return "withdrawn"
    connection.execute(
        "insert into links (issuer, subject, link_id, status, version, changed_at, changes) "
        "values (?, ?, ?, ?, ?, ?, 1) "
        "on conflict do update set link_id = excluded.link_id, status = excluded.status, version = excluded.version, "
        "changed_at = excluded.changed_at, changes = changes + 1",
        (*key, str(payload.get("link_id", "")), payload["current_status"], payload["version"], event.happened_at),
    )
    if payload["current_status"] != "linked":
        _end_sessions(connection, event, now, "unlinked")
    return ""


def _apply_purge(connection: sqlite3.Connection, event: SecurityEvent, now: float) -> str:
    """The member is gone from the issuer for good, and so is this subject. Our own account stays. RISC 1.0 §2.2."""
    connection.execute(
        "insert into links (issuer, subject, status, changed_at, purged, changes) values (?, ?, 'unlinked', ?, 1, 1) "
        "on conflict do update set status = 'unlinked', changed_at = excluded.changed_at, purged = 1, "
        "changes = changes + 1",
        (event.issuer, event.subject, event.happened_at),
    )
    _end_sessions(connection, event, now, "unlinked")
    return ""


def _apply_revocation(connection: sqlite3.Connection, event: SecurityEvent, now: float) -> str:
    """The member's sessions there ended, or the one that is named: ours rest on them. CAEP 1.0 §3.1.

    A logout token may tell of the same thing. Which of the two comes first is chance, so they leave the same behind.
    """
    ended = _end_sessions(connection, event, now, "backchannel_logout")
    return "" if ended else "no_session"


def _apply_disabling(connection: sqlite3.Connection, event: SecurityEvent, now: float) -> str:
    """Nobody may come in as this member by the provider; our own account and its login stay. RISC 1.0 §2.3."""
    if not _put_standing(connection, event, disabled=True):
        return "not_newer"
    _end_sessions(connection, event, now, "disabled")
    return ""


def _apply_enabling(connection: sqlite3.Connection, event: SecurityEvent, _now: float) -> str:
    """They may again. RISC 1.0 §2.4."""
    return "" if _put_standing(connection, event, disabled=False) else "not_newer"


def _put_standing(connection: sqlite3.Connection, event: SecurityEvent, *, disabled: bool) -> bool:
    """Whether it is newer than what we hold; also of a member we have yet to meet. In one second the later to come
    counts: they are sent in order."""
    return (
        connection.execute(
            "insert into standings (issuer, subject, disabled, since) values (?, ?, ?, ?) on conflict do update "
            "set disabled = excluded.disabled, since = excluded.since where since <= excluded.since",
            (event.issuer, event.subject, int(disabled), event.happened_at),
        ).rowcount
        == 1
    )


def _apply_claims(connection: sqlite3.Connection, event: SecurityEvent, _now: float) -> str:
    """What we show of the member is another. Null is a claim we may not have any more. CAEP 1.0 §3.2."""
    claims = event.payload.get("claims")
    key = (event.issuer, event.subject)
    account = connection.execute("select * from accounts where issuer = ? and subject = ?", key).fetchone()
    if account is None or not isinstance(claims, dict):
        return "no_account"
    if event.happened_at < account["told_at"]:
        return "not_newer"
    name = claims.get("name", account["name"])
    name = name if isinstance(name, str) and name else account["name"]
    email = claims.get("email", account["email"])
    connection.execute(
        "update accounts set name = ?, email = ?, told_at = ? where issuer = ? and subject = ?",
        (name, email if isinstance(email, str) else None, event.happened_at, *key),
    )
    connection.execute(
        "update sessions set name = ? where issuer = ? and subject = ? and ended_at is null", (name, *key)
    )
    return ""


def _end_sessions(connection: sqlite3.Connection, event: SecurityEvent, now: float, because: str) -> int:
    """End what began before the event; a session begun after it rests on a newer link whose event is still to come.
    How many."""
    return connection.execute(
        "update sessions set ended_at = :now, ended_because = :because "
        "where issuer = :issuer and subject = :subject and ended_at is null and authenticated_at <= :happened "
        "and (:sid is null or sid = :sid)",
        {
            "now": now,
            "because": because,
            "issuer": event.issuer,
            "subject": event.subject,
            "happened": event.happened_at,
            "sid": event.session,
        },
    ).rowcount


EFFECTS: Mapping[str, Callable[[sqlite3.Connection, SecurityEvent, float], str]] = {
    ACCOUNT_PURGED: _apply_purge,
    ACCOUNT_DISABLED: _apply_disabling,
    ACCOUNT_ENABLED: _apply_enabling,
    SESSION_REVOKED: _apply_revocation,
    TOKEN_CLAIMS_CHANGE: _apply_claims,
}
"""By the URI of the type what it does: it answers why it had no effect, or nothing."""
