"""Step 3: proving who it is. What counts is the evidence; nothing posted here names anybody."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.enrolment.draft import Draft, Kind
from idp.enrolment.known_member import KnownMember
from idp.enrolment.routes.wizard import Wizard
from idp.enrolment.steps import Step
from idp.errors import TooManyAttempts
from idp.members.business_number import is_business_number
from idp.verification.age import is_under_14
from idp.verification.desk import MethodNotOffered, VerificationDesk
from idp.verification.evidence import Evidence, Holder
from idp.verification.kept import RenewKept
from idp.verification.request import VerificationRequest
from idp.verification.transactions import BoundElsewhere, PageExpired
from idp.web.browser import address
from idp.web.masking import mask_name
from idp.web.redirects import see_other

PURPOSE = "enrolment"


@dataclass(frozen=True, slots=True)
class IdentityStep:
    """개인인증 및 등록, 기업인증 및 등록."""

    wizard: Wizard
    verification: VerificationDesk
    known: KnownMember
    renew_kept: RenewKept

    def show(self, draft: Draft) -> ResponseReturnValue:
        """The methods; a click on one begins it."""
        if request.method == "GET":
            return self._page(draft)
        if request.form.get("action") == "next" and draft.evidence is not None:
            return self.wizard.to(draft, Step.DETAILS)
        business_number = None
        if draft.kind is Kind.ENTERPRISE:
            typed = request.form.get("business_number", "")[:40]
            business_number = _digits(typed)
            if not is_business_number(business_number):
                return self._page(draft, number=typed, wrong_number=True), 400
            draft = self.wizard.changed(draft, business_number=business_number)
        asked = VerificationRequest(
            PURPOSE,
            Holder.BUSINESS if draft.kind is Kind.ENTERPRISE else Holder.PERSON,
            draft.id,
            url_for("enrolment.verified", draft_id=draft.id),
            business_number,
        )
        try:
            where = self.verification.begin(
                request.form.get("method", ""), asked, self.wizard.browser.mark(), address=address(request)
            )
        except MethodNotOffered:
            return self._page(draft, failure=_("인증 방법을 선택해 주세요.")), 400
        except TooManyAttempts as refusal:
            failure = _(
                "본인확인을 너무 여러 번 시작했습니다. %(minutes)s분 뒤에 다시 시도해 주세요.", minutes=refusal.minutes
            )
            return self._page(draft, failure=failure), 429, {"Retry-After": str(refusal.retry_after)}
        return see_other(where)

    def verified(self, draft: Draft) -> ResponseReturnValue:
        """Back from the method: take the evidence and look what it means."""
        tx_id = request.args.get("verification")
        if tx_id is None:
            # Turned back, or failed: the verification's own page has said why.
            return self.wizard.to(draft, Step.IDENTITY)
        try:
            evidence = self.verification.collect(tx_id, self.wizard.browser.marked(), PURPOSE, draft.id)
        except (PageExpired, BoundElsewhere):
            # Collected before: somebody went back to this address. What it proved then still stands in the draft.
            return self.wizard.to(draft, Step.IDENTITY)
        draft = self._proven(draft, evidence)
        member = self.known(evidence)
        if member is not None and draft.conversion is not None:
            # Of them nothing more need be known than that they are one: they sign in.
            self.renew_kept(member, evidence, address=address(request))
            self.wizard.changed(draft, evidence=None, member=member)
            return see_other(url_for("enrolment.member", draft_id=draft.id))
        refusal = already_known(evidence) if member is not None else self._refusal(draft, evidence)
        if refusal is not None:
            self.wizard.changed(draft, evidence=None)
            return self._page(draft, failure=refusal[0], way_on=refusal[1]), 409
        return self.wizard.to(draft, Step.IDENTITY if draft.child else Step.DETAILS)

    def _proven(self, draft: Draft, evidence: Evidence) -> Draft:
        """The draft with its evidence; what was typed and chosen for somebody else does not stay."""
        former = Evidence.unpacked(draft.evidence.encode()) if draft.evidence is not None else None
        whose = (evidence.ci, evidence.business_number)
        if former is not None and (former.ci, former.business_number) != whose:
            nothing: dict[str, Any] = {"guardian": None, "guardian_request": None, "agencies": None, "accounts": ()}
            draft = self.wizard.changed(draft, typed={}, checked_login_id=None, **nothing)
        proven: dict[str, Any] = {"evidence": evidence.packed().decode(), "member": None}
        return self.wizard.changed(draft, **proven, details=None, password_hash=None)

    def _refusal(self, draft: Draft, evidence: Evidence) -> tuple[str, tuple[str, str] | None] | None:
        """Why the verified person or enterprise cannot go on here, and the way they can (REQ-82, 85)."""
        if draft.kind is Kind.ENTERPRISE or evidence.birth_date is None:
            return None
        young = is_under_14(evidence.birth_date, self.wizard.clock.now())
        if young and not draft.child:
            way = (_("만14세 미만 회원가입"), url_for("enrolment.step", draft_id=draft.id, number=1))
            return _("만 14세 미만은 법정대리인의 동의가 필요합니다. 만14세 미만 회원가입으로 진행해 주세요."), way
        if draft.child and not young:
            way = (_("일반 회원가입으로 이동"), url_for("enrolment.step", draft_id=draft.id, number=1))
            return _("만 14세 이상은 일반 회원가입을 이용해 주세요."), way
        return None

    def _page(
        self,
        draft: Draft,
        *,
        failure: str | None = None,
        way_on: tuple[str, str] | None = None,
        number: str | None = None,
        wrong_number: bool = False,
    ) -> str:
        holder = Holder.BUSINESS if draft.kind is Kind.ENTERPRISE else Holder.PERSON
        if way_on is None and draft.member is not None:
            way_on = (_("기존 통합회원에 계정 연결하기"), url_for("enrolment.member", draft_id=draft.id))
        return self.wizard.page(
            "identity.html",
            draft,
            Step.IDENTITY,
            methods=self.verification.methods(holder),
            business=draft.kind is Kind.ENTERPRISE,
            business_number=number if number is not None else draft.business_number or "",
            wrong_number=wrong_number,
            verified=_shown(draft.evidence),
            failure=failure,
            way_on=way_on,
        )


def _digits(typed: str) -> str:
    """`123-78-94566` → `1237894566`; full-width digits count, letters stay and are refused."""
    return re.sub(r"[\s.-]", "", unicodedata.normalize("NFKC", typed))


def _shown(packed: str | None) -> str | None:
    """Who was verified, as the page may say it."""
    if packed is None:
        return None
    evidence = Evidence.unpacked(packed.encode())
    if evidence.holder is Holder.PERSON:
        return mask_name(evidence.name or "")
    number = evidence.business_number or ""
    return f"{number[:3]}-{number[3:5]}-{number[5:]}"


def already_known(evidence: Evidence) -> tuple[str, tuple[str, str] | None]:
    """What whoever is a member already is told, and the way to the membership they have."""
    if evidence.holder is Holder.BUSINESS:
        return _("이미 통합회원으로 가입된 사업자등록번호입니다. 기업 회원 로그인을 이용해 주세요."), None
    sentence = _("이미 통합회원으로 가입되어 있습니다. 아이디 찾기로 아이디를 확인해 주세요.")
    return sentence, (_("아이디 찾기"), "/recovery/login-id")
