"""2단계 인증: turning it on and off, and codes for the day the phone is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials.known_devices import KnownDevices
from idp.credentials.one_time_codes import OneTimeCodes, matching_step
from idp.credentials.recovery_codes import RecoveryCodes
from idp.errors import NotFound
from idp.mail.letters import SecondStepChanged
from idp.members import store as members
from idp.members.inform import Inform
from idp.members.store import MemberRow
from idp.signals.security_events import (
    ChangeType,
    CredentialType,
    TellAgencies,
    credential_change,
    recovery_information_changed,
)
from idp.signin.password import WAY_BACK
from idp.signin.take_code import WrongCode
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class SecondStepState:
    """Since when it is on, or None; and how many recovery codes are unused."""

    since: datetime | None
    codes_left: int


@dataclass(frozen=True, slots=True)
class OwnSecondStep:
    """Every act on it, each a transaction that holds the member; of its end they are told by every channel on file."""

    database: Database
    clock: Clock
    codes: OneTimeCodes
    recovery: RecoveryCodes
    devices: KnownDevices
    inform: Inform
    tell_agencies: TellAgencies

    def state(self, member_id: str) -> SecondStepState:
        """How it stands."""
        with self.database.reading() as connection:
            return SecondStepState(
                self.codes.registered_at(connection, member_id), self.recovery.left(connection, member_id)
            )

    def turn_on(self, member_id: str, secret: str, typed: str, *, address: str) -> tuple[str, ...]:
        """The recovery codes, shown this once. The typed code proves that the app has the secret, and is spent.

        Raises:
            WrongCode: the app shows another one.
            AppRegistered: it is on already.
            NotFound: there is no such member any more.
        """
        now = self.clock.now()
        step = matching_step(secret, typed, now)
        if step is None:
            raise WrongCode
        tell_agencies = self.tell_agencies.ready()
        with self.database.transaction() as connection:
            row, data_key = held(connection, member_id)
            self.codes.register(connection, member_id, data_key, secret, step, now)
            made = self.recovery.renew(connection, member_id, now)
            self._changed(connection, row, Action.SECOND_STEP_TURNED_ON, now, address)
            added = credential_change(now, CredentialType.APP, ChangeType.CREATE)
            tell_agencies(connection, member_id, (added, recovery_information_changed(now)))
        return made

    def turn_off(self, member_id: str, *, address: str) -> None:
        """Ask for it no more, and forget app and codes.

        Raises:
            NotFound: it is off, or there is no such member any more.
        """
        now, tell_agencies = self.clock.now(), self.tell_agencies.ready()
        with self.database.transaction() as connection:
            row, _data_key = held(connection, member_id)
            if not self.codes.remove(connection, member_id):
                raise NotFound("no second step")
            self.recovery.remove(connection, member_id)
            # Whoever turns it on again, perhaps after a theft, is asked everywhere.
            self.devices.ask_everywhere(connection, member_id)
            self._changed(connection, row, Action.SECOND_STEP_TURNED_OFF, now, address)
            removed = credential_change(now, CredentialType.APP, ChangeType.DELETE)
            tell_agencies(connection, member_id, (removed, recovery_information_changed(now)))

    def renew_codes(self, member_id: str, *, address: str) -> tuple[str, ...]:
        """Ten new codes; those from before are good no more.

        Raises:
            NotFound: it is off, or there is no such member any more.
        """
        now, tell_agencies = self.clock.now(), self.tell_agencies.ready()
        with self.database.transaction() as connection:
            held(connection, member_id)
            if self.codes.registered_at(connection, member_id) is None:
                raise NotFound("no second step")
            made = self.recovery.renew(connection, member_id, now)
            record(connection, Record(now, Action.RECOVERY_CODES_RENEWED, "member", member_id, address=address))
            tell_agencies(connection, member_id, (recovery_information_changed(now),))
        return made

    def _changed(self, connection: Connection, row: MemberRow, action: Action, now: datetime, address: str) -> None:
        record(connection, Record(now, action, "member", row.id, address=address))
        on = action is Action.SECOND_STEP_TURNED_ON
        self.inform(connection, row, SecondStepChanged(now, turned_on=on, path=WAY_BACK))


def held(connection: Connection, member_id: str) -> tuple[MemberRow, bytes]:
    """The member, held until the transaction ends, and their data key.

    Raises:
        NotFound: there is no such member any more.
    """
    status = members.lock(connection, member_id)
    row = members.find(connection, member_id)
    if status is None or status[1] != members.ACTIVE or row is None or row.data_key is None:
        raise NotFound("no such member")
    return row, row.data_key
