"""Answering documents that changed since the member last agreed (REQ-13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import NotFound
from idp.members import store as members
from idp.storage.database import Database
from idp.terms import answer, store
from idp.terms.answer import Answers
from idp.terms.current_terms import CurrentTerms
from idp.terms.document import Document


@dataclass(frozen=True, slots=True)
class RenewTerms:
    """Keeps a member's answers to the terms in force."""

    database: Database
    clock: Clock
    terms: CurrentTerms

    def documents(self, kind: str) -> tuple[Document, ...]:
        """What a member of `kind` is asked who was asked nothing yet."""
        return self.terms().asked_of(kind)

    def outstanding(self, member_id: str, kind: str) -> tuple[Document, ...]:
        """What the member has not answered in the version in force. An answer to what did not change stands: asked
        again, somebody who ticks only what they must would take back consent without meaning to."""
        with self.database.reading() as connection:
            return _outstanding(connection, member_id, self.terms().asked_of(kind))

    def __call__(
        self,
        member_id: str,
        kind: str,
        choices: Mapping[str, bool],
        *,
        address: str | None,
        language: str,
        channel: str = "sign_in",
        actor: str = "member",
    ) -> None:
        """Keep the answers to what is outstanding.

        Raises:
            NotAgreed: a required document was refused; nothing was kept.
            NotFound: the member has withdrawn meanwhile.
        """
        now, terms = self.clock.now(), self.terms()
        with self.database.transaction() as connection:
            held = members.lock(connection, member_id)
            if held is None or held[1] != members.ACTIVE:
                raise NotFound("no such member")
            said = Answers(choices, language, channel, address)
            asked = _outstanding(connection, member_id, terms.asked_of(kind))
            answer.keep(connection, member_id, asked, said, terms.edition, now)
            entry = Record(
                now, Action.TERMS_ANSWERED, actor, member_id, address=address, detail={"edition": terms.edition}
            )
            record(connection, entry)


def _outstanding(connection: Connection, member_id: str, asked: tuple[Document, ...]) -> tuple[Document, ...]:
    said = store.last_answers(connection, member_id)
    return tuple(each for each in asked if not _stands(each, said.get(each.id)))


def _stands(document: Document, said: Row[Any] | None) -> bool:
    return said is not None and said.version == document.version and (said.agreed or not document.required)
