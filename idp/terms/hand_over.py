"""What is kept of a member's answers when they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from idp.terms.models import terms_answers


class AnswersHandedOver:
    """Every answer to a document, in the order given, out of the live table."""

    category = "consents"

    def __call__(self, connection: Connection, member_id: str) -> Sequence[Mapping[str, Any]]:
        """The answers, each with the version and digest of the text it was about."""
        of_member = terms_answers.c.member_id == member_id
        rows = connection.execute(select(terms_answers).where(of_member).order_by(terms_answers.c.seq)).all()
        connection.execute(delete(terms_answers).where(of_member))
        return [
            {
                "document": row.document_id,
                "version": row.version,
                "sha256": row.sha256,
                "agreed": row.agreed,
                "at": row.at.isoformat(),
                "address": row.address,
                "channel": row.channel,
                "detail": row.detail,
            }
            for row in rows
        ]
