"""The blueprint of a member's own pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from idp.account.routes.agencies import AgencyPages
from idp.account.routes.certificates import CertificatePages
from idp.account.routes.clock import SessionClock
from idp.account.routes.consents import ConsentPages
from idp.account.routes.email import EmailPages
from idp.account.routes.frame import ANSWER_PATH, PAGES, Frame, SignInNeeded
from idp.account.routes.history import HistoryPages
from idp.account.routes.passkeys import PasskeyPages
from idp.account.routes.phone import PhonePages
from idp.account.routes.profile import ProfilePages
from idp.account.routes.second_step import SecondStepPages
from idp.account.routes.whose_page import refused
from idp.account.routes.withdrawal import WithdrawalPages
from idp.signin.routes.good_bye import GoodBye
from idp.signin.sign_out import SignOut
from idp.web.browser import address
from idp.web.get_only import get_only
from idp.web.masking import mask_name

_BOTH = ["GET", "POST"]


@dataclass(frozen=True, slots=True)
class AccountPages:
    """What the pages are made of."""

    frame: Frame
    clock: SessionClock
    profile: ProfilePages
    email: EmailPages
    phone: PhonePages
    agencies: AgencyPages
    certificates: CertificatePages
    second_step: SecondStepPages
    passkeys: PasskeyPages
    consents: ConsentPages
    history: HistoryPages
    withdrawal: WithdrawalPages
    sign_out: SignOut
    good_bye: GoodBye

    def blueprint(self) -> Blueprint:
        """The pages under `/account`, the start page and the page after signing out."""
        pages = Blueprint("account", __name__, template_folder="../templates")
        pages.add_url_rule("/", view_func=self.home)
        pages.add_url_rule("/signed-out", view_func=self.signed_out)
        pages.add_url_rule(f"{ANSWER_PATH}/<pending_id>", "answer", self.frame.answer)
        pages.add_url_rule("/account/sign-out", view_func=self.leave, methods=["POST"])
        pages.add_url_rule("/account/session", "session", self.clock.show)
        pages.add_url_rule("/account/session/extend", "extend", self.clock.extend, methods=["POST"])
        pages.add_url_rule(PAGES["profile"], "profile", self.profile.show)
        pages.add_url_rule(PAGES["edit"], "edit", self.profile.edit, methods=_BOTH)
        pages.add_url_rule("/account/email/prove", "prove_email", self.email.send, methods=["POST"])
        pages.add_url_rule("/account/phone/prove", "prove_phone", self.phone.send, methods=["POST"])
        pages.add_url_rule("/account/phone/proven", "phone_proven", self.phone.proven)
        pages.add_url_rule(PAGES["password"], "password", self.profile.password, methods=_BOTH)
        pages.add_url_rule(PAGES["agencies"], "agencies", self.agencies.show)
        pages.add_url_rule(f"{PAGES['agencies']}/<agency_id>/unlink", "unlink", self.agencies.unlink, methods=_BOTH)
        pages.add_url_rule(PAGES["withdraw"], "withdraw", self.withdrawal.show, methods=_BOTH)
        self._certificates(pages)
        self._second_step(pages)
        self._consents_and_history(pages)
        pages.register_error_handler(SignInNeeded, self.frame.sign_in)
        # Machines ask the start page whether we live.
        get_only(pages, but="home")
        pages.before_request(self._for_whom)
        pages.app_context_processor(lambda: {"sign_out_action": "/account/sign-out"})
        pages.context_processor(lambda: {"session_left": self.clock.left, "session_final": self.clock.final})
        return pages

    def home(self) -> ResponseReturnValue:
        """Where somebody arrives who typed our address."""
        visitor = self.frame.visitors.find(self.frame.browser.session_cookie())
        name = mask_name(visitor.profile.display_name) if visitor is not None else ""
        return render_template("web/home.html", signed_in=visitor is not None, member_name=name)

    def signed_out(self) -> ResponseReturnValue:
        """Said after signing out, where no relying party is to be returned to."""
        return render_template("web/signed_out.html")

    def leave(self) -> ResponseReturnValue:
        """로그아웃."""
        return self.good_bye(self.sign_out(self.frame.browser.session_cookie(), address=address(request)))

    def _for_whom(self) -> ResponseReturnValue | None:
        if request.method != "POST":
            return None
        return refused(self.frame.visitors.find(self.frame.browser.session_cookie()))

    def _second_step(self, pages: Blueprint) -> None:
        base, own, passkeys, post = PAGES["second_step"], self.second_step, self.passkeys, ["POST"]
        pages.add_url_rule(base, "second_step", own.show)
        pages.add_url_rule(f"{base}/app", "second_step_app", own.app, methods=_BOTH)
        pages.add_url_rule(f"{base}/app/qr.svg", "second_step_qr", own.qr)
        pages.add_url_rule(f"{base}/app/remove", "second_step_remove", own.remove, methods=_BOTH)
        pages.add_url_rule(f"{base}/codes", "recovery_codes", own.renew_codes, methods=post)
        pages.add_url_rule("/account/passkeys/options", "passkey_options", passkeys.ask, methods=post)
        pages.add_url_rule("/account/passkeys/new", "passkey_new", passkeys.begin)
        pages.add_url_rule("/account/passkeys", "passkey_register", passkeys.register, methods=post)
        pages.add_url_rule("/account/passkeys/<row_id>/name", "passkey_name", passkeys.name, methods=_BOTH)
        pages.add_url_rule("/account/passkeys/<row_id>/remove", "passkey_remove", passkeys.remove, methods=_BOTH)

    def _certificates(self, pages: Blueprint) -> None:
        base, own = PAGES["certificates"], self.certificates
        pages.add_url_rule(base, "certificates", own.show)
        pages.add_url_rule(f"{base}/register", "certificate_register", own.register, methods=["POST"])
        pages.add_url_rule(f"{base}/verified", "certificate_verified", own.verified)
        pages.add_url_rule(f"{base}/<row_id>/name", "certificate_name", own.name, methods=_BOTH)
        pages.add_url_rule(f"{base}/<row_id>/remove", "certificate_remove", own.remove, methods=_BOTH)

    def _consents_and_history(self, pages: Blueprint) -> None:
        base, consents = PAGES["consents"], self.consents
        pages.add_url_rule(base, "consents", consents.show)
        pages.add_url_rule(f"{base}/<document_id>/<int:number>", "consent_text", consents.text)
        pages.add_url_rule(f"{base}/<document_id>", "consent_answer", consents.answer, methods=["POST"])
        base, history = PAGES["history"], self.history
        pages.add_url_rule(base, "history", history.show)
        pages.add_url_rule("/account/devices/<device_id>/ask-again", "ask_again", history.ask_again, methods=["POST"])
        pages.add_url_rule("/account/sessions/end-others", "end_others", history.end_others, methods=["POST"])
        pages.add_url_rule("/account/sessions/end-all", "end_all", history.end_all, methods=["POST"])
        pages.add_url_rule("/account/sessions/<handle>/end", "end_session", history.end, methods=["POST"])
