"""Step 4: 정보입력."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.credentials.password import PasswordHasher
from idp.enrolment.details import Fault, Judged, judge
from idp.enrolment.draft import Draft, Kind
from idp.enrolment.email_address import DOMAINS
from idp.enrolment.known_member import KnownMember
from idp.enrolment.login_ids import LoginIds
from idp.enrolment.routes.wizard import Wizard
from idp.enrolment.routes.words import sentence
from idp.enrolment.steps import Step
from idp.members.admit import is_login_id
from idp.members.phone_number import AREA_CODES, MOBILE_PREFIXES, hyphenated
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
_ORDER = (
    *("company_name", "representative_name", "founded_on", "business_number"),
    *("login_id", "password", "password_again", "phone", "landline", "email"),
)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class _Said:
    """What the page says of its fields: complaints by field, and answers that are none."""

    errors: Mapping[str, str] = field(default_factory=dict)
    number_is_free: bool = False


@dataclass(frozen=True, slots=True)
class DetailsStep:
    """What verification cannot know: 아이디, 비밀번호, how to reach the member, the enterprise's particulars."""

    wizard: Wizard
    hasher: PasswordHasher
    login_ids: LoginIds
    known: KnownMember

    def show(self, draft: Draft) -> ResponseReturnValue:
        """The form; 중복확인, 이전 and 다음 post it (REQ-20…30)."""
        evidence = Evidence.unpacked((draft.evidence or "").encode())
        if request.method == "GET":
            return self._page(draft, evidence, self._taken_meanwhile(draft))
        typed = {name: request.form.get(name, "")[:_LONGEST] for name in _FIELDS}
        typed["login_id"] = typed["login_id"].strip()
        draft = self.wizard.changed(draft, typed=typed)
        match request.form.get("action"):
            case "back":
                return self.wizard.to(draft, Step.IDENTITY)
            case "check_login_id":
                return self._check_login_id(draft, evidence)
            case "check_business_number" if draft.kind is Kind.ENTERPRISE:
                return self._check_business_number(draft, evidence)
        return self._next(draft, evidence)

    def _next(self, draft: Draft, evidence: Evidence) -> ResponseReturnValue:
        passwords = (request.form.get("password", "")[:256], request.form.get("password_again", "")[:256])
        today = korean_date(self.wizard.clock.now())
        kind = draft.kind or Kind.PERSON
        judged = judge(kind, draft.typed, passwords, evidence, draft.checked_login_id, today)
        if judged.faults:
            return self._page(draft, evidence, _Said(_sentences(judged))), 400
        if self.login_ids.taken(draft.typed["login_id"]):
            draft = self.wizard.changed(draft, checked_login_id=None)
            return self._page(draft, evidence, _Said({"login_id": _taken()})), 409
        draft = self.wizard.changed(draft, details=dict(judged.details), password_hash=self.hasher.hash(passwords[0]))
        return self.wizard.to(draft, Step.AGENCIES)

    def _check_login_id(self, draft: Draft, evidence: Evidence) -> ResponseReturnValue:
        """중복확인 (REQ-22): what was checked is remembered by value, so another one typed later is not."""
        login_id = draft.typed["login_id"]
        if not is_login_id(login_id):
            fault = Fault.NOT_A_LOGIN_ID if login_id else Fault.MISSING
            return self._page(draft, evidence, _Said({"login_id": sentence("login_id", fault)})), 400
        taken = self.login_ids.taken(login_id)
        draft = self.wizard.changed(draft, checked_login_id=None if taken else login_id)
        said = _Said({"login_id": _taken()}) if taken else _Said()
        return self._page(draft, evidence, said), 409 if taken else 200

    def _check_business_number(self, draft: Draft, evidence: Evidence) -> ResponseReturnValue:
        """중복확인 of the verified 사업자등록번호; of another one it tells nothing."""
        if evidence.business_number is None:
            complaint = {"business_number": sentence("business_number", Fault.MISSING)}
            return self._page(draft, evidence, _Said(complaint)), 400
        if self.known(evidence):
            complaint = {
                "business_number": _("이미 통합회원으로 가입된 사업자등록번호입니다. 기업 회원 로그인을 이용해 주세요.")
            }
            return self._page(draft, evidence, _Said(complaint)), 409
        return self._page(draft, evidence, _Said(number_is_free=True))

    def _taken_meanwhile(self, draft: Draft) -> _Said:
        """Somebody else may have been given the 아이디 since it was typed here."""
        login_id = draft.typed.get("login_id", "")
        return _Said({"login_id": _taken()}) if is_login_id(login_id) and self.login_ids.taken(login_id) else _Said()

    def _page(self, draft: Draft, evidence: Evidence, said: _Said) -> str:
        known = {
            "company_name": evidence.company_name or "",
            "representative_name": evidence.representative_name or "",
        }
        typed = {**known, **draft.typed}
        login_id = typed.get("login_id", "")
        errors = {name: said.errors[name] for name in _ORDER if name in said.errors}
        return self.wizard.page(
            "person.html" if draft.kind is Kind.PERSON else "enterprise.html",
            draft,
            Step.DETAILS,
            typed=typed,
            errors=errors,
            login_id_free=bool(login_id) and draft.checked_login_id == login_id and "login_id" not in errors,
            number_is_free=said.number_is_free,
            evidence=evidence,
            verified_phone=hyphenated(evidence.phone) if evidence.phone is not None else None,
            email_domains=DOMAINS,
            mobile_prefixes=MOBILE_PREFIXES,
            area_codes=AREA_CODES,
        )


def _sentences(judged: Judged) -> dict[str, str]:
    return {name: sentence(name, fault, judged.weaknesses) for name, fault in judged.faults.items()}


def _taken() -> str:
    said: str = _("이미 사용 중이거나 사용할 수 없는 아이디입니다. 다른 아이디를 입력하고 [중복확인]을 눌러 주세요.")
    return said
