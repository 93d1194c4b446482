"""Browsers that a member has signed in with before, by a random cookie of which we keep a digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, exists, select, update
from sqlalchemy.exc import IntegrityError

from idp.credentials.models import known_devices
from idp.crypto.digests import Digester
from idp.errors import NotFound
from idp.randomness import Randomness, case_blind_token

SEEN_RESOLUTION = timedelta(days=1)
"""How exactly we know when a browser was last here; exactly would cost a write a sign-in."""
_MOST = 50
"""Of one member; beyond it the one that was away longest is forgotten, and is new when it comes again."""
_row = known_devices.c


@dataclass(frozen=True, slots=True)
class SparedDevice:
    """A browser at which the member is not asked for the second step."""

    id: str
    agent: str | None
    seen_at: datetime
    spared_until: datetime


@dataclass(frozen=True, slots=True)
class KnownDevices:
    """Every query on them, inside a transaction of the caller's."""

    digester: Digester
    randomness: Randomness

    def last_seen(self, connection: Connection, member_id: str, handle: str) -> datetime | None:
        """When this member was last known to be at this browser, about; None where they never were."""
        found: datetime | None = connection.execute(select(_row.seen_at).where(self._this(member_id, handle))).scalar()
        return found

    def seen(self, connection: Connection, member_id: str, handle: str, now: datetime) -> None:
        """Write down that they are there again."""
        connection.execute(update(known_devices).where(self._this(member_id, handle)).values(seen_at=now))

    def any_known(self, connection: Connection, member_id: str) -> bool:
        """Whether we know any browser of this member's."""
        return bool(connection.execute(select(exists().where(_row.member_id == member_id))).scalar())

    def new_id(self) -> str:
        """An id for a browser that will be learnt."""
        return case_blind_token(self.randomness)

    def learn(
        self, connection: Connection, device_id: str, member_id: str, handle: str, agent: str | None, now: datetime
    ) -> bool:
        """Know this browser from now on; whether it is news, to one of any number who say so at once."""
        values = {
            "id": device_id,
            "member_id": member_id,
            "digest": self._digest(member_id, handle),
            "agent": agent,
            "first_seen_at": now,
            "seen_at": now,
        }
        try:
            with connection.begin_nested():
                connection.execute(known_devices.insert().values(**values))
        except IntegrityError:
            return False
        kept = select(_row.id).where(_row.member_id == member_id).order_by(_row.seen_at.desc()).limit(_MOST)
        known = [found for (found,) in connection.execute(kept)]
        connection.execute(known_devices.delete().where(_row.member_id == member_id, _row.id.not_in(known)))
        return True

    def spare(self, connection: Connection, member_id: str, handle: str, until: datetime) -> None:
        """Ask the member for no second step at this browser until then."""
        connection.execute(update(known_devices).where(self._this(member_id, handle)).values(spared_until=until))

    def is_spared(self, connection: Connection, member_id: str, handle: str, now: datetime) -> bool:
        """Whether the member asked not to be asked at this browser."""
        return bool(
            connection.execute(select(exists().where(self._this(member_id, handle), _row.spared_until > now))).scalar()
        )

    def spared(self, connection: Connection, member_id: str, now: datetime) -> list[SparedDevice]:
        """The browsers at which the member is not asked, the latest first."""
        query = select(known_devices).where(_row.member_id == member_id, _row.spared_until > now)
        rows = connection.execute(query.order_by(_row.seen_at.desc()))
        return [SparedDevice(row.id, row.agent, row.seen_at, row.spared_until) for row in rows]

    def ask_again(self, connection: Connection, member_id: str, device_id: str) -> None:
        """Ask at this browser again.

        Raises:
            NotFound: the member has none of this id.
        """
        mine = (_row.id == device_id) & (_row.member_id == member_id)
        if connection.execute(update(known_devices).where(mine).values(spared_until=None)).rowcount == 0:
            raise NotFound("no such device")

    def ask_everywhere(self, connection: Connection, member_id: str) -> None:
        """Ask at every browser again."""
        connection.execute(update(known_devices).where(_row.member_id == member_id).values(spared_until=None))

    def forget(self, connection: Connection, member_id: str, device_id: str) -> None:
        """Know this browser no more: it was not the member's."""
        connection.execute(known_devices.delete().where(_row.member_id == member_id, _row.id == device_id))

    def _this(self, member_id: str, handle: str) -> ColumnElement[bool]:
        return (_row.member_id == member_id) & (_row.digest == self._digest(member_id, handle))

    def _digest(self, member_id: str, handle: str) -> str:
        return self.digester.digest("credentials.device", f"{member_id}:{handle}")
