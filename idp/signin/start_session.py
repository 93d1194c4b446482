"""A session on the strength of a verification that just happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from idp.errors import NotFound
from idp.members import store as members
from idp.sessions.sessions import Sessions
from idp.storage.database import Database

ACR_SECOND_FACTOR = "urn:onepass:acr:2"
ACR_CERTIFICATE = "urn:onepass:acr:3"


class Proven(Protocol):
    """What a verification says of its own strength; verification's evidence fits."""

    @property
    def method(self) -> str: ...


@dataclass(frozen=True, slots=True)
class StartSession:
    """Signs a member in whose identity was verified in this browser minutes ago. `level` says what acr and amr that
    is worth."""

    database: Database
    sessions: Sessions
    level: Callable[[Proven], tuple[str, tuple[str, ...]]]

    def __call__(self, member_id: str, evidence: Proven, *, former: str | None) -> str:
        """The cookie value of the new session; the one behind `former` ends.

        Raises:
            NotFound: the member has withdrawn meanwhile.
        """
        with self.database.reading() as connection:
            row = members.find(connection, member_id)
        if row is None or row.status != members.ACTIVE:
            raise NotFound("no such member")
        acr, amr = self.level(evidence)
        cookie, _session = self.sessions.start(member_id, row.session_epoch, acr=acr, amr=amr)
        if former is not None:
            self.sessions.end(former)
        return cookie
