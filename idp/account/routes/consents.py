"""동의 내역: what was agreed to, in which words, when; what can be given or withdrawn (C21)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.account.routes.frame import Frame
from idp.agencies.catalogue import Catalogue
from idp.errors import BadRequest, NotFound
from idp.links.given_consents import given_consents
from idp.signin.released_items import items
from idp.storage.database import Database
from idp.terms import store as terms
from idp.terms.change_answer import ChangeAnswer
from idp.web.browser import address
from idp.web.redirects import see_other
from idp.web.translations import language

PAGE_SIZE = 10
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ConsentPages:
    """Answers to documents, and consents to relying parties."""

    frame: Frame
    database: Database
    catalogue: Catalogue
    change_answer: ChangeAnswer

    def show(self) -> ResponseReturnValue:
        """Both histories, newest first; what may be answered anew, above them."""
        visitor = self.frame.visitor("consents")
        member_id = visitor.session.member_id
        before, given_before = page_mark("before"), page_mark("given_before")
        with self.database.reading() as connection:
            answers = terms.answers(connection, member_id, before=before, limit=PAGE_SIZE + 1)
            given = given_consents(connection, member_id, before=given_before, limit=PAGE_SIZE + 1)
            last = terms.last_answers(connection, member_id)
            titles = {(row.document_id, row.version): "" for row in answers[:PAGE_SIZE]}
            for document_id, number in titles:
                document = terms.version(connection, document_id, number)
                titles[document_id, number] = document.text(language()).title if document else document_id
        snapshot = self.catalogue.snapshot()
        released = []
        for each in given[:PAGE_SIZE]:
            agency = snapshot.agencies.get(each.agency_id)
            known = items(each.scopes, person=visitor.kind == "person")
            released.append(
                (each, agency.name if agency else each.agency_id, snapshot.name_of(each.relying_party_id), known)
            )
        return render_template(
            "account/consents.html",
            optional=[
                (document, document.text(language()), last.get(document.id))
                for document in self.change_answer.documents(visitor.kind)
            ],
            answers=[(row, titles[row.document_id, row.version]) for row in answers[:PAGE_SIZE]],
            channels=_channels(),
            older_answer=answers[PAGE_SIZE - 1].seq if len(answers) > PAGE_SIZE else None,
            paged=before is not None,
            released=released,
            released_older=given[PAGE_SIZE - 1].number if len(given) > PAGE_SIZE else None,
            released_paged=given_before is not None,
        )

    def text(self, document_id: str, number: int) -> ResponseReturnValue:
        """A document in the words that this member was asked."""
        visitor = self.frame.visitor("consents")
        with self.database.reading() as connection:
            asked = number < _LARGEST and terms.has_answered(connection, visitor.session.member_id, document_id, number)
            document = terms.version(connection, document_id, number) if asked else None
        if document is None:
            raise NotFound("not a document this member answered")
        return render_template("account/consent_text.html", document=document, words=document.text(language()))

    def answer(self, document_id: str) -> ResponseReturnValue:
        """동의 or 동의 철회: one press either way."""
        visitor = self.frame.visitor("consents")
        decision = request.form.get("decision")
        if decision not in {"give", "withdraw"}:
            raise BadRequest("no decision")
        self.change_answer(
            visitor.session.member_id,
            visitor.kind,
            document_id,
            agreed=decision == "give",
            address=address(request),
            language=language(),
        )
        return see_other(url_for("account.consents"))


def page_mark(name: str) -> int | None:
    """Where the page before this one ended, as the address says; what is no such mark begins anew."""
    mark = request.args.get(name, type=int)
    return mark if mark is not None and 0 < mark <= _LARGEST else None


def _channels() -> dict[str, str]:
    return {
        "join": _("회원가입"),
        "convert": _("회원 전환"),
        "sign_in": _("로그인"),
        "account": _("동의 내역"),
    }
