"""Marking in a profile what its member has proven."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.members import store
from idp.members.claims import changed_claims
from idp.members.directory import Directory
from idp.members.profile import Profile
from idp.signals.security_events import TellAgencies, token_claims_change
from idp.storage.database import Database


def keep_proof(
    database: Database,
    directory: Directory,
    tell_agencies: TellAgencies,
    member_id: str,
    marked: Callable[[Profile], Profile | None],
    action: Action,
    at: datetime,
    *,
    address: str | None = None,
) -> bool:
    """Whether it stands in the profile now. `marked` gives the profile with the mark, or None where the proof is of
    something else than the profile says by now; `action` is written to the audit where the mark is new."""
    tell_agencies = tell_agencies.ready()
    with database.transaction() as connection:
        store.lock(connection, member_id)
        row = store.find(connection, member_id)
        profile = directory.profile(row) if row is not None else None
        if row is None or row.status != store.ACTIVE or row.data_key is None or profile is None:
            return False
        proven = marked(profile)
        if proven is None:
            return False
        if proven != profile:
            store.put_profile(connection, row, directory.sealed(row.data_key, row.id, proven), at)
            record(connection, Record(at, action, "member", row.id, address=address))
            if claims := changed_claims(profile, proven):
                tell_agencies(connection, row.id, (token_claims_change(at, claims),))
    return True
