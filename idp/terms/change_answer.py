"""Giving or withdrawing optional consent, at any time, the one as easily as the other (PIPA §37 ①, §38 ④)."""

from __future__ import annotations

from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import NotFound
from idp.members import store as members
from idp.storage.database import Database
from idp.terms import store
from idp.terms.current_terms import CurrentTerms
from idp.terms.document import Document

_CHANNEL = "account"


@dataclass(frozen=True, slots=True)
class ChangeAnswer:
    """Keeps a new answer to an optional document in force."""

    database: Database
    clock: Clock
    terms: CurrentTerms

    def documents(self, kind: str) -> tuple[Document, ...]:
        """What a member of `kind` may answer anew."""
        return tuple(document for document in self.terms().asked_of(kind) if not document.required)

    def __call__(
        self,
        member_id: str,
        kind: str,
        document_id: str,
        *,
        agreed: bool,
        address: str,
        language: str,
        channel: str = _CHANNEL,
        actor: str = "member",
    ) -> bool:
        """Whether it is a new answer; the same one to the same version is not written twice.

        Raises:
            NotFound: there is no such optional document for this member, or no such member any more.
        """
        document = next((each for each in self.documents(kind) if each.id == document_id), None)
        if document is None:
            raise NotFound("no such optional document")
        now = self.clock.now()
        with self.database.transaction() as connection:
            held = members.lock(connection, member_id)
            if held is None or held[1] != members.ACTIVE:
                raise NotFound("no such member")
            last = store.last_answers(connection, member_id).get(document.id)
            if last is not None and (last.version, last.agreed) == (document.version, agreed):
                return False
            answer = store.answer_row(
                member_id,
                document,
                agreed=agreed,
                at=now,
                address=address,
                language=language,
                channel=channel,
                detail={},
            )
            store.add_answers(connection, [answer])
            said: dict[str, str | int | bool | None] = {
                "document": document.id,
                "version": document.version,
                "agreed": agreed,
            }
            record(connection, Record(now, Action.TERMS_ANSWERED, actor, member_id, address=address, detail=said))
        return True
