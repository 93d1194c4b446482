"""나의 정보, 정보변경 and 비밀번호 변경."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.account.change_password import ChangePassword, PasswordChangedMeanwhile
from idp.account.confirm_password import ConfirmPassword
from idp.account.kept_form import KeptForm
from idp.account.last_sign_in import LastSignIn
from idp.account.particulars import FIELDS, particulars
from idp.account.routes.frame import PAGES, Frame, SignInNeeded
from idp.account.routes.words import method_word, minutes_left
from idp.clock import Clock
from idp.credentials.password_policy import why_not
from idp.enrolment.details import Fault, judge_changes
from idp.enrolment.draft import Kind
from idp.enrolment.email_address import DOMAINS
from idp.enrolment.routes.words import sentence
from idp.errors import TooManyAttempts
from idp.members import store as members
from idp.members.change_profile import ChangedMeanwhile, ChangeProfile, edition
from idp.members.phone_number import AREA_CODES, MOBILE_PREFIXES, hyphenated
from idp.members.profile import PersonProfile, Profile
from idp.sessions.assurance import by_password
from idp.sessions.sessions import Sessions
from idp.signin.password import WrongCredentials
from idp.signin.visitor import Visitor
from idp.storage.database import Database
from idp.verification.age import korean_date
from idp.web.browser import address
from idp.web.masking import mask_email, mask_login_id, mask_name, mask_phone
from idp.web.redirects import see_other

_LONGEST, _LONGEST_SECRET = 200, 256
_ORDER = ("company_name", "representative_name", "founded_on", "phone", "landline", "email")
_DONE = {"saved": "profile", "password": "password", "email": "email", "phone": "phone"}


@dataclass(frozen=True, slots=True)
class ProfilePages:
    """What a member says of themselves, shown masked and changed after proving who it is."""

    frame: Frame
    clock: Clock
    database: Database
    sessions: Sessions
    kept: KeptForm
    change_profile: ChangeProfile
    confirm_password: ConfirmPassword
    change_password: ChangePassword
    last_sign_in: LastSignIn
    ask_for_proof: Callable[[str], object]

    def show(self) -> ResponseReturnValue:
        """나의 정보 (requirements §4-2)."""
        visitor = self.frame.visitor("profile")
        last = self.last_sign_in(visitor.session)
        return render_template(
            "account/profile.html",
            rows=profile_rows(visitor.profile),
            done=_DONE.get(request.args.get("done", "")),
            email_verified=visitor.profile.email_verified,
            phone_proven=not isinstance(visitor.profile, PersonProfile) or _phone_proven(visitor.profile),
            last_sign_in=last,
            last_method=method_word(last.method) if last is not None else "",
        )

    def edit(self) -> ResponseReturnValue:
        """정보변경 (REQ-70). What was typed survives having to prove again who it is."""
        if request.method == "GET":
            visitor = self.frame.proven("edit")
            kept = self.kept.take(visitor.session)
            return self._form(visitor, kept or particulars(visitor.profile), restored=kept is not None)
        visitor = self.frame.visitor("edit")
        typed = {name: request.form.get(name, "")[:_LONGEST] for name in FIELDS}
        if not self.frame.has_proven(visitor):
            self.kept.keep(visitor.session, typed)
            raise SignInNeeded("edit", again=True)
        profile = visitor.profile
        person = isinstance(profile, PersonProfile)
        verified = profile.phone if isinstance(profile, PersonProfile) and profile.phone_verified else None
        today = korean_date(self.clock.now())
        judged = judge_changes(Kind.PERSON if person else Kind.ENTERPRISE, typed, verified, today)
        if judged.faults:
            return self._form(visitor, typed, judged.faults), 400
        seen = request.form.get("seen", "")[:64]
        try:
            changed = self.change_profile(
                visitor.session.member_id, judged.details, seen=seen, address=address(request)
            )
        except ChangedMeanwhile:
            failure = _(
                "다른 창에서 정보가 먼저 변경되었습니다. 입력한 내용을 다시 확인한 뒤 [저장]을 한 번 더 눌러 주세요."
            )
            return self._form(visitor, typed, failure=failure), 409
        if "email" in changed:
            self.ask_for_proof(visitor.session.member_id)
        return see_other(f"{PAGES['profile']}?done=saved")

    def password(self) -> ResponseReturnValue:
        """비밀번호 변경: this browser stays signed in, every other one does not."""
        visitor = self.frame.visitor("password")
        if request.method == "GET":
            return self._password_page({})
        current, new, again = (
            request.form.get(name, "")[:_LONGEST_SECRET] for name in ("current_password", "password", "password_again")
        )
        errors = _password_errors(visitor.profile, current, new, again)
        if errors:
            return self._password_page(errors), 400
        member_id = visitor.session.member_id
        try:
            confirmed = self.confirm_password(visitor, current, address(request))
            epoch = self.change_password(member_id, confirmed, new, address=address(request))
        except (WrongCredentials, PasswordChangedMeanwhile):
            wrong = {"current_password": _("현재 비밀번호가 일치하지 않습니다. 다시 확인해 주세요.")}
            return self._password_page(wrong), 401
        except TooManyAttempts as refusal:
            page = self._password_page({"current_password": minutes_left(refusal)})
            return page, 429, {"Retry-After": str(refusal.retry_after)}
        session = visitor.session
        by = by_password(self.frame.clock.now())
        cookie, _session = self.sessions.start(member_id, epoch, by=by, continuing=session)
        former = self.frame.browser.session_cookie()
        response = see_other(f"{PAGES['profile']}?done=password")
        if former is not None:
            self.sessions.end(former)
        self.frame.browser.signed_in(response, cookie)
        return response

    def _form(
        self,
        visitor: Visitor,
        typed: Mapping[str, str],
        faults: Mapping[str, Fault] | None = None,
        *,
        failure: str | None = None,
        restored: bool = False,
    ) -> str:
        profile = visitor.profile
        person = isinstance(profile, PersonProfile)
        with self.database.reading() as connection:
            row = members.find(connection, visitor.session.member_id)
        found = faults or {}
        # An enterprise's 대표 전화번호 is typed into the fields of a landline.
        errors = {
            "landline" if name == "phone" and not person else name: sentence(name, found[name])
            for name in _ORDER
            if name in found
        }
        return render_template(
            "account/edit.html",
            person=person,
            profile=profile,
            shown_phone=hyphenated(profile.phone) if profile.phone else "",
            phone_is_fixed=isinstance(profile, PersonProfile) and profile.phone_verified,
            typed=typed,
            errors=errors,
            failure=failure,
            restored=restored,
            seen=edition(row) if row is not None else "",
            email_domains=DOMAINS,
            mobile_prefixes=MOBILE_PREFIXES,
            area_codes=AREA_CODES,
        )

    def _password_page(self, errors: Mapping[str, str]) -> str:
        return render_template("account/password.html", errors=errors)


def _password_errors(profile: Profile, current: str, new: str, again: str) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not current:
        errors["current_password"] = _("현재 비밀번호를 입력해 주세요.")
    born = profile.birth_date if isinstance(profile, PersonProfile) else None
    weaknesses = why_not(
        new, login_id=profile.login_id or "", phone=profile.phone, birth_date=date.fromisoformat(born) if born else None
    )
    if not new:
        errors["password"] = sentence("password", Fault.MISSING)
    elif weaknesses:
        errors["password"] = sentence("password", Fault.WEAK, weaknesses)
    elif new == current:
        errors["password"] = _("지금 쓰는 비밀번호와 다른 비밀번호를 정해 주세요.")
    if new and again != new:
        errors["password_again"] = sentence("password_again", Fault.DIFFERENT if again else Fault.MISSING)
    return errors


def profile_rows(profile: Profile) -> list[tuple[str, str]]:
    """기본 정보, masked (REQ-89)."""
    if isinstance(profile, PersonProfile):
        return [
            (_("이름"), mask_name(profile.name)),
            (_("아이디"), mask_login_id(profile.login_id)),
            (_("휴대전화"), _phone(profile)),
            (_("유선번호"), mask_phone(profile.landline) if profile.landline else "-"),
            (_("이메일"), _email(profile)),
        ]
    return [
        (_("회사명"), _unconfirmed(profile.company_name)),
        (_("대표자명"), _unconfirmed(mask_name(profile.representative_name))),
        (_("설립일"), _unconfirmed(profile.founded_on)),
        (_("사업자등록번호"), profile.business_number),
        (_("이메일"), _email(profile)),
        (_("대표 전화번호"), mask_phone(profile.phone) if profile.phone else "-"),
    ]


def _unconfirmed(value: str) -> str:
    """What the enterprise says of itself: no register that could confirm it is asked (requirements C25)."""
    return f"{value} ({_('미확인')})" if value else "-"


def _phone_proven(profile: PersonProfile) -> bool:
    return profile.phone_verified or profile.phone_at_hand


def _phone(profile: PersonProfile) -> str:
    proven: str = _("확인됨") if _phone_proven(profile) else _("확인되지 않음")
    return f"{mask_phone(profile.phone)} ({proven})"


def _email(profile: Profile) -> str:
    proven: str = _("확인됨") if profile.email_verified else _("확인되지 않음")
    return f"{mask_email(profile.email)} ({proven})"
