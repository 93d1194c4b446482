"""What a guardian sees: `/guardian/<token>`, in a browser that is not the child's (REQ-83)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.crypto.digests import secret_digest
from idp.enrolment.draft import Draft
from idp.enrolment.guardian_decide import Answer, DecideAsGuardian, Relation, Unfit
from idp.enrolment.guardian_request import BeingDecided, GuardianRequest, LinkIsOver
from idp.errors import TooManyAttempts
from idp.storage.expiring import ExpiringStore
from idp.terms.current_terms import CurrentTerms
from idp.terms.document import Document
from idp.verification.desk import MethodNotOffered, VerificationDesk
from idp.verification.evidence import Evidence, Holder
from idp.verification.request import VerificationRequest
from idp.verification.transactions import BoundElsewhere, PageExpired
from idp.web.browser import Browser, address
from idp.web.errors import error_page
from idp.web.get_only import get_only
from idp.web.masking import mask_name
from idp.web.redirects import see_other
from idp.web.translations import language

PURPOSE = "guardian"
_ANSWERED_FOR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class GuardianPages:
    """Asks, has the guardian verified, and takes the decision."""

    decide: DecideAsGuardian
    verification: VerificationDesk
    terms: CurrentTerms
    store: ExpiringStore
    browser: Browser

    def blueprint(self) -> Blueprint:
        """The pages under `/guardian`."""
        pages = Blueprint("guardian", __name__, template_folder="../templates", url_prefix="/guardian")
        get_only(pages)
        pages.add_url_rule("/<token>", view_func=self.show, methods=["GET", "POST"])
        pages.add_url_rule("/<token>/verified", endpoint="verified", view_func=self.verified)
        return pages

    def show(self, token: str) -> ResponseReturnValue:
        """What is asked and by whom; a decision, or the way to one."""
        try:
            asked = self.decide.requests.of_link(token)
            draft, child = self.decide.child(asked)
            if request.method == "GET":
                return self._page(token, asked, draft, child)
            match request.form.get("action"):
                case "refuse":
                    return self._render("guardian_refuse.html", token, asked, child)
                case "refuse_for_good":
                    self.decide.refuse(asked, address=address(request))
                    return see_other(url_for("guardian.show", token=token))
            return self._begin(token, asked, draft, child)
        except (LinkIsOver, BeingDecided):
            return self._over(token)

    def verified(self, token: str) -> ResponseReturnValue:
        """Back from the method: whether this is who may decide, and then the decision."""
        here = see_other(url_for("guardian.show", token=token))
        tx_id, mark = request.args.get("verification"), self.browser.marked()
        try:
            asked = self.decide.requests.of_link(token)
            draft, child = self.decide.child(asked)
            if tx_id is None or mark is None:
                return here
            evidence = self.verification.collect(tx_id, mark, PURPOSE, asked.id)
            kept = self.store.take(_answer_key(asked, mark))
            answer = self._answer(kept, draft)
            if answer is None:
                failure = _("약관이 바뀌었거나 시간이 지났습니다. 내용을 다시 확인하고 진행해 주세요.")
                return self._page(token, asked, draft, child, failure=failure), 409
            unfit = self.decide.agree(asked, evidence, answer)
        except (PageExpired, BoundElsewhere):
            # Collected before: somebody went back to this address.
            return here
        except (LinkIsOver, BeingDecided):
            return self._over(token)
        if unfit is not None:
            return self._page(token, asked, draft, child, failure=_why(unfit), answer=answer), 409
        return here

    def _begin(self, token: str, asked: GuardianRequest, draft: Draft, child: Evidence) -> ResponseReturnValue:
        documents = self._documents(draft)
        read = tuple(each for each in documents if request.form.get(each.id) == "yes")
        relation = next((each for each in Relation if each == request.form.get("relation")), None)
        missing = [each.id for each in documents if each.required and each not in read]
        if missing or relation is None:
            said = {"choices": {each.id: True for each in read}, "relation": relation, "missing": missing}
            return self._page(token, asked, draft, child, no_relation=relation is None, said=said), 400
        mark = self.browser.mark()
        kept = json.dumps([relation, [each.sha256 for each in read]]).encode()
        asking = VerificationRequest(PURPOSE, Holder.PERSON, asked.id, url_for("guardian.verified", token=token))
        answer = self._answer(kept, draft)
        try:
            where = self.verification.begin(request.form.get("method", ""), asking, mark, address=address(request))
        except MethodNotOffered:
            failure = _("본인확인 방법을 선택해 주세요.")
            return self._page(token, asked, draft, child, failure=failure, answer=answer), 400
        except TooManyAttempts as refusal:
            failure = _(
                "본인확인을 너무 여러 번 시작했습니다. %(minutes)s분 뒤에 다시 시도해 주세요.", minutes=refusal.minutes
            )
            page = self._page(token, asked, draft, child, failure=failure, answer=answer)
            return page, 429, {"Retry-After": str(refusal.retry_after)}
        self.store.put(_answer_key(asked, mark), kept, _ANSWERED_FOR)
        return see_other(where)

    def _answer(self, kept: bytes | None, draft: Draft) -> Answer | None:
        """What was answered before the verification, as far as it still says enough."""
        if kept is None:
            return None
        relation, digests = json.loads(kept)
        documents = self._documents(draft)
        if any(each.required and each.sha256 not in digests for each in documents):
            return None
        read = tuple(each for each in documents if each.sha256 in digests)
        agent = request.headers.get("User-Agent", "")[:400]
        return Answer(Relation(relation), read, address(request), agent, language())

    def _documents(self, draft: Draft) -> tuple[Document, ...]:
        """What the child cannot agree to alone: whatever is required, and what it agreed to besides."""
        asked = self.terms().asked_of("person", child=True)
        return tuple(each for each in asked if each.required or (draft.choices or {}).get(each.id))

    def _page(
        self,
        token: str,
        asked: GuardianRequest,
        draft: Draft,
        child: Evidence,
        *,
        failure: str | None = None,
        answer: Answer | None = None,
        no_relation: bool = False,
        said: Mapping[str, object] | None = None,
    ) -> str:
        if answer is not None:
            said = {"choices": {each.id: True for each in answer.documents}, "relation": answer.relation}
        shown = {"choices": {}, "relation": None, "missing": [], **(said or {})}
        return self._render(
            "guardian.html",
            token,
            asked,
            child,
            documents=self._documents(draft),
            methods=self.verification.methods(Holder.PERSON),
            relations=relations(),
            no_relation=no_relation,
            failure=failure,
            **shown,
        )

    def _render(self, template: str, token: str, asked: GuardianRequest, child: Evidence, **shown: object) -> str:
        return render_template(
            f"enrolment/{template}",
            form_action=url_for("guardian.show", token=token),
            asked=asked,
            child=mask_name(child.name or ""),
            guardian=mask_name(asked.name),
            language=language(),
            **shown,
        )

    def _over(self, token: str) -> ResponseReturnValue:
        """Decided, by whoever holds the link; or nothing that could be decided any more."""
        agreed = self.decide.requests.outcome(token)
        if agreed is not None:
            return render_template("enrolment/guardian_decided.html", agreed=agreed)
        return error_page(
            404,
            title=_("사용할 수 없는 링크입니다"),
            sentence=_("기간이 지났거나, 아동이 신청을 취소했거나, 새 링크를 다시 보낸 경우입니다."),
            next_steps=[_("메시지를 여러 번 받았다면 가장 나중에 받은 메시지의 링크를 열어 주세요.")],
        )


def _answer_key(asked: GuardianRequest, mark: str) -> str:
    return f"guardian-answer:{asked.id}:{secret_digest(mark)}"


def relations() -> Mapping[Relation, str]:
    """How a guardian may be related to the child, in the reader's language."""
    return {Relation.FATHER: _("부"), Relation.MOTHER: _("모"), Relation.GUARDIAN: _("후견인")}


def _why(unfit: Unfit) -> str:
    said: Mapping[Unfit, str] = {
        Unfit.UNIDENTIFIED: _("이 방법으로는 보호자를 확인할 수 없습니다. 다른 본인확인 방법을 선택해 주세요."),
        Unfit.THE_CHILD: _("신청한 아동 본인으로 확인되었습니다. 보호자 본인의 인증 수단으로 확인해 주세요."),
        Unfit.MINOR: _("만 19세 이상인 법정대리인만 동의할 수 있습니다."),
        Unfit.SOMEBODY_ELSE: _(
            "아동이 적은 보호자의 이름과 다른 분으로 확인되었습니다. "
            "이름이 잘못 적혔다면 아동에게 보호자 정보를 고쳐 다시 보내 달라고 해 주세요."
        ),
    }
    return said[unfit]
