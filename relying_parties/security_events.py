"""What a relying party does with an account event: verify it, then apply it once. RFC 8417, RFC 8935.

    body ── verify ──> SecurityEvent ── record ──> committed? then, and only then, 202

The answer 202 promises that nobody needs to send the event again, so it follows the commit. Remembering the `jti`
in a transaction of its own, before the effect, would lose the event if we stopped between the two.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from relying_parties import enterprises
from relying_parties.event_effects import EFFECTS, apply_link_change
from relying_parties.published_keys import PublishedKeys, UnknownKey
from relying_parties.records import Records
from relying_parties.security_event import SecurityEvent, moment
from relying_parties.signed_tokens import NotAToken, NotVerified, read

LONGEST_BODY = 64 * 1024
_CLOCK_SKEW = 300
_STATUSES = ("linked", "unlinked", "suspended")


class Rejected(Exception):
    """The event will not be taken; `err` is a registered code, `description` is for the transmitter. RFC 8935 §2.4."""

    def __init__(self, err: str, description: str) -> None:
        super().__init__(description)
        self.err = err
        self.description = description


@dataclass(frozen=True)
class SecurityEventReceiver:
    """Takes what the transmitter pushes. Called with the request's parts; returning means 202."""

    issuer: str
    audience: str
    authorization: str
    link_changed: str
    keys: PublishedKeys
    records: Records
    applied: Callable[[sqlite3.Connection, SecurityEvent], None] | None = None
    """Told of every event that had an effect, in the transaction that applied it."""

    def __call__(self, authorization: str, content_type: str, body: bytes) -> None:
        """Verify and record.

        Raises:
            Rejected: 400 and why.
            KeysUnavailable: 503; the event may be good, we cannot tell now.
        """
        # First, so that a stranger cannot make us parse, fetch keys or verify signatures.
        if not hmac.compare_digest(authorization.encode(), self.authorization.encode()):
            raise Rejected("authentication_failed", "Authorization header is not the one agreed")
        if content_type.partition(";")[0].strip().lower() != "application/secevent+jwt":
            raise Rejected("invalid_request", "Content-Type must be application/secevent+jwt")
        if len(body) > LONGEST_BODY:
            raise Rejected("invalid_request", "body too long")
        self.record(self.verify(body))

    def verify(self, body: bytes) -> SecurityEvent:
        """The event in `body`, if it is one from our transmitter to us. RFC 8417 §2.2; Shared Signals Framework 1.0 §4.

        Raises:
            Rejected: it is not.
        """
        try:
            claims = read(body.decode("ascii"), self.keys, types=("secevent+jwt",))
        except (UnicodeDecodeError, NotAToken) as error:
            raise Rejected("invalid_request", "not a security event token") from error
        except UnknownKey as error:
            raise Rejected("invalid_key", "kid is not among the published keys") from error
        except NotVerified as error:
            raise Rejected("invalid_key", str(error)) from error
        if claims.get("iss") != self.issuer:
            raise Rejected("invalid_issuer", "iss is not our transmitter")
        audience = claims.get("aud")
        if self.audience not in (audience if isinstance(audience, list) else [audience]):
            raise Rejected("invalid_audience", "aud does not name us")
        # An ID token or a logout token has these; a security event must not, lest one pass for the other.
        if "exp" in claims or "sub" in claims:
            raise Rejected("invalid_request", "exp and sub do not belong in a security event token")
        return self._understood(claims)

    def _understood(self, claims: dict[str, Any]) -> SecurityEvent:
        jti, issued_at, events = claims.get("jti"), moment(claims.get("iat")), claims.get("events")
        if not isinstance(jti, str) or not jti:
            raise Rejected("invalid_request", "jti missing")
        if issued_at is None:
            raise Rejected("invalid_request", "iat missing")
        if issued_at > self.records.now() + _CLOCK_SKEW:
            raise Rejected("invalid_request", "iat is in the future")
        if not isinstance(events, dict) or len(events) != 1:
            raise Rejected("invalid_request", "events must hold exactly one event")
        kind, payload = next(iter(events.items()))
        if not isinstance(payload, dict):
            raise Rejected("invalid_request", "the event must be an object")
        subject, session = self._about(claims.get("sub_id"))
        tenant = _tenant(claims.get("sub_id"))
        event = SecurityEvent(self.issuer, jti, issued_at, kind, payload, subject, session, tenant)
        if kind == self.link_changed:
            _check_link_change(event)
        return event

    def _about(self, sub_id: object) -> tuple[str | None, str | None]:
        """The member, and the one session of theirs where one is named beside them. SSF 1.0 §3.3.1."""
        if not isinstance(sub_id, dict):
            raise Rejected("invalid_request", "sub_id missing")
        session = None
        if sub_id.get("format") == "complex":
            session, sub_id = sub_id.get("session"), sub_id.get("user")
            session = session.get("id") if isinstance(session, dict) else None
        if not isinstance(sub_id, dict) or sub_id.get("format") != "iss_sub" or sub_id.get("iss") != self.issuer:
            return None, None
        subject = sub_id.get("sub")
        return (subject if isinstance(subject, str) else None), (session if isinstance(session, str) else None)

    def record(self, event: SecurityEvent) -> None:
        """Apply and remember the event in one transaction; one that came before is only counted."""
        with self.records.transaction() as connection:
            seen = connection.execute(
                "update events set duplicates = duplicates + 1 where issuer = ? and jti = ?", (event.issuer, event.jti)
            )
            if seen.rowcount:
                return
            about = [event]
            if event.kind == self.link_changed and event.tenant is not None:
                about = enterprises.of_each_link(connection, event, event.tenant)
            remarks = [self._apply_one(connection, each) for each in about]
            remark = "" if "" in remarks else next(iter(remarks), "no_member")
            event = next(iter(about), event)
            connection.execute(
                "insert into events (issuer, jti, received_at, type, subject, status, version, applied, remark) "
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    event.issuer, event.jti, self.records.now(), event.kind, event.subject,
                    event.payload.get("current_status") if event.kind == self.link_changed else None,
                    event.payload.get("version") if event.kind == self.link_changed else None,
                    int(not remark), remark,
                ),
            )  # fmt: skip

    def _apply_one(self, connection: sqlite3.Connection, event: SecurityEvent) -> str:
        remark = self._apply(connection, event)
        if not remark and event.kind == self.link_changed:
            enterprises.remember(connection, event)
        if not remark and self.applied is not None:
            self.applied(connection, event)
        return remark

    def _apply(self, connection: sqlite3.Connection, event: SecurityEvent) -> str:
        """Why the event had no effect; empty when it had one."""
        if event.subject is None:
            return "no_member"
        effect = apply_link_change if event.kind == self.link_changed else EFFECTS.get(event.kind)
        return "unused_type" if effect is None else effect(connection, event, self.records.now())


def _tenant(sub_id: object) -> str | None:
    """Everyone of the enterprise, where nothing but it is named. SSF 1.0 §3.2."""
    if not isinstance(sub_id, dict) or sub_id.keys() != {"format", "tenant"} or sub_id["format"] != "complex":
        return None
    return enterprises.tenant_of(sub_id["tenant"])


def _check_link_change(event: SecurityEvent) -> None:
    counted = "version" if event.tenant is None else "epoch"
    version = event.payload.get(counted)
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version < 2**63:
        raise Rejected("invalid_request", f"{counted} must be a whole number from 1")
    if event.payload.get("current_status") not in _STATUSES:
        raise Rejected("invalid_request", "current_status is none we know")
    if event.subject is None and event.payload.get("scope", "link") == "link":
        raise Rejected("invalid_request", "a link's event names its member by iss_sub")
