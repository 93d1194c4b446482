"""A member's own pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.account.agency_list import Filters, agency_page
from idp.account.forms import WithdrawForm
from idp.account.retention import RetentionRow
from idp.agencies.catalogue import Catalogue
from idp.errors import NotFound, TooManyAttempts
from idp.links import store as links
from idp.links.state import LinkState
from idp.links.stop import StopLink
from idp.members.profile import PersonProfile, Profile
from idp.members.withdraw import Withdraw
from idp.sessions.sessions import Sessions
from idp.signals.catalogue import LinkReason
from idp.signin.desk import SignInDesk
from idp.signin.password import CheckPassword, WrongCredentials
from idp.signin.pending import Pending
from idp.signin.request import SignInRequest
from idp.signin.sign_out import SignOut
from idp.signin.visitor import Visitor, Visitors
from idp.storage.database import Database
from idp.web.browser import Browser, address
from idp.web.masking import mask_email, mask_login_id, mask_name, mask_phone
from idp.web.redirects import see_other

_ANSWER_PATH = "/account/answer"
_PAGES = {"profile": "/account/", "agencies": "/account/agencies", "withdraw": "/account/withdraw"}


@dataclass(frozen=True, slots=True)
class AccountPages:
    """What the pages are made of."""

    database: Database
    catalogue: Catalogue
    desk: SignInDesk
    visitors: Visitors
    sessions: Sessions
    stop_link: StopLink
    withdraw_member: Withdraw
    check_password: CheckPassword
    sign_out: SignOut
    browser: Browser
    retention: tuple[RetentionRow, ...]

    def blueprint(self) -> Blueprint:
        """The pages under `/account`, the start page and the page after signing out."""
        pages = Blueprint("account", __name__, template_folder="templates")
        pages.add_url_rule("/", view_func=self.home)
        pages.add_url_rule("/signed-out", view_func=self.signed_out)
        pages.add_url_rule("/account/", view_func=self.profile)
        pages.add_url_rule("/account/agencies", view_func=self.agencies)
        pages.add_url_rule("/account/agencies/<agency_id>/unlink", view_func=self.unlink, methods=["GET", "POST"])
        pages.add_url_rule("/account/withdraw", view_func=self.withdraw, methods=["GET", "POST"])
        pages.add_url_rule("/account/sign-out", view_func=self.leave, methods=["POST"])
        pages.add_url_rule(f"{_ANSWER_PATH}/<pending_id>", view_func=self.answer)
        pages.app_context_processor(lambda: {"sign_out_action": "/account/sign-out"})
        return pages

    def home(self) -> ResponseReturnValue:
        """Where somebody arrives who typed our address."""
        visitor = self.visitors.find(self.browser.session_cookie())
        name = mask_name(visitor.profile.display_name) if visitor is not None else ""
        return render_template("web/home.html", signed_in=visitor is not None, member_name=name)

    def signed_out(self) -> ResponseReturnValue:
        """Said after signing out, where no relying party is to be returned to."""
        return render_template("web/signed_out.html", home_url=None, home_name=None)

    def profile(self) -> ResponseReturnValue:
        """나의 정보 (requirements §4-2)."""
        visitor = self._visitor()
        if visitor is None:
            return self._sign_in("profile")
        return render_template("account/profile.html", rows=_profile_rows(visitor.profile))

    def agencies(self) -> ResponseReturnValue:
        """유관기관 목록 (requirements §4-3)."""
        visitor = self._visitor()
        if visitor is None:
            return self._sign_in("agencies")
        snapshot = self.catalogue.snapshot()
        filters = Filters(*(request.args.get(name, "")[:100].strip() for name in ("agency", "business_type", "q")))
        with self.database.reading() as connection:
            held = links.of_member(connection, visitor.session.member_id)
        rows, page, pages = agency_page(snapshot, held, filters, request.args.get("page", 1, type=int))
        kinds = sorted({kind for agency in snapshot.agencies.values() for kind in agency.business_types})
        return render_template(
            "account/agencies.html",
            rows=rows,
            page=page,
            pages=pages,
            filters=filters,
            agency_choices=[(agency.id, agency.name) for agency in snapshot.agencies.values()],
            business_type_choices=[(kind, kind) for kind in kinds],
        )

    def unlink(self, agency_id: str) -> ResponseReturnValue:
        """계정 연결 중단: first what it means, then the act."""
        visitor = self._visitor()
        if visitor is None:
            return self._sign_in("agencies")
        agency = self.catalogue.snapshot().agencies.get(agency_id)
        if agency is None:
            raise NotFound("no such agency")
        if request.method == "GET":
            return render_template("account/unlink.html", agency_name=agency.name, form_action=request.path)
        self.stop_link(visitor.session.member_id, agency_id, reason=LinkReason.MEMBER_UNLINK, address=address(request))
        return see_other(url_for("account.agencies"))

    def withdraw(self) -> ResponseReturnValue:
        """통합회원 탈퇴 (requirements §4-4)."""
        visitor = self._visitor()
        if visitor is None:
            return self._sign_in("withdraw")
        form = WithdrawForm()
        if not form.validate_on_submit():
            return self._withdraw_page(visitor, form, 400 if request.method == "POST" else 200)
        failure = self._not_proven(visitor, form.password.data)
        if failure is not None:
            return self._withdraw_page(visitor, form, 401, failure)
        told = self.withdraw_member(visitor.session.member_id, actor="member", address=address(request))
        agencies = self.catalogue.snapshot().agencies
        rows = [(agencies[agency_id].name, _("탈퇴 사실을 보내는 중")) for agency_id in told if agency_id in agencies]
        cookie = self.browser.session_cookie()
        if cookie is not None:
            self.sessions.end(cookie)
        response = make_response(render_template("account/withdrawn.html", agencies=rows, sign_out_action=None))
        self.browser.signed_out(response)
        self.browser.remember_login_id(response, None)
        return response

    def leave(self) -> ResponseReturnValue:
        """로그아웃."""
        self.sign_out(self.browser.session_cookie(), address=address(request))
        response = see_other(url_for("account.signed_out"))
        self.browser.signed_out(response)
        return response

    def answer(self, pending_id: str) -> ResponseReturnValue:
        """Back from signing in, to the page that was asked for."""
        collected = self.desk.collect(
            pending_id, self.browser.marked(), self.browser.session_cookie(), answer_path=_ANSWER_PATH
        )
        if isinstance(collected, Pending):
            return see_other(f"/signin/{collected.id}")
        question, _outcome = collected
        return see_other(_PAGES.get(question.protocol_state["page"], "/account/"))

    def _visitor(self) -> Visitor | None:
        return self.visitors.find(self.browser.session_cookie())

    def _sign_in(self, page: str) -> ResponseReturnValue:
        question = SignInRequest(None, _ANSWER_PATH, protocol_state={"page": page})
        begun = self.desk.begin(question, self.browser.session_cookie(), self.browser.mark)
        return see_other(f"/signin/{begun.id}" if isinstance(begun, Pending) else _PAGES[page])

    def _not_proven(self, visitor: Visitor, password: str) -> str | None:
        """Why the member at this browser has not proven again who they are, or None (REQ-81)."""
        mismatch: str = _("비밀번호가 일치하지 않습니다. 다시 확인해 주세요.")
        if not isinstance(visitor.profile, PersonProfile):
            return mismatch
        try:
            member_id, _epoch = self.check_password(visitor.profile.login_id, password, address(request))
        except WrongCredentials:
            return mismatch
        except TooManyAttempts as refusal:
            minutes = max(1, -(-refusal.retry_after // 60))
            limited: str = _("시도가 많아 잠시 제한되었습니다. %(minutes)s분 뒤에 다시 시도해 주세요.", minutes=minutes)
            return limited
        return None if member_id == visitor.session.member_id else mismatch

    def _withdraw_page(
        self, visitor: Visitor, form: WithdrawForm, status: int, failure: str | None = None
    ) -> ResponseReturnValue:
        agencies = self.catalogue.snapshot().agencies
        with self.database.reading() as connection:
            held = links.of_member(connection, visitor.session.member_id)
        linked = [
            agencies[link.agency_id].name
            for link in held
            if link.state != LinkState.UNLINKED and link.agency_id in agencies
        ]
        page = render_template(
            "account/withdraw.html",
            form=form,
            failure=failure,
            retention_rows=self.retention,
            linked_agencies=linked,
            form_action=request.path,
        )
        return page, status


def _profile_rows(profile: Profile) -> list[tuple[str, str]]:
    if isinstance(profile, PersonProfile):
        return [
            (_("이름"), mask_name(profile.name)),
            (_("아이디"), mask_login_id(profile.login_id)),
            (_("휴대전화"), mask_phone(profile.phone)),
            (_("이메일"), mask_email(profile.email)),
        ]
    return [
        (_("회사명"), profile.company_name),
        (_("대표자명"), mask_name(profile.representative_name)),
        (_("설립일"), profile.founded_on),
        (_("사업자등록번호"), profile.business_number),
        (_("이메일"), mask_email(profile.email)),
        (_("대표 전화번호"), mask_phone(profile.phone) if profile.phone else "-"),
    ]
