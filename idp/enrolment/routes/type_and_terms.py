"""Steps 1 and 2: what somebody will be, and what they agree to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.enrolment.draft import Draft, Journey, Kind
from idp.enrolment.guardian_record import GuardianDecision
from idp.enrolment.routes.wizard import Wizard
from idp.enrolment.steps import Step, warns_of_other_kind
from idp.terms.document import Document
from idp.web.translations import language


@dataclass(frozen=True, slots=True)
class TypeAndTerms:
    """회원유형, 약관 동의."""

    wizard: Wizard

    def type(self, draft: Draft) -> ResponseReturnValue:
        """Step 1. Another type than the relying party named is warned of, or refused where it wants that (REQ-07)."""
        if request.method == "GET":
            return self._type_page(draft)
        child = request.form.get("child") == "yes" and draft.journey is Journey.JOIN
        chosen = "person" if child else request.form.get("kind", "")
        if chosen not in (Kind.PERSON.value, Kind.ENTERPRISE.value):
            return self._type_page(draft, failure=_("회원유형을 선택해 주세요.")), 400
        kind = Kind(chosen)
        if (kind, child) != (draft.kind, draft.child):
            # What was proven and typed belongs to the other type.
            draft = self.wizard.changed(draft, **_nothing_yet(), kind=kind, child=child)
        draft = self.wizard.changed(draft, kind_confirmed=request.form.get("confirmed") == kind.value)
        if warns_of_other_kind(draft):
            return self._type_page(draft, warned=True), 409
        return self.wizard.to(draft, Step.TERMS)

    def terms(self, draft: Draft) -> ResponseReturnValue:
        """Step 2 (REQ-11…13)."""
        terms = self.wizard.terms()
        documents = terms.asked_of((draft.kind or Kind.PERSON).value, child=draft.child)
        if request.method == "GET":
            return self._terms_page(draft, documents, draft.choices or {})
        # By this button whoever has no scripts ticks them all; the box of the same words only ticks the others.
        everything = request.form.get("all") == "yes"
        choices = {document.id: everything or request.form.get(document.id) == "yes" for document in documents}
        if request.form.get("action") == "back":
            # Kept for the way back, and of no edition: nothing was agreed to yet.
            return self.wizard.to(self.wizard.changed(draft, choices=choices, edition=-1), Step.TYPE)
        missing = [document for document in documents if document.required and not choices[document.id]]
        if missing:
            return self._terms_page(draft, documents, choices, missing=missing), 400
        draft = self.wizard.changed(draft, choices=choices, edition=terms.edition)
        if draft.guardian is not None and not GuardianDecision.unpacked(draft.guardian).covers(documents):
            # A guardian agreed to other words than those in force now; they are asked again.
            draft = self.wizard.changed(draft, guardian=None, guardian_request=None)
        return self.wizard.to(draft, Step.IDENTITY)

    def _type_page(self, draft: Draft, *, failure: str | None = None, warned: bool = False) -> str:
        conversion = draft.conversion
        return self.wizard.page(
            "type.html",
            draft,
            Step.TYPE,
            failure=failure,
            warned=warned,
            expected=conversion.expected.value if conversion is not None else None,
            strict=conversion is not None and conversion.strict,
            origin=self.wizard.origin(draft),
        )

    def _terms_page(
        self,
        draft: Draft,
        documents: Sequence[Document],
        choices: Mapping[str, bool],
        *,
        missing: Sequence[Document] = (),
    ) -> str:
        return self.wizard.page(
            "terms.html",
            draft,
            Step.TERMS,
            documents=documents,
            choices=choices,
            missing=[document.id for document in missing],
            language=language(),
        )


def _nothing_yet() -> dict[str, object]:
    return {
        "choices": None,
        "business_number": None,
        "evidence": None,
        "details": None,
        "checked_login_id": None,
        "password_hash": None,
        "agencies": None,
        "accounts": (),
        "guardian": None,
        "guardian_request": None,
        "member": None,
        "typed": {},
    }
