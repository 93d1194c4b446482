"""The sign-in pages. Each does one thing and goes back to the desk, which says what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.agencies.relying_party import RelyingParty
from idp.credentials.attempts import AccountLocked
from idp.crypto.digests import same
from idp.errors import TooManyAttempts
from idp.links.connect import Connect
from idp.sessions.session import Session
from idp.signals.catalogue import LinkReason
from idp.signin.desk import Considered, SignInDesk
from idp.signin.forms import PasswordForm
from idp.signin.next_step import Ask, Page
from idp.signin.password import WAY_BACK, SignInByPassword, WrongCredentials
from idp.signin.pending import Pending, PendingSignIns
from idp.signin.pending_sign_out import PendingSignOuts
from idp.signin.released_items import items
from idp.signin.renew_terms import RenewTerms
from idp.signin.routes.arrive import Arrive
from idp.signin.routes.enterprise import EnterpriseTab
from idp.signin.routes.good_bye import GoodBye
from idp.signin.routes.leaving import LeavingPage
from idp.signin.routes.login_page import allow_ending_of, login_page
from idp.signin.routes.logo import logo_address
from idp.signin.routes.passkey import PasskeyDoor
from idp.signin.routes.second_step import SecondStepPages
from idp.signin.routes.step_up import StepUpPages
from idp.signin.sign_out import SignOut
from idp.signin.visitor import Visitor, Visitors
from idp.terms.answer import NotAgreed
from idp.web import allow_form_targets
from idp.web.browser import Browser, address
from idp.web.get_only import get_only
from idp.web.masking import mask_name
from idp.web.redirects import see_other
from idp.web.translations import language

_OF_A_SESSION = frozenset({Page.SECOND_STEP, Page.STEP_UP, Page.LEAVING})


@dataclass(frozen=True, slots=True)
class SignInPages:
    """What the pages are made of."""

    desk: SignInDesk
    pending: PendingSignIns
    sign_in: SignInByPassword
    by_certificate: EnterpriseTab
    renew: RenewTerms
    connect: Connect
    visitors: Visitors
    sign_out: SignOut
    pending_sign_outs: PendingSignOuts
    good_bye: GoodBye
    browser: Browser
    arrive: Arrive
    second: SecondStepPages
    step_up: StepUpPages
    passkeys: PasskeyDoor
    leaving: LeavingPage

    def blueprint(self) -> Blueprint:
        """The pages under `/signin`."""
        pages = Blueprint("signin", __name__, template_folder="../templates", url_prefix="/signin")
        pages.add_url_rule("/<pending_id>", view_func=self.show)
        pages.add_url_rule("/<pending_id>/password", view_func=self.password, methods=["POST"])
        pages.add_url_rule("/<pending_id>/enterprise", view_func=self.by_certificate.enterprise, methods=["POST"])
        pages.add_url_rule("/<pending_id>/enterprise", endpoint="verified", view_func=self.by_certificate.verified)
        register = self.by_certificate.unregistered.certificate
        pages.add_url_rule("/<pending_id>/certificate", view_func=register, methods=["GET", "POST"])
        pages.add_url_rule("/<pending_id>/stay", view_func=self.leaving.stay, methods=["POST"])
        pages.add_url_rule("/<pending_id>/consent", view_func=self.consent, methods=["POST"])
        pages.add_url_rule("/<pending_id>/terms", view_func=self.answer_terms, methods=["POST"])
        self._second_factors(pages)
        get_only(pages)
        pages.add_url_rule("/out/<pending_id>", view_func=self.confirm_sign_out, methods=["GET", "POST"])
        return pages

    def show(self, pending_id: str) -> ResponseReturnValue:
        """Whatever comes next: a page, or on to the protocol that asked."""
        pending = self.pending.get(pending_id, self.browser.marked())
        cookie = self.browser.session_cookie()
        considered = self._look(pending, cookie)
        if not isinstance(considered.next, Ask):
            return see_other(f"{pending.request.answer_path}/{pending.id}")
        if considered.session is not None and considered.next.page in _OF_A_SESSION:
            return self._of_a_session(pending, considered, considered.session, considered.next.page)
        party = self.desk.relying_party(pending.request)
        visitor = self.visitors.find(cookie)
        if considered.next.page is Page.TERMS and visitor is not None:
            return self._terms_page(pending, visitor)
        if considered.next.page is Page.CONSENT and party is not None and visitor is not None:
            return self._consent_page(pending, party, visitor)
        kind = request.args.get("type") or (visitor.kind if visitor is not None else "person")
        if kind == "enterprise":
            return self.by_certificate.show(pending, reauthenticate=visitor is not None)
        return self._password_page(pending, party, PasswordForm(), reauthenticate=visitor is not None)

    def _of_a_session(
        self, pending: Pending, considered: Considered, session: Session, page: Page
    ) -> ResponseReturnValue:
        if page is Page.LEAVING:
            return self.leaving.page(pending, considered)
        return self.second.page(pending, session) if page is Page.SECOND_STEP else self.step_up.show(pending.id)

    def password(self, pending_id: str) -> ResponseReturnValue:
        """Check 아이디 and 비밀번호."""
        pending = self.pending.get(pending_id, self.browser.marked())
        party = self.desk.relying_party(pending.request)
        form = PasswordForm()
        if not form.validate_on_submit():
            return self._password_page(pending, party, form, status=400)
        former = self.browser.session_cookie()
        try:
            cookie, _session = self.sign_in(
                form.login_id.data, form.password.data, address(request), former, self.browser.device()
            )
        except WrongCredentials:
            failure = _("아이디 또는 비밀번호가 일치하지 않습니다. 다시 확인해 주세요.")
            return self._password_page(pending, party, form, failure=failure, status=401)
        except TooManyAttempts as refusal:
            failure = _(
                "로그인 시도가 많아 잠시 제한되었습니다. %(minutes)s분 뒤에 다시 시도해 주세요.",
                minutes=refusal.minutes,
            )
            way_back = isinstance(refusal, AccountLocked)
            page, status = self._password_page(pending, party, form, failure=failure, way_back=way_back, status=429)
            return page, status, {"Retry-After": str(refusal.retry_after)}
        response = see_other(url_for("signin.show", pending_id=pending.id))
        self.arrive(response, cookie)
        self.browser.remember_login_id(response, form.login_id.data if form.remember_login_id.data else None)
        return response

    def passkey(self, pending_id: str) -> ResponseReturnValue:
        """Take what an authenticator answered."""
        pending = self.pending.get(pending_id, self.browser.marked())
        answered = self.passkeys.answer(pending_id)
        if not isinstance(answered, str):
            return answered
        session = self.second.asked(pending)
        if session is not None:
            return self.second.page(pending, session, error=answered), 401
        party = self.desk.relying_party(pending.request)
        return self._password_page(pending, party, PasswordForm(formdata=None), failure=answered, status=401)

    def consent(self, pending_id: str) -> ResponseReturnValue:
        """Take the member's yes or no to the link and what it releases.

        Whoever signed in meanwhile, in another tab, has not read the page that was made for somebody else: it is shown
        again, to them.
        """
        pending = self.pending.get(pending_id, self.browser.marked())
        party = self.desk.relying_party(pending.request)
        considered = self.desk.look(pending, self.browser.session_cookie())
        asked = isinstance(considered.next, Ask) and considered.next.page is Page.CONSENT
        if party is None or considered.session is None or not asked or not self._shown_to(considered.session):
            return see_other(url_for("signin.show", pending_id=pending.id))
        accepted = request.form.get("decision") == "accept"
        if accepted:
            self.connect(
                considered.session.member_id,
                party,
                pending.request.scopes,
                reason=LinkReason.SIGN_IN,
                address=address(request),
            )
        else:
            self.connect.declined(considered.session.member_id, party, pending.request.scopes, address=address(request))
        by = considered.session.member_id
        self.pending.progress(pending, consented=accepted, declined=not accepted, by=by)
        return see_other(url_for("signin.show", pending_id=pending.id))

    def answer_terms(self, pending_id: str) -> ResponseReturnValue:
        """Take the member's answers to documents that changed since they last agreed (REQ-13)."""
        pending = self.pending.get(pending_id, self.browser.marked())
        visitor = self.visitors.find(self.browser.session_cookie())
        if visitor is None or not self._shown_to(visitor.session):
            return see_other(url_for("signin.show", pending_id=pending.id))
        everything = request.form.get("all") == "yes"
        choices = {
            document.id: everything or request.form.get(document.id) == "yes"
            for document in self.renew.outstanding(visitor.session.member_id, visitor.kind)
        }
        try:
            self.renew(visitor.session.member_id, visitor.kind, choices, address=address(request), language=language())
        except NotAgreed:
            return self._terms_page(pending, visitor, choices), 400
        return see_other(url_for("signin.show", pending_id=pending.id))

    def confirm_sign_out(self, pending_id: str) -> ResponseReturnValue:
        """Ask whether to sign out everywhere, and do so (OpenID Connect RP-Initiated Logout §2)."""
        pending = self.pending_sign_outs.get(pending_id, self.browser.marked())
        onward = pending.onward if pending.onward is not None and pending.onward.by_itself else None
        if onward is not None:
            allow_form_targets(onward.url)
        if request.method == "GET":
            return render_template(
                "signin/confirm_sign_out.html",
                form_action=request.path,
                relying_party_name=pending.relying_party_name,
            )
        self.pending_sign_outs.spend(pending_id)
        if request.form.get("decision") != "sign_out":
            return see_other(onward.url if onward is not None else "/")
        cookie = self.browser.session_cookie()
        hearers = self.sign_out(cookie, address=address(request), asked_by=pending.asked_by)
        return self.good_bye(hearers, pending.onward)

    def _password_page(
        self,
        pending: Pending,
        party: RelyingParty | None,
        form: PasswordForm,
        *,
        failure: str | None = None,
        way_back: bool = False,
        reauthenticate: bool = False,
        status: int = 200,
    ) -> tuple[str, int]:
        if request.method == "GET":
            remembered = self.browser.remembered_login_id()
            form.login_id.data = pending.request.login_hint or remembered
            form.remember_login_id.data = bool(remembered)
        page = login_page(
            "password",
            pending,
            party,
            form=form,
            failure=failure,
            way_back=way_back,
            reauthenticate=reauthenticate,
            passkeys=self.passkeys.use.ceremonies.offered,
            base=url_for("signin.show", pending_id=pending.id),
            find_login_id_url=f"/recovery/login-id?sign_in={pending.id}",
            reset_password_url=f"{WAY_BACK}?sign_in={pending.id}",
        )
        return page, status

    def _second_factors(self, pages: Blueprint) -> None:
        post = ["POST"]
        pages.add_url_rule("/<pending_id>/code", "code", self.second.code, methods=post)
        pages.add_url_rule("/<pending_id>/skip", "skip", self.second.skip, methods=post)
        pages.add_url_rule("/<pending_id>/passkey/options", "passkey_options", self.passkeys.ask, methods=post)
        pages.add_url_rule("/<pending_id>/passkey", "passkey", self.passkey, methods=post)
        pages.add_url_rule("/<pending_id>/step-up", "step_up", self.step_up.show)
        pages.add_url_rule("/<pending_id>/step-up", "begin_step_up", self.step_up.begin, methods=post)
        pages.add_url_rule("/<pending_id>/stepped-up", "stepped_up", self.step_up.verified)

    def _shown_to(self, session: Session) -> bool:
        """Whether the page that was posted was made for who is signed in now."""
        return same(request.form.get("shown_to", ""), self.desk.sessions.handle(session))

    def _look(self, pending: Pending, cookie: str | None) -> Considered:
        """What comes next. Where documents changed that are asked of others, only the edition is new to this member."""
        considered, visitor = self.desk.look(pending, cookie), self.visitors.find(cookie)
        if visitor is None or not isinstance(considered.next, Ask) or considered.next.page is not Page.TERMS:
            return considered
        member_id = visitor.session.member_id
        if self.renew.outstanding(member_id, visitor.kind):
            return considered
        with suppress(NotAgreed):
            self.renew(member_id, visitor.kind, {}, address=address(request), language=language())
        return self.desk.look(pending, cookie)

    def _terms_page(self, pending: Pending, visitor: Visitor, choices: Mapping[str, bool] | None = None) -> str:
        allow_ending_of(pending)
        documents = self.renew.outstanding(visitor.session.member_id, visitor.kind)
        return render_template(
            "signin/terms.html",
            documents=documents,
            choices=choices or {},
            missing=[each.id for each in documents if each.required and not choices.get(each.id)] if choices else (),
            form_action=url_for("signin.answer_terms", pending_id=pending.id),
            shown_to=self.desk.sessions.handle(visitor.session),
            language=language(),
        )

    def _consent_page(self, pending: Pending, party: RelyingParty, visitor: Visitor) -> str:
        allow_ending_of(pending)
        return render_template(
            "signin/consent.html",
            agency_name=party.agency.name,
            agency_description=party.agency.description,
            relying_party_name=party.name,
            logo=logo_address(party),
            client=party.oidc,
            member_name=mask_name(visitor.profile.display_name),
            items=items(pending.request.scopes, person=visitor.kind == "person"),
            form_action=url_for("signin.consent", pending_id=pending.id),
            shown_to=self.desk.sessions.handle(visitor.session),
        )
