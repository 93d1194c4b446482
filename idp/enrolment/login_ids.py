"""아이디 that cannot be chosen."""

from __future__ import annotations

from dataclasses import dataclass

from idp.members import store
from idp.members.directory import Directory
from idp.storage.database import Database

RESERVED = frozenset(
    ["admin", "administrator", "master", "operator", "webmaster", "system", "support", "helpdesk", "manager", "onepass"]
)
"""Names that would pass for ours (requirements C3)."""


@dataclass(frozen=True, slots=True)
class LoginIds:
    """Says whether a 아이디 is free; the last word is the database's, when the member is made (REQ-22)."""

    database: Database
    directory: Directory

    def taken(self, login_id: str) -> bool:
        """Whether it is somebody's, or reserved."""
        if login_id.replace(".", "").replace("_", "") in RESERVED:
            return True
        with self.database.reading() as connection:
            return store.login_id_is_taken(connection, self.directory.login_id_digest(login_id))
