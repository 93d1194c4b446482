"""Leaving, wired: what ends, what is kept, and what is remembered for those who come back."""

from __future__ import annotations

from idp.house import House
from idp.links.former_subjects import CATEGORY, FormerSubjects
from idp.links.hand_over import ConsentsHandedOver
from idp.links.stop import ReleaseAllLinks
from idp.members.archive import Archive
from idp.members.inform import Inform
from idp.members.retention import RetentionRow, read
from idp.members.withdraw import Withdraw
from idp.terms.hand_over import AnswersHandedOver


def retention(house: House) -> tuple[RetentionRow, ...]:
    """The retention table.

    Raises:
        ConfigurationError: its file cannot be used.
    """
    return read(house.settings.retention_file)


def withdrawing(house: House, inform: Inform) -> Withdraw:
    """The one verb by which members leave, whoever asks for it."""
    return Withdraw(
        house.database,
        house.clock,
        ReleaseAllLinks(house.randomness, house.catalogue, house.settings.leaving.receipts),
        inform,
        Archive(house.cipher, house.randomness, retention(house), (AnswersHandedOver(), ConsentsHandedOver())),
        former_subjects(house),
    )


def former_subjects(house: House) -> FormerSubjects:
    """What recognises members who come back, where the retention table speaks of it."""
    kept_for = next((row.kept_for for row in retention(house) if row.key == CATEGORY and row.keeps), None)
    return FormerSubjects(house.digester, house.directory, house.catalogue, kept_for)
