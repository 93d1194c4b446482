"""Starting, finding, sharing and ending browser sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from idp.clock import Clock
from idp.crypto.digests import Digester, secret_digest
from idp.randomness import Randomness, url_token
from idp.sessions.session import Session
from idp.storage.expiring.protocol import AddMember, ExpiringStore

_COOKIE_LENGTH = 43


@dataclass(frozen=True, slots=True)
class Sessions:
    """Browser sessions in the expiring store, under the digest of their cookie."""

    store: ExpiringStore
    clock: Clock
    randomness: Randomness
    digester: Digester
    idle: timedelta
    absolute: timedelta

    def start(
        self,
        member_id: str,
        member_epoch: int,
        *,
        acr: str,
        amr: tuple[str, ...],
        continuing: Session | None = None,
    ) -> tuple[str, Session]:
        """A new session and the cookie value that opens it.

        Every authentication changes the cookie: one planted before sign-in opens nothing after it (session fixation).
        Where the member of `continuing` proved again who they are, the session keeps its id, so that its `sid` toward
        relying parties and the list of them go on.
        """
        now = self.clock.now()
        cookie = url_token(self.randomness)
        session_id = continuing.id if continuing is not None else url_token(self.randomness, 16)
        session = Session(session_id, member_id, member_epoch, now, acr, amr, now + self.absolute)
        self.store.put(_key(cookie), session.packed(), self.idle)
        return cookie, session

    def find(self, cookie: str | None) -> Session | None:
        """The session a cookie opens; being used, its idle time starts anew."""
        if not cookie or len(cookie) != _COOKIE_LENGTH:
            return None
        octets = self.store.get_and_extend(_key(cookie), self.idle)
        if octets is None:
            return None
        session = Session.unpacked(octets)
        return session if self.clock.now() < session.ends_at else None

    def end(self, cookie: str) -> None:
        """Forget the session a cookie opens."""
        self.store.delete(_key(cookie))

    def participation(self, session: Session, relying_party_id: str) -> AddMember:
        """The write that remembers that a relying party took part; goes with the caller's other writes."""
        return AddMember(_parties_key(session), relying_party_id, self.absolute)

    def participants(self, session: Session) -> frozenset[str]:
        """The relying parties that took part."""
        return self.store.members(_parties_key(session))

    def id_toward(self, session: Session, relying_party_id: str) -> str:
        """The session's `sid` toward one relying party: stable for the session, and not to be joined with what another
        relying party sees."""
        return self.digester.digest("sid", f"{session.id}:{relying_party_id}")[:32]


def _key(cookie: str) -> str:
    return f"session:{secret_digest(cookie)}"


def _parties_key(session: Session) -> str:
    return f"session-parties:{session.id}"
