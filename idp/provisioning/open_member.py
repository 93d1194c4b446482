"""Opening what is sent of a member, at the moment of sending."""

from __future__ import annotations

from dataclasses import dataclass, field

from idp.agencies.relying_party import RelyingParty
from idp.links import store as links
from idp.links.state import LinkState
from idp.members import store as members
from idp.members.directory import Directory
from idp.provisioning.due import Due
from idp.provisioning.remote import Remote
from idp.provisioning.user import Released
from idp.storage.database import Database

_REMOTE = "provisioning.remote"


@dataclass(frozen=True, slots=True)
class Opened:
    """What an agency may learn of a member now, the account as far as it is known, and the key that seals it."""

    released: Released
    remote: Remote | None
    data_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenMember:
    """Opens profiles. Blocks: runs on a thread."""

    database: Database
    directory: Directory

    def __call__(self, due: Due, party: RelyingParty) -> Opened | None:
        """None where the link is not in force, or the member cannot sign in: then nothing is sent.

        Raises:
            StoreUnavailable: the database did not answer.
            Undecipherable: the profile was sealed under a key that we do not have.
        """
        with self.database.reading() as connection:
            standing = links.standing(connection, due.member_id, due.agency_id, party.id)
            row = members.find(connection, due.member_id)
        if standing is None or not standing.member_active or standing.link is None or row is None:
            return None
        if standing.link.id != due.link_id or standing.link.state is not LinkState.LINKED:
            return None
        profile = self.directory.profile(row)
        if profile is None or row.data_key is None:
            return None
        released = Released(due.subject, due.link_id, profile, standing.consented & party.released)
        return Opened(released, self._remote(due, row.data_key), row.data_key)

    def seal(self, due: Due, data_key: bytes, remote: Remote) -> bytes:
        """What is kept of the account's name there: it dies with the member's data key."""
        return self.directory.cipher.seal(data_key, due.member_id, _REMOTE, remote.packed())

    def _remote(self, due: Due, data_key: bytes) -> Remote | None:
        if due.remote is None:
            return None
        return Remote.unpacked(self.directory.cipher.open(data_key, due.member_id, _REMOTE, due.remote))
