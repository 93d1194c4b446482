"""A session on the strength of a verification that just happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import NotFound
from idp.members import store as members
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.storage.database import Database

ACR_SECOND_FACTOR = "urn:onepass:acr:2"
ACR_CERTIFICATE = "urn:onepass:acr:3"


class Proven(Protocol):
    """What a verification says of its own strength; verification's evidence fits."""

    @property
    def method(self) -> str: ...


def level_of(evidence: Proven) -> tuple[str, tuple[str, ...]]:
    """`acr` and `amr` of a sign-in by verification (RFC 8176 §2): a certificate is level 3, the rest level 2."""
    if evidence.method in ("joint_certificate", "business_certificate"):
        return ACR_CERTIFICATE, ("hwk",)
    return ACR_SECOND_FACTOR, ("mfa",)


def start_anew(
    sessions: Sessions, former: str | None, member_id: str, epoch: int, *, acr: str, amr: tuple[str, ...]
) -> tuple[str, Session]:
    """The cookie value of a new session, and the session. The one behind the cookie `former` is over; what it shared
    with relying parties is carried over when it was the same member's."""
    before = sessions.find(former)
    kept = before if before is not None and before.member_id == member_id else None
    cookie, session = sessions.start(member_id, epoch, acr=acr, amr=amr, continuing=kept)
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
        """
        acr, amr = level_of(evidence)
        detail = {"method": evidence.method, **({"certificate": certificate} if certificate is not None else {})}
        with self.database.transaction() as connection:
            row = members.find(connection, member_id)
            if row is None or row.status != members.ACTIVE:
                raise NotFound("no such member")
            entry = Record(self.clock.now(), Action.SIGN_IN_SUCCEEDED, "member", row.id, address=address, detail=detail)
            record(connection, entry)
        cookie, _session = start_anew(self.sessions, former, row.id, row.session_epoch, acr=acr, amr=amr)
        return cookie
