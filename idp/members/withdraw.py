"""Leaving: one transaction after which the member is a stranger and every agency will be told (REQ-76…81)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from idp.audit.actions import Action
from idp.audit.actor import MEMBER, Actor
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials import store as credentials
from idp.errors import NotFound, StoreUnavailable
from idp.mail.letters import Withdrawn
from idp.mail.post import forget_member
from idp.members import store
from idp.members.archive import Archive
from idp.members.inform import Inform
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class Released:
    """The agencies that will be told, by id and by name; `receipt` is the path under which the member sees what each
    has heard."""

    agencies: tuple[str, ...]
    names: tuple[str, ...]
    receipt: str

    @property
    def token(self) -> str:
        """What is unguessable in the receipt's path."""
        return self.receipt.rpartition("/")[2]


class KeepSubjects(Protocol):
    """Keeps under which subjects a member was known, for when they come back; supplied from above."""

    def ready(self) -> KeepSubjects:
        """The same with everything looked up that would take a second connection."""
        ...

    def keep(self, connection: Connection, member_id: str, at: datetime) -> int:
        """Keep them; how many."""
        ...


class ReleaseLinks(Protocol):
    """Ends every link of a member inside the given transaction and queues what must be told; supplied from above."""

    def ready(self) -> ReleaseLinks:
        """The same with everything looked up that would take a second connection; call before the transaction.
        Withdrawals that each hold one and wait for another would otherwise empty the pool and stand still."""
        ...

    def __call__(self, connection: Connection, member_id: str, kind: str, at: datetime, actor: Actor) -> Released:
        """What was ended."""
        ...


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Ends a membership. The caller has re-authenticated the member (REQ-81)."""

    database: Database
    clock: Clock
    release_links: ReleaseLinks
    inform: Inform | None = None
    """Writes the receipt; without it none is written."""
    archive: Archive | None = None
    """Keeps what must be kept; without it nothing is."""
    subjects: KeepSubjects | None = None
    """Keeps subjects for members who ask for it."""

    def __call__(
        self,
        member_id: str,
        *,
        actor: Actor = MEMBER,
        address: str | None = None,
        reason: str | None = None,
        keep_subjects: bool = False,
        due_by: datetime | None = None,
    ) -> Released:
        """Who will be told, and the receipt. Links, sessions, credentials, data key and profile go together.
        `reason` is for the audit, where it was not the member who left; `keep_subjects`: the member wishes to be
        recognised when they join again. `due_by`: withdraw only whose days to think it over are over by then, and who
        could have said that they stay.

        Raises:
            NotFound: there is no such member any more; of two withdrawals at once the second gets this.
        """
        now, release_links = self.clock.now(), self.release_links.ready()
        subjects = self.subjects.ready() if self.subjects is not None and keep_subjects else None
        with self.database.transaction() as connection:
            held = store.lock(connection, member_id)
            if held is None or held[1] == store.WITHDRAWN:
                raise NotFound("no such member")
            if due_by is not None:
                _refuse_early(held[1], store.leaves_at(connection, member_id), due_by)
            released = release_links(connection, member_id, held[0], now, actor)
            if self.inform is not None:
                # While the address is still known.
                letter = Withdrawn(now, released.names, released.receipt)
                self.inform(connection, store.find(connection, member_id), letter)
            forget_member(connection, member_id)
            said: dict[str, str | int | bool | None] = {"agencies": len(released.agencies)}
            if self.archive is not None:
                left = {"kind": held[0], "at": now.isoformat(), "by": str(actor)}
                self.archive.keep(connection, member_id, released.token, left, now)
            if subjects is not None:
                said["subjects_kept"] = subjects.keep(connection, member_id, now)
            credentials.destroy(connection, member_id)
            store.destroy(connection, member_id, now)
            if reason is not None:
                said["reason"] = reason
            entry = Record(now, Action.MEMBER_WITHDREW, str(actor), member_id, address=address, detail=said)
            record(connection, entry)
        self._forget()
        return released

    def _forget(self) -> None:
        # The member has left whatever comes of this; the worker tries again soon.
        with suppress(StoreUnavailable):
            self.database.forget_overwritten()


def _refuse_early(status: str, leaves_at: datetime | None, by: datetime) -> None:
    if status != store.ACTIVE or leaves_at is None or leaves_at > by:
        raise NotFound("the member stays")
