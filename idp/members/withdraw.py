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
from idp.members.inform import Inform
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class Released:
    """The agencies that will be told, by id and by name; `receipt` is the path under which the member sees what each
    has heard."""

    agencies: tuple[str, ...]
    names: tuple[str, ...]
    receipt: str


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

    def __call__(
        self, member_id: str, *, actor: Actor = MEMBER, address: str | None = None, reason: str | None = None
    ) -> Released:
        """Who will be told, and the receipt. Links, sessions, credentials, data key and profile go together.
        `reason` is for the audit, where it was not the member who left.

        Raises:
            NotFound: there is no such member any more; of two withdrawals at once the second gets this.
        """
        now, release_links = self.clock.now(), self.release_links.ready()
        with self.database.transaction() as connection:
            held = store.lock(connection, member_id)
            if held is None or held[1] == store.WITHDRAWN:
                raise NotFound("no such member")
            released = release_links(connection, member_id, held[0], now, actor)
            if self.inform is not None:
                # While the address is still known.
                letter = Withdrawn(now, released.names, released.receipt)
                self.inform(connection, store.find(connection, member_id), letter)
            forget_member(connection, member_id)
            credentials.destroy(connection, member_id)
            store.destroy(connection, member_id, now)
            said: dict[str, str | int | bool | None] = {"agencies": len(released.agencies)}
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
