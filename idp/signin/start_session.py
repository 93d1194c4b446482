"""A session on the strength of a verification that just happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import NotFound
from idp.members import store as members
from idp.sessions.assurance import Authentication
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.signin.suspended import AccountSuspended
from idp.storage.database import Database

_CERTIFICATE, _IDENTIFICATION = 3, 2


class Proven(Protocol):
    """What a verification says of its own strength; verification's evidence fits."""

    @property
    def method(self) -> str: ...
    @property
    def assurance(self) -> str: ...
    @property
    def simulated(self) -> bool: ...
    @property
    def verified_at(self) -> datetime: ...


def by_evidence(evidence: Proven, now: datetime) -> Authentication:
    """A verification as a proof of who is there: a certificate is level 3, an identification service level 2, a code
    sent to a phone 1 (RFC 8176 §2; the key of a certificate lies in a file more often than in hardware).

    It was proved when it was verified, however much later somebody collects it: `auth_time` must not make it fresher
    (OpenID Connect Core §2). A provider's clock may run before ours, and nobody was there in the future.
    """
    at = min(evidence.verified_at, now)
    if evidence.assurance == "L3":
        return Authentication(evidence.method, at, _CERTIFICATE, ("swk",), evidence.simulated)
    if evidence.assurance == "L1":
        return Authentication(evidence.method, at, 1, ("sms",), evidence.simulated)
    return Authentication(evidence.method, at, _IDENTIFICATION, ("mfa",), evidence.simulated)


def start_anew(
    sessions: Sessions,
    former: str | None,
    member_id: str,
    epoch: int,
    by: Authentication,
    *,
    awaits_second_step: bool = False,
) -> tuple[str, Session]:
    """The cookie value of a new session, and the session. The one behind the cookie `former` is over; what it shared
    with relying parties is carried over when it was the same member's, and what they proved in it."""
    before = sessions.unfinished(former)
    kept = before if before is not None and (before.member_id, before.member_epoch) == (member_id, epoch) else None
    cookie, session = sessions.start(member_id, epoch, by=by, continuing=kept, awaits_second_step=awaits_second_step)
    if former is not None and before is not None:
        sessions.end(former)
    return cookie, session


@dataclass(frozen=True, slots=True)
class StartSession:
    """Signs a member in whose identity was verified in this browser minutes ago."""

    database: Database
    clock: Clock
    sessions: Sessions

    def __call__(
        self, member_id: str, evidence: Proven, *, address: str, former: str | None, certificate: str | None = None
    ) -> str:
        """The cookie value of the new session; the one behind `former` ends. `certificate` is the row id of the
        registered one that was used: which of an enterprise's people signed in shows in nothing else (C11).

        Raises:
            NotFound: the member has withdrawn meanwhile.
            AccountSuspended: the member is suspended.
        """
        now = self.clock.now()
        detail: dict[str, str | int | bool | None] = {"method": evidence.method, "simulated": evidence.simulated}
        if certificate is not None:
            detail["certificate"] = certificate
        with self.database.transaction() as connection:
            row = members.find(connection, member_id)
            if row is not None and row.status == members.SUSPENDED:
                raise AccountSuspended
            if row is None or row.status != members.ACTIVE:
                raise NotFound("no such member")
            entry = Record(now, Action.SIGN_IN_SUCCEEDED, "member", row.id, address=address, detail=detail)
            record(connection, entry)
        cookie, _session = start_anew(self.sessions, former, row.id, row.session_epoch, by_evidence(evidence, now))
        return cookie
