"""Step 4: 정보입력."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request
from flask.typing import ResponseReturnValue

from idp.credentials.password import PasswordHasher
from idp.enrolment.details import Fault, Judged, judge
from idp.enrolment.draft import Draft, Kind
from idp.enrolment.email_address import DOMAINS
from idp.enrolment.login_ids import LoginIds
from idp.enrolment.routes.wizard import Wizard
from idp.enrolment.steps import Step
from idp.members.admit import is_login_id
from idp.members.phone_number import AREA_CODES, MOBILE_PREFIXES
from idp.verification.age import korean_date
from idp.verification.evidence import Evidence

_FIELDS = (
    "login_id",
    "phone_prefix",
    "phone",
    "landline_prefix",
    "landline",
    "email_local",
    "email_domain",
    "email_domain_typed",
    "company_name",
    "representative_name",
    "founded_on",
)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class DetailsStep:
    """What verification cannot know: 아이디, 비밀번호, how to reach the member, the enterprise's particulars."""

    wizard: Wizard
    hasher: PasswordHasher
    login_ids: LoginIds

    def show(self, draft: Draft) -> ResponseReturnValue:
        """The form; 중복확인 and 다음 post it (REQ-20…30)."""
        if request.method == "GET":
            return self._page(draft, draft.typed)
        typed = {name: request.form.get(name, "")[:_LONGEST] for name in _FIELDS}
        draft = self.wizard.changed(draft, typed=typed)
        action = request.form.get("action")
        if action == "back":
            return self.wizard.to(draft, Step.IDENTITY)
        if action == "check_login_id":
            return self._check_login_id(draft, typed)
        evidence = Evidence.unpacked((draft.evidence or "").encode())
        passwords = (request.form.get("password", "")[:256], request.form.get("password_again", "")[:256])
        today = korean_date(self.wizard.clock.now())
        judged = judge(draft.kind or Kind.PERSON, typed, passwords, evidence, draft.checked_login_id, today)
        if judged.faults:
            return self._page(draft, typed, judged), 400
        if self.login_ids.taken(typed["login_id"]):
            draft = self.wizard.changed(draft, checked_login_id=None)
            return self._page(draft, typed, login_id_taken=True), 409
        draft = self.wizard.changed(draft, details=dict(judged.details), password_hash=self.hasher.hash(passwords[0]))
        return self.wizard.to(draft, Step.AGENCIES)

    def _check_login_id(self, draft: Draft, typed: Mapping[str, str]) -> ResponseReturnValue:
        """중복확인 (REQ-22): what was checked is remembered by value, so another one typed later is not."""
        login_id = typed["login_id"]
        if not is_login_id(login_id):
            fault = Fault.NOT_A_LOGIN_ID if login_id else Fault.MISSING
            return self._page(draft, typed, Judged({}, {"login_id": fault})), 400
        taken = self.login_ids.taken(login_id)
        draft = self.wizard.changed(draft, checked_login_id=None if taken else login_id)
        return self._page(draft, typed, login_id_taken=taken), 409 if taken else 200

    def _page(
        self,
        draft: Draft,
        typed: Mapping[str, str],
        judged: Judged | None = None,
        *,
        login_id_taken: bool = False,
    ) -> str:
        evidence = Evidence.unpacked((draft.evidence or "").encode())
        return self.wizard.page(
            "person.html" if draft.kind is Kind.PERSON else "enterprise.html",
            draft,
            Step.DETAILS,
            typed=typed,
            faults=judged.faults if judged is not None else {},
            weaknesses=judged.weaknesses if judged is not None else (),
            login_id_taken=login_id_taken,
            login_id_free=draft.checked_login_id is not None and draft.checked_login_id == typed.get("login_id"),
            evidence=evidence,
            email_domains=DOMAINS,
            mobile_prefixes=MOBILE_PREFIXES,
            area_codes=AREA_CODES,
        )
