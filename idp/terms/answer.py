"""Keeping what a member answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from idp.errors import BadRequest
from idp.members import store as members
from idp.terms import store
from idp.terms.document import Document


class NotAgreed(BadRequest):
    """A required document was not agreed to (REQ-11)."""

    code = "required_terms_not_agreed"


@dataclass(frozen=True, slots=True)
class Answers:
    """Choices by document id, and how they were made. `detail` goes with third-party consent: the recipients."""

    choices: Mapping[str, bool]
    language: str
    channel: str
    address: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def keep(
    connection: Connection,
    member_id: str,
    documents: tuple[Document, ...],
    answers: Answers,
    edition: int,
    at: datetime,
) -> None:
    """Write every choice with the version it was about, inside the caller's transaction.

    Raises:
        NotAgreed: a required document is missing or refused.
    """
    refused = [document.id for document in documents if document.required and not answers.choices.get(document.id)]
    if refused:
        raise NotAgreed(f"not agreed: {', '.join(refused)}")
    store.add_answers(
        connection,
        [
            store.answer_row(
                member_id,
                document,
                agreed=bool(answers.choices.get(document.id)),
                at=at,
                address=answers.address,
                language=answers.language,
                channel=answers.channel,
                detail=answers.detail,
            )
            for document in documents
        ],
    )
    members.agreed_to_edition(connection, member_id, edition)
