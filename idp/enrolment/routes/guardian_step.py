"""Step 3 goes on for a child: naming a guardian, waiting for them, hearing what they decided (REQ-82…84)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.enrolment.draft import Draft
from idp.enrolment.guardian_ask import AskGuardian, TooManyLetters
from idp.enrolment.guardian_contact import LONGEST_NAME, Fault, guardian_contact, guardian_name
from idp.enrolment.guardian_record import GuardianDecision
from idp.enrolment.guardian_request import BeingDecided, GuardianRequest, GuardianRequests
from idp.enrolment.routes.wizard import Wizard
from idp.enrolment.steps import Step
from idp.mail.recipients import EmailAddress, MobileNumber, Recipient
from idp.web.browser import address
from idp.web.errors import error_page
from idp.web.masking import mask_email, mask_name, mask_phone

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class GuardianStep:
    """What a verified child sees of step 3."""

    wizard: Wizard
    requests: GuardianRequests
    ask: AskGuardian

    def show(self, draft: Draft) -> ResponseReturnValue:
        """Whom to ask, then that we wait, then that we need not any more."""
        refused = self.refused_page(draft.id) if draft.guardian_request is not None else None
        if refused is not None:
            # Written again by another tab in the moment in which it was destroyed.
            self.wizard.drafts.forget(draft)
            return refused
        draft = self._heard(draft)
        action = request.form.get("action", "")
        if action == "back":
            return self.wizard.to(draft, Step.TERMS)
        if draft.guardian is not None:
            return self.wizard.to(draft, Step.DETAILS) if request.method == "POST" else self._agreed_page(draft)
        asked = self.requests.get(draft.guardian_request) if draft.guardian_request is not None else None
        if request.method == "GET":
            change = asked is None or "change" in request.args
            return self._ask_page(draft, asked) if change else self._wait_page(draft, asked)
        if action == "again" and asked is not None:
            return self._send(draft, asked.name, _recipient(asked), asked)
        return self._next(draft, asked)

    def refused_page(self, draft_id: str) -> ResponseReturnValue | None:
        """What the child reads whose draft is gone because the guardian said no; None where that is not why."""
        if not self.requests.was_refused(draft_id):
            return None
        return error_page(
            404,
            title=_("보호자가 가입에 동의하지 않았습니다"),
            sentence=_("그래서 지금은 가입할 수 없어요. 지금까지 적은 내용은 모두 지웠어요."),
            next_steps=[_("보호자와 이야기한 다음 처음부터 다시 신청할 수 있어요.")],
            way_on="/join/",
            way_on_label=_("처음부터 다시 신청하기"),
        )

    def _heard(self, draft: Draft) -> Draft:
        """The draft with the guardian's decision, once there is one."""
        if draft.guardian is not None or draft.guardian_request is None:
            return draft
        decision = self.requests.decision(draft.guardian_request)
        return draft if decision is None else self.wizard.changed(draft, guardian=decision.packed())

    def _next(self, draft: Draft, asked: GuardianRequest | None) -> ResponseReturnValue:
        typed = {name: request.form.get(name, "")[:_LONGEST] for name in ("guardian_name", "guardian_contact")}
        name, contact = guardian_name(typed["guardian_name"]), guardian_contact(typed["guardian_contact"])
        errors = {
            field: _sentence(field, value)
            for field, value in (("guardian_name", name), ("guardian_contact", contact))
            if isinstance(value, Fault)
        }
        if isinstance(name, Fault) or isinstance(contact, Fault):
            return self._ask_page(draft, asked, typed=typed, errors=errors), 400
        return self._send(draft, name, contact, asked, typed)

    def _send(
        self,
        draft: Draft,
        name: str,
        contact: Recipient,
        asked: GuardianRequest | None,
        typed: dict[str, str] | None = None,
    ) -> ResponseReturnValue:
        try:
            draft = self.ask(draft, name, contact, address=address(request))
        except TooManyLetters as refusal:
            failure = _("동의 요청을 너무 자주 보냈어요. %(minutes)s분 뒤에 다시 보내 주세요.", minutes=refusal.minutes)
            page = (
                self._wait_page(draft, asked, failure=failure)
                if asked is not None and typed is None
                else self._ask_page(draft, asked, typed=typed, failure=failure)
            )
            return page, 429, {"Retry-After": str(refusal.retry_after)}
        except BeingDecided:
            return self.wizard.to(draft, Step.IDENTITY)
        # The answer may take days: the browser must still be known when it has been closed in between.
        session.permanent = True
        return self.wizard.to(draft, Step.IDENTITY)

    def _ask_page(
        self,
        draft: Draft,
        asked: GuardianRequest | None,
        *,
        typed: dict[str, str] | None = None,
        errors: dict[str, str] | None = None,
        failure: str | None = None,
    ) -> str:
        before = {"guardian_name": asked.name, "guardian_contact": asked.contact} if asked is not None else {}
        return self.wizard.page(
            "guardian_ask.html",
            draft,
            Step.IDENTITY,
            typed=typed or before,
            errors=errors or {},
            failure=failure,
            asked=asked is not None,
            longest_name=LONGEST_NAME,
            days=self.ask.lifetime.days,
        )

    def _wait_page(self, draft: Draft, asked: GuardianRequest | None, *, failure: str | None = None) -> str:
        return self.wizard.page(
            "guardian_wait.html",
            draft,
            Step.IDENTITY,
            asked=asked,
            guardian=mask_name(asked.name) if asked is not None else "",
            contact=_masked(asked) if asked is not None else "",
            failure=failure,
        )

    def _agreed_page(self, draft: Draft) -> str:
        decision = GuardianDecision.unpacked(draft.guardian or "")
        return self.wizard.page("guardian_agreed.html", draft, Step.IDENTITY, guardian=mask_name(decision.name))


def _recipient(asked: GuardianRequest) -> Recipient:
    return EmailAddress(asked.contact) if asked.by_email else MobileNumber(asked.contact)


def _masked(asked: GuardianRequest) -> str:
    return mask_email(asked.contact) if asked.by_email else mask_phone(asked.contact)


def _sentence(field: str, fault: Fault) -> str:
    said: dict[tuple[str, Fault], str] = {
        ("guardian_name", Fault.MISSING): _("보호자의 이름을 적어 주세요."),
        ("guardian_name", Fault.NOT_A_NAME): _("보호자의 이름을 글자로만 적어 주세요. 예) 홍길동"),
        ("guardian_contact", Fault.MISSING): _("보호자의 휴대전화번호나 이메일 주소를 적어 주세요."),
        ("guardian_contact", Fault.NOT_A_CONTACT): _(
            "휴대전화번호나 이메일 주소를 다시 확인해 주세요. 예) 010-1234-1234, honggildong@example.com"
        ),
    }
    return said[(field, fault)]
