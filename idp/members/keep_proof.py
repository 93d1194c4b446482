"""Marking in a profile what its member has proven."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.members import store
from idp.members.directory import Directory
from idp.members.profile import Profile
from idp.storage.database import Database


def keep_proof(
    database: Database,
    directory: Directory,
    member_id: str,
    marked: Callable[[Profile], Profile | None],
    action: Action,
    at: datetime,
    *,
    address: str | None = None,
) -> bool:
    """Whether it stands in the profile now. `marked` gives the profile with the mark, or None where the proof is of
    something else than the profile says by now; `action` is written to the audit where the mark is new."""
    with database.transaction() as connection:
        store.lock(connection, member_id)
        row = store.find(connection, member_id)
        profile = directory.profile(row) if row is not None else None
        if row is None or row.data_key is None or profile is None:
            return False
        proven = marked(profile)
        if proven is None:
            return False
        if proven != profile:
            store.put_profile(connection, row, directory.sealed(row.data_key, row.id, proven), at)
            record(connection, Record(at, action, "member", row.id, address=address))
    return True
