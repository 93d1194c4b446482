"""The values of a token-claims-change, looked up when it is signed. CAEP 1.0 §3.2.

The outbox holds names only. So no personal data lies in it when the member leaves, what was agreed to at the moment of
sending decides, and a message that waited for days says what is true now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.agencies.catalogue import Catalogue
from idp.links import store as links
from idp.members.claims import claims
from idp.members.directory import Directory
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class CurrentClaims:
    """What one relying party may know of one member."""

    database: Database
    catalogue: Catalogue
    directory: Directory

    def __call__(self, subject: str, relying_party_id: str) -> Mapping[str, Any] | None:
        """Every claim released to it, None where the link is not in force.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        party = self.catalogue.relying_party(relying_party_id)
        with self.database.reading() as connection:
            found = links.released_to(connection, subject, relying_party_id)
        if found is None or party is None:
            return None
        member, consented = found
        profile = self.directory.profile(member)
        return None if profile is None else claims(profile, consented & party.released)
