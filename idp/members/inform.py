"""Writing a member a letter, by every channel they gave us and the letter is written for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection

from idp.mail.letters import AnyLetter
from idp.mail.post import Message, Post
from idp.mail.recipients import EmailAddress, MobileNumber, Recipient, UnusableRecipient
from idp.members.directory import Directory
from idp.members.profile import PersonProfile, Profile
from idp.members.store import MemberRow

# Never written to: what is queued for it is undone.
_NOBODY = PersonProfile("nobody", "", "nobody@nowhere.invalid", "01000000000")


@dataclass(frozen=True, slots=True)
class Inform:
    """Queues letters inside the transaction of what they tell about."""

    post: Post
    directory: Directory

    def __call__(self, connection: Connection, row: MemberRow | None, letter: AnyLetter) -> int:
        """How many messages wait to be sent. With nobody to write to, the same work is done and undone: an answer must
        not come sooner where there is no such member (REQ-39, REQ-43)."""
        profile = self.directory.profile(row) if row is not None else None
        if row is None or profile is None:
            undone = connection.begin_nested()
            self._queue(connection, _NOBODY, letter, None)
            undone.rollback()
            return 0
        return self._queue(connection, profile, letter, row.id)

    def everywhere(self, connection: Connection, member_id: str, profiles: Iterable[Profile], letter: AnyLetter) -> int:
        """How many messages wait to be sent to every channel that any of `profiles` names: where a channel was changed,
        whoever had the old one must hear of it, and whoever has the new one may not be the member."""
        reached = {recipient.text: recipient for profile in profiles for recipient in recipients(profile)}
        wanted = [each for each in reached.values() if each.channel in letter.channels]
        for recipient in wanted:
            self.post(connection, Message(recipient, letter, member_id=member_id))
        return len(wanted)

    def _queue(self, connection: Connection, profile: Profile, letter: AnyLetter, member_id: str | None) -> int:
        queued = 0
        for recipient in recipients(profile):
            if recipient.channel in letter.channels:
                self.post(connection, Message(recipient, letter, member_id=member_id))
                queued += 1
        return queued


def recipients(profile: Profile) -> Iterator[Recipient]:
    """The channels on file, proven or not: a letter that tells gives nothing away that its reader could use. One that
    lets its reader in goes to a proven address only, and whoever sends it sees to that."""
    with suppress(UnusableRecipient):
        yield EmailAddress(profile.email)
    # An enterprise's number, and an old member's, may be one that gets no SMS.
    with suppress(UnusableRecipient):
        yield MobileNumber(profile.phone or "")
