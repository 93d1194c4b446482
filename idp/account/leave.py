"""Leaving, put together for whoever ends memberships: what ends, what is kept, who is recognised later."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.catalogue import Catalogue
from idp.clock import Clock
from idp.crypto.digests import Digester
from idp.crypto.fields import FieldCipher
from idp.links.former_subjects import CATEGORY, FormerSubjects
from idp.links.hand_over import ConsentsHandedOver
from idp.links.stop import ReleaseAllLinks
from idp.members.archive import Archive
from idp.members.directory import Directory
from idp.members.inform import Inform
from idp.members.retention import RetentionRow, read
from idp.members.withdraw import Withdraw
from idp.randomness import Randomness
from idp.settings import Settings
from idp.storage.database import Database
from idp.terms.hand_over import AnswersHandedOver


@dataclass(frozen=True, slots=True)
class Leave:
    """What leaving needs, of one deployment."""

    settings: Settings
    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    cipher: FieldCipher
    digester: Digester

    @property
    def retention(self) -> tuple[RetentionRow, ...]:
        """The retention table.

        Raises:
            ConfigurationError: its file cannot be used.
        """
        return read(self.settings.retention_file)

    def by(self, inform: Inform) -> Withdraw:
        """The one verb by which members leave, whoever asks for it; `inform` writes to them."""
        rooms = (AnswersHandedOver(), ConsentsHandedOver())
        return Withdraw(
            self.database,
            self.clock,
            ReleaseAllLinks(self.randomness, self.catalogue, self.settings.leaving.receipts),
            inform,
            Archive(self.cipher, self.randomness, self.retention, rooms),
            self.former_subjects,
        )

    @property
    def former_subjects(self) -> FormerSubjects:
        """What recognises members who come back, where the retention table speaks of it."""
        kept_for = next((row.kept_for for row in self.retention if row.key == CATEGORY and row.keeps), None)
        directory = Directory(self.cipher, self.digester)
        return FormerSubjects(self.digester, directory, self.catalogue, kept_for)
