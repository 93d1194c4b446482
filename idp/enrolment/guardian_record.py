"""What is kept of a guardian's decision, under the child's own data key (PIPA §22의2, Decree §17의2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from idp.crypto.digests import secret_digest
from idp.crypto.fields import FieldCipher
from idp.enrolment.models import guardian_consents
from idp.randomness import Randomness, case_blind_token
from idp.terms.document import Document

_PURPOSE = "enrolment.guardian"


@dataclass(frozen=True, slots=True)
class GuardianDecision:
    """Who decided, how they were confirmed, what they read. Instants are ISO 8601 in UTC, `birth_date` YYYY-MM-DD."""

    name: str
    birth_date: str
    ci_digest: str
    relation: str
    contact: str
    method: str
    provider: str
    transaction: str
    simulated: bool
    documents: tuple[tuple[str, int, str], ...]
    """Id, version and SHA-256 of each document agreed to."""
    decided_at: str
    address: str
    agent: str
    notified_at: str
    notified_by: str
    request: str = ""
    """Names the request, in the audit too."""
    language: str = "ko"
    """What the guardian read, and is written to in."""
    child_turns_14: str = ""
    """From this day on the member's own consent is what counts."""

    def packed(self) -> str:
        """As text."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> GuardianDecision:
        """From text we packed."""
        values: dict[str, Any] = json.loads(text)
        documents = tuple((name, version, digest) for name, version, digest in values["documents"])
        return cls(**{**values, "documents": documents})

    def lapsed_by(self, today: date) -> bool:
        """Whether the child has turned 14 by `today`, so that this carries nothing any more."""
        return bool(self.child_turns_14) and self.child_turns_14 <= today.isoformat()

    def covers(self, documents: Iterable[Document]) -> bool:
        """Whether the guardian read every required one of `documents` in the version that is in force."""
        read = {digest for _id, _version, digest in self.documents}
        return all(document.sha256 in read for document in documents if document.required)

    def allows(self, choices: Mapping[str, bool], documents: Iterable[Document]) -> dict[str, bool]:
        """`choices` without the optional documents that the child agreed to and the guardian did not."""
        read = {digest for _id, _version, digest in self.documents}
        allowed = {document.id for document in documents if document.sha256 in read}
        return {name: agreed and name in allowed for name, agreed in choices.items()}


@dataclass(frozen=True, slots=True)
class GuardianRecords:
    """Keeps decisions; append-only."""

    cipher: FieldCipher
    randomness: Randomness

    def keep(
        self,
        connection: Connection,
        member_id: str,
        data_key: bytes,
        decision: str,
        at: datetime,
        *,
        link: str | None = None,
    ) -> None:
        """Write a packed decision beside the child's membership; `link` is the token by which the guardian comes
        back."""
        connection.execute(
            insert(guardian_consents).values(
                id=case_blind_token(self.randomness),
                member_id=member_id,
                record=self.cipher.seal(data_key, member_id, _PURPOSE, decision.encode()),
                decided_at=at,
                link_digest=secret_digest(link) if link is not None else None,
            )
        )

    def of_member(self, connection: Connection, member_id: str, data_key: bytes) -> list[GuardianDecision]:
        """A child's guardians' decisions, oldest first."""
        rows = connection.execute(
            select(guardian_consents.c.record)
            .where(guardian_consents.c.member_id == member_id)
            .order_by(guardian_consents.c.decided_at)
        )
        return [self.opened(member_id, data_key, row.record) for row in rows]

    def opened(self, member_id: str, data_key: bytes, record: bytes) -> GuardianDecision:
        """One decision, as it was kept."""
        return GuardianDecision.unpacked(self.cipher.open(data_key, member_id, _PURPOSE, record).decode())

    def of_link(self, connection: Connection, token: str) -> tuple[str, bytes] | None:
        """The child behind a guardian's link, and the decision as kept; None where no link is."""
        row = connection.execute(
            select(guardian_consents.c.member_id, guardian_consents.c.record).where(
                guardian_consents.c.link_digest == secret_digest(token)
            )
        ).one_or_none()
        return None if row is None else (row.member_id, row.record)

    def of_the_young(self, connection: Connection, *, after: str, limit: int) -> list[tuple[str, str, bytes]]:
        """Id, child and decision of a page of those not yet noted to have turned 14, in the order of their ids.

        Their birthdays lie sealed, so that the database tells nobody's age: they are opened one by one.
        """
        rows = connection.execute(
            select(guardian_consents.c.id, guardian_consents.c.member_id, guardian_consents.c.record)
            .where(guardian_consents.c.turned_14_at.is_(None), guardian_consents.c.id > after)
            .order_by(guardian_consents.c.id)
            .limit(limit)
        )
        return [(row.id, row.member_id, row.record) for row in rows]

    def note_turned_14(self, connection: Connection, member_id: str, at: datetime) -> bool:
        """Whether this was the first to note it."""
        noted = connection.execute(
            update(guardian_consents)
            .where(guardian_consents.c.member_id == member_id, guardian_consents.c.turned_14_at.is_(None))
            .values(turned_14_at=at)
        )
        return noted.rowcount > 0
