"""What messages say of a member that is theirs, put in when the message is signed. CAEP 1.0 §3.2; RISC 1.0 §2.5.

The outbox holds names of claims, and of a former address what only the member's own key opens. So no personal data is
left in it when the member leaves, what was agreed to at the moment of sending decides, and a message that waited for
days says what is true now.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from idp.agencies.catalogue import Catalogue
from idp.links import store as links
from idp.members.claims import claims, international
from idp.members.directory import Directory
from idp.members.store import MemberRow
from idp.signals.catalogue import EventType
from idp.signals.event_types import PERSONAL
from idp.storage.database import Database
from idp.transmitter.claim import Claimed


@dataclass(frozen=True, slots=True)
class PersonalParts:
    """Completes the rows that need it."""

    database: Database
    catalogue: Catalogue
    directory: Directory

    def __call__(self, row: Claimed) -> Claimed | None:
        """The row as it may be signed; None where nothing of it is the relying party's business any more.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        if row.event_type not in PERSONAL:
            return row
        party = self.catalogue.relying_party(row.relying_party_id)
        with self.database.reading() as connection:
            found = links.released_to(connection, row.subject, row.relying_party_id)
        if found is None or party is None:
            return None
        member, consented = found
        profile = self.directory.profile(member)
        released = {} if profile is None else claims(profile, consented & party.released)
        if row.event_type == EventType.TOKEN_CLAIMS_CHANGE:
            named = {name: released.get(name) for name in row.payload["claims"]}
            return replace(row, payload={**row.payload, "claims": named})
        return self._by_former_identifier(row, member, released)

    def _by_former_identifier(self, row: Claimed, member: MemberRow, released: Mapping[str, Any]) -> Claimed | None:
        claim = row.payload["identifier"]
        former = self.directory.identifier(member, base64.b64decode(row.payload["former"]))
        # Released no more, the former one is not either; the new one may be gone without that.
        if former is None or claim not in released:
            return None
        whose = (
            {"format": "email", "email": former}
            if claim == "email"
            else {"format": "phone_number", "phone_number": international(former)}
        )
        return replace(row, payload={"new-value": released[claim]}, sub_id=whose)
