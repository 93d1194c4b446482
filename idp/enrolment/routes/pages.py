"""The door: where enrolment begins, and which step an address means."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from idp.enrolment.draft import Draft
from idp.enrolment.drafts import DraftExpired
from idp.enrolment.routes.agencies import AgenciesStep
from idp.enrolment.routes.convert_member import ANSWER_PATH, ConvertMemberPages
from idp.enrolment.routes.details import DetailsStep
from idp.enrolment.routes.guardian_step import GuardianStep
from idp.enrolment.routes.identity import IdentityStep
from idp.enrolment.routes.type_and_terms import TypeAndTerms
from idp.enrolment.routes.wizard import Wizard
from idp.enrolment.steps import COUNT, Step
from idp.signin.pending import PageExpired, PendingSignIns
from idp.web.errors import error_page
from idp.web.get_only import get_only
from idp.web.redirects import see_other

_LAST = "draft"


@dataclass(frozen=True, slots=True)
class EnrolmentPages:
    """Everything under `/join`."""

    wizard: Wizard
    pending: PendingSignIns
    type_and_terms: TypeAndTerms
    identity: IdentityStep
    guardian: GuardianStep
    details: DetailsStep
    agencies: AgenciesStep
    member: ConvertMemberPages

    def blueprint(self) -> Blueprint:
        """The pages under `/join`."""
        pages = Blueprint("enrolment", __name__, template_folder="../templates", url_prefix="/join")
        get_only(pages)
        pages.add_url_rule("/", view_func=self.start, methods=["GET", "POST"])
        pages.add_url_rule("/<draft_id>/<int:number>", endpoint="step", view_func=self.step, methods=["GET", "POST"])
        pages.add_url_rule("/<draft_id>/verified", endpoint="verified", view_func=self.verified)
        pages.add_url_rule(
            "/<draft_id>/member", endpoint="member", view_func=self.convert_member, methods=["GET", "POST"]
        )
        answer = ANSWER_PATH.removeprefix("/join")
        pages.add_url_rule(f"{answer}/<pending_id>", endpoint="member_answer", view_func=self.member.answer)
        pages.register_error_handler(DraftExpired, _expired)
        return pages

    def start(self) -> ResponseReturnValue:
        """A new draft, or the question whether to go on with the one left in this browser."""
        left = self._left()
        if left is not None and request.method == "GET":
            return self.wizard.resume_page(left, request.full_path)
        if left is not None and request.form.get("decision") == "resume":
            # Back to the page they came from this time, not to one that has long gone.
            return self.wizard.to(self.wizard.changed(left, **self._origin()), Step.DONE)
        draft = self.begin(**self._origin())
        return self.wizard.to(draft, Step.TYPE)

    def begin(self, **known: object) -> Draft:
        """A new draft in this browser, remembered so that it can be found again."""
        draft = self.wizard.drafts.start(self.wizard.browser.mark(), **known)
        session[_LAST] = draft.id
        return draft

    def step(self, draft_id: str, number: int) -> ResponseReturnValue:
        """One step's page."""
        if not 1 <= number <= COUNT:
            raise NotFound
        step = Step(number)
        if step is Step.DONE:
            return self.agencies.done(draft_id)
        try:
            draft = self.wizard.draft(draft_id)
        except DraftExpired:
            ended = self._ended(draft_id)
            if ended is None:
                raise
            return ended
        elsewhere = self.wizard.elsewhere(draft, step)
        if elsewhere is not None:
            return elsewhere
        shown = {
            Step.TYPE: self.type_and_terms.type,
            Step.TERMS: self.type_and_terms.terms,
            Step.IDENTITY: self.guardian.show if draft.child and draft.evidence is not None else self.identity.show,
            Step.DETAILS: self.details.show,
            Step.AGENCIES: self.agencies.show,
        }
        return shown[step](draft)

    def verified(self, draft_id: str) -> ResponseReturnValue:
        """Back from verification."""
        draft = self.wizard.draft(draft_id)
        return self.wizard.elsewhere(draft, Step.IDENTITY) or self.identity.verified(draft)

    def convert_member(self, draft_id: str) -> ResponseReturnValue:
        """Somebody is a member already."""
        try:
            return self.member.show(draft_id)
        except DraftExpired:
            ended = self._ended(draft_id)
            if ended is None:
                raise
            return ended

    def _ended(self, draft_id: str) -> ResponseReturnValue | None:
        """The back button, after the end: what is there to see is what came of it."""
        if self.agencies.finish.receipts.finished(draft_id, self.wizard.browser.marked()) is None:
            return self.guardian.refused_page(draft_id)
        return see_other(url_for("enrolment.step", draft_id=draft_id, number=int(Step.DONE)))

    def _left(self) -> Draft | None:
        last = session.get(_LAST)
        try:
            draft = self.wizard.draft(last) if isinstance(last, str) else None
        except DraftExpired:
            return None
        return draft if draft is not None and draft.kind is not None else None

    def _origin(self) -> dict[str, object]:
        """The started sign-in whose page the member came from, and so the relying party behind it."""
        sign_in = request.args.get("sign_in", "")
        try:
            pending = self.pending.get(sign_in, self.wizard.browser.marked())
        except PageExpired:
            return {}
        return {"sign_in": pending.id, "origin": pending.request.relying_party_id}


def _expired(_error: DraftExpired) -> ResponseReturnValue:
    return error_page(
        404,
        title=_("진행 중인 회원가입이 없습니다"),
        sentence=_("시간이 지나 지워졌거나, 이미 마쳤거나, 다른 브라우저에서 시작한 회원가입입니다."),
        next_steps=[
            _("아래 버튼으로 처음부터 다시 진행해 주세요."),
            _("이미 마쳤다면 통합로그인으로 로그인할 수 있습니다."),
        ],
        way_on=url_for("enrolment.start"),
        way_on_label=_("회원가입 다시 시작하기"),
    )
