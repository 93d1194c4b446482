"""Answering documents that changed since the member last agreed (REQ-13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import NotFound
from idp.members import store as members
from idp.storage.database import Database
from idp.terms import answer
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
        """What a member of `kind` is asked."""
        return self.terms().asked_of(kind)

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
        """Keep the answers.

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
            answer.keep(connection, member_id, terms.asked_of(kind), said, terms.edition, now)
            entry = Record(
                now, Action.TERMS_ANSWERED, actor, member_id, address=address, detail={"edition": terms.edition}
            )
            record(connection, entry)
