"""Starting, finding, sharing and ending browser sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.clock import Clock
from idp.crypto.digests import Digester, secret_digest
from idp.errors import NotSignedIn
from idp.randomness import Randomness, url_token
from idp.sessions import session_index
from idp.sessions.assurance import Authentication, remembered
from idp.sessions.device import Device
from idp.sessions.session import Session
from idp.sessions.session_index import Indexed
from idp.sessions.sid import sid
from idp.storage.database import Database
from idp.storage.expiring.protocol import AddMember, Delete, ExpiringStore, Operation, Put

_COOKIE_LENGTH = 43
_UNTIL_NOTICED = timedelta(hours=1)
"""Who took part is remembered for this much longer than the session: until somebody has noticed its end."""


class SessionOver(NotSignedIn):
    """The session ended while its member was proving more of who they are."""

    code = "session_over"


@dataclass(frozen=True, slots=True)
class Sessions:
    """Browser sessions in the expiring store, under the digest of their cookie.

    `index` is the database that remembers where each one is; `device` says where the present request comes from.
    """

    store: ExpiringStore
    clock: Clock
    randomness: Randomness
    digester: Digester
    idle: timedelta
    absolute: timedelta
    index: Database | None = None
    device: Callable[[], Device] = Device

    def start(
        self,
        member_id: str,
        member_epoch: int,
        *,
        by: Authentication,
        continuing: Session | None = None,
        awaits_second_step: bool = False,
    ) -> tuple[str, Session]:
        """A new session and the cookie value that opens it.

        Every authentication changes the cookie: one planted before sign-in opens nothing after it (session fixation).
        Where the member of `continuing` proved again who they are, the session keeps its id, so that its `sid` toward
        relying parties and the list of them go on, and it remembers what they proved before.
        """
        now = self.clock.now()
        cookie, session = self._made(
            member_id, member_epoch, now, by, continuing, awaits_second_step=awaits_second_step
        )
        place = secret_digest(cookie)
        # First of all, so that there is no session whose end would go unnoticed.
        self._remember(session, place, now)
        self._keep(session, place, continuing)
        return cookie, session

    def add(self, cookie: str, session: Session, by: Authentication) -> tuple[str, Session]:
        """The session that `cookie` opens with one more proof, and the new cookie that opens it instead.

        Raises:
            SessionOver: it has ended meanwhile, perhaps from elsewhere: a proof that comes late does not bring it back.
        """
        now = self.clock.now()
        renewed_cookie, renewed = self._made(session.member_id, session.member_epoch, now, by, session)
        former, place = secret_digest(cookie), secret_digest(renewed_cookie)
        # Kept before it moves: whoever ends the session from here on finds it where the index says it is.
        self._keep(renewed, place, session)
        if self.store.take(_key(former)) is None or not self._moved(renewed, former, place, now):
            self.store.delete(_key(place))
            raise SessionOver
        return renewed_cookie, renewed

    def _made(
        self,
        member_id: str,
        member_epoch: int,
        now: datetime,
        by: Authentication,
        continuing: Session | None,
        *,
        awaits_second_step: bool = False,
    ) -> tuple[str, Session]:
        cookie = url_token(self.randomness)
        session_id = continuing.id if continuing is not None else url_token(self.randomness, 16)
        begun_at = continuing.begun_at if continuing is not None else None
        session = Session(
            session_id,
            member_id,
            member_epoch,
            # A second factor alone says nothing of who is there: it is no sign-in.
            now if by.level > 0 or continuing is None else continuing.authenticated_at,
            remembered(continuing.authentications if continuing is not None else (), by),
            now + self.absolute,
            begun_at or now,
            self.device(),
            awaits_second_step,
        )
        return cookie, session

    def _keep(self, session: Session, place: str, continuing: Session | None) -> None:
        writes: list[Operation] = [Put(_key(place), session.packed(), self.idle)]
        if continuing is not None:
            writes += [self.participation(session, party) for party in sorted(self.participants(continuing))]
        self.store.write(*writes)

    def find(self, cookie: str | None) -> Session | None:
        """The session a cookie opens; being used, its idle time starts anew. One that awaits its second step is none
        yet, for anybody but the sign-in that asks for it (`unfinished`)."""
        session = self.unfinished(cookie)
        return None if session is None or session.awaits_second_step else session

    def unfinished(self, cookie: str | None) -> Session | None:
        """The same, or a session whose member has yet to take the second step."""
        if not cookie or len(cookie) != _COOKIE_LENGTH:
            return None
        octets = self.store.get_and_extend(_key(secret_digest(cookie)), self.idle)
        return self._alive(octets)

    def look(self, cookie: str | None) -> tuple[Session, timedelta] | None:
        """The session a cookie opens and how long it has left; looking at it does not prolong it."""
        if not cookie or len(cookie) != _COOKIE_LENGTH:
            return None
        key = _key(secret_digest(cookie))
        session, rest = self._alive(self.store.get(key)), self.store.rest(key)
        if session is None or rest is None or session.awaits_second_step:
            return None
        return session, min(rest, session.ends_at - self.clock.now())

    def end(self, cookie: str) -> None:
        """Forget the session a cookie opens. Who took part in it is told when its end is noticed, which is soon."""
        place = secret_digest(cookie)
        octets = self.store.take(_key(place))
        if octets is None or self.index is None:
            return
        with self.index.each_alone() as connection:
            session_index.look_now(connection, Session.unpacked(octets).id, place, self.clock.now())

    def shut(self, *places: str) -> None:
        """Let no cookie open the session any more; who took part in it is remembered."""
        self.store.delete(*{_key(place) for place in places})

    def close(self, entry: Indexed) -> None:
        """Forget a session and who took part in it: they have been told."""
        self.store.write(Delete(_key(entry.place)), Delete(_parties_key(entry.session_id)))

    def entry(self, cookie: str, session: Session) -> Indexed:
        """Where the session that a cookie opens is kept."""
        return _entry(session, secret_digest(cookie))

    def of_member(self, member_id: str) -> list[tuple[Indexed, Session]]:
        """A member's sessions that have not ended, in whatever browser, the newest first."""
        if self.index is None:
            return []
        with self.index.reading() as connection:
            entries = session_index.of_member(connection, member_id)
        held = self.alive(entries)
        return sorted(
            ((entry, session) for entry, session in held if session is not None and not session.awaits_second_step),
            key=lambda pair: pair[1].authenticated_at,
            reverse=True,
        )

    def alive(self, entries: Iterable[Indexed]) -> list[tuple[Indexed, Session | None]]:
        """Each of `entries` with its session, or None where that has ended; looking does not prolong any."""
        entries = list(entries)
        kept = self.store.get_many(*(_key(entry.place) for entry in entries))
        return [(entry, self._alive(octets)) for entry, octets in zip(entries, kept, strict=True)]

    def next_look(self, entry: Indexed) -> datetime:
        """When the session of `entry` will have ended if nobody uses it any more."""
        now = self.clock.now()
        return min(now + (self.store.rest(_key(entry.place)) or timedelta()), entry.ends_at)

    def participation(self, session: Session, relying_party_id: str) -> AddMember:
        """The write that remembers that a relying party took part; goes with the caller's other writes."""
        return AddMember(_parties_key(session.id), relying_party_id, self.absolute + _UNTIL_NOTICED)

    def participants(self, session: Session) -> frozenset[str]:
        """The relying parties that took part."""
        return self.participants_of(session.id)

    def participants_of(self, session_id: str) -> frozenset[str]:
        """The same, also of a session that has ended."""
        return self.store.members(_parties_key(session_id))

    def id_toward(self, session: Session, relying_party_id: str) -> str:
        """The session's `sid` toward one relying party."""
        return sid(session.id, relying_party_id)

    def handle(self, session: Session) -> str:
        """What a page calls a session by: it opens nothing, and nobody else's page has the same."""
        return self.digester.digest("session-handle", session.id)[:22]

    def _remember(self, session: Session, place: str, now: datetime) -> None:
        if self.index is None:
            return
        with self.index.transaction() as connection:
            session_index.put(connection, _entry(session, place), min(now + self.idle, session.ends_at))

    def _moved(self, session: Session, former: str, place: str, now: datetime) -> bool:
        if self.index is None:
            return True
        with self.index.transaction() as connection:
            entry, look_at = _entry(session, place), min(now + self.idle, session.ends_at)
            return session_index.move(connection, former, entry, look_at)

    def _alive(self, octets: bytes | None) -> Session | None:
        if octets is None:
            return None
        session = Session.unpacked(octets)
        return session if self.clock.now() < session.ends_at else None


def _entry(session: Session, place: str) -> Indexed:
    return Indexed(session.id, session.member_id, session.member_epoch, place, session.ends_at)


def _key(place: str) -> str:
    return f"session:{place}"


def _parties_key(session_id: str) -> str:
    return f"session-parties:{session_id}"
