"""Whether the verified person or enterprise is a member already."""

from __future__ import annotations

from dataclasses import dataclass

from idp.members.directory import Directory
from idp.storage.database import Database
from idp.verification.evidence import Evidence, Holder


@dataclass(frozen=True, slots=True)
class KnownMember:
    """Looks verified people up; of people who were not verified it tells nothing (REQ-43)."""

    database: Database
    directory: Directory

    def __call__(self, evidence: Evidence) -> str | None:
        """The member that this very person or enterprise is, if they are one (REQ-18, REQ-36)."""
        with self.database.reading() as connection:
            if evidence.holder is Holder.BUSINESS:
                number = evidence.business_number
                return self.directory.enterprise_id(connection, number) if number is not None else None
            return self.directory.person_id(connection, evidence.ci) if evidence.ci is not None else None
