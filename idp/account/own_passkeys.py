"""패스키: registering, naming and removing a member's own."""

from __future__ import annotations

from dataclasses import dataclass

from idp.account.own_second_step import held
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials.passkey_answer import read
from idp.credentials.passkey_ceremonies import Occasion, PasskeyCeremonies
from idp.credentials.passkey_refusals import PasskeyRefused, TooManyPasskeys
from idp.credentials.passkeys import NamedPasskey, Passkeys, PasskeyTaken
from idp.errors import NotFound
from idp.mail.letters import PasskeyChanged
from idp.members import store as members
from idp.members.inform import Inform
from idp.signals.security_events import ChangeType, TellAgencies, credential_change, passkey_type
from idp.storage.database import Database

_WHERE = "/account/second-step"


@dataclass(frozen=True, slots=True)
class OwnPasskeys:
    """Every act on them, each a transaction that holds the member. Whoever registers one comes back without a password,
    so of each the member is told by every channel on file."""

    database: Database
    clock: Clock
    ceremonies: PasskeyCeremonies
    passkeys: Passkeys
    inform: Inform
    tell_agencies: TellAgencies

    def listed(self, member_id: str) -> list[NamedPasskey]:
        """The oldest first."""
        with self.database.reading() as connection:
            row = members.find(connection, member_id)
            if row is None or row.data_key is None:
                return []
            return self.passkeys.named(connection, member_id, row.data_key)

    def one(self, member_id: str, row_id: str) -> NamedPasskey:
        """One of them.

        Raises:
            NotFound: the member has none of this id.
        """
        found = next((each for each in self.listed(member_id) if each.id == row_id), None)
        if found is None:
            raise NotFound("no such passkey")
        return found

    def ask(self, at: Occasion, member_id: str, account: str) -> str:
        """What the browser's authenticator is asked, as JSON; `account` is what it will list the member as."""
        with self.database.reading() as connection:
            had = self.passkeys.of_member(connection, member_id)
        return self.ceremonies.registration(at, member_id, account, had)

    def register(self, at: Occasion, member_id: str, answer: str, *, address: str) -> str:
        """The row id of what was made.

        Raises:
            PasskeyRefused: one of its leaves says why not.
            PasskeyTaken: somebody registered it before.
            NotFound: there is no such member any more.
        """
        tell_agencies = self.tell_agencies.ready()
        try:
            made = self.ceremonies.registered(at, read(answer))
            with self.database.transaction() as connection:
                row, data_key = held(connection, member_id)
                if self.passkeys.count(connection, member_id) >= self.ceremonies.policy.most:
                    raise TooManyPasskeys("as many as one may have")
                now = self.clock.now()
                row_id = self.passkeys.register(connection, member_id, data_key, made, "", now)
                detail = {"passkey": row_id, "aaguid": made.aaguid}
                entry = Record(now, Action.PASSKEY_REGISTERED, "member", member_id, address=address, detail=detail)
                record(connection, entry)
                self.inform(connection, row, PasskeyChanged(now, registered=True, path=_WHERE))
                added = credential_change(now, passkey_type(made.transports), ChangeType.CREATE)
                tell_agencies(connection, member_id, (added,))
        except (PasskeyRefused, PasskeyTaken) as refusal:
            detail = {"failure": refusal.code}
            now = self.clock.now()
            with self.database.each_alone() as connection:
                record(
                    connection,
                    Record(now, Action.PASSKEY_REFUSED, "member", member_id, address=address, detail=detail),
                )
            raise
        return row_id

    def rename(self, member_id: str, row_id: str, name: str, *, address: str) -> None:
        """Call one what its member wants.

        Raises:
            NotFound: the member, or a passkey of theirs of this id, is not there.
        """
        with self.database.transaction() as connection:
            _row, data_key = held(connection, member_id)
            self.passkeys.rename(connection, member_id, data_key, row_id, name)
            detail = {"passkey": row_id}
            entry = Record(
                self.clock.now(), Action.PASSKEY_RENAMED, "member", member_id, address=address, detail=detail
            )
            record(connection, entry)

    def remove(self, member_id: str, row_id: str, *, address: str) -> None:
        """Forget one; from now on it signs nobody in.

        Raises:
            NotFound: the member, or a passkey of theirs of this id, is not there.
        """
        tell_agencies = self.tell_agencies.ready()
        with self.database.transaction() as connection:
            row, _data_key = held(connection, member_id)
            gone = self.passkeys.remove(connection, member_id, row_id)
            now, detail = self.clock.now(), {"passkey": row_id}
            record(connection, Record(now, Action.PASSKEY_REMOVED, "member", member_id, address=address, detail=detail))
            self.inform(connection, row, PasskeyChanged(now, registered=False, path=_WHERE))
            removed = credential_change(now, passkey_type(gone), ChangeType.DELETE)
            tell_agencies(connection, member_id, (removed,))
