"""The page for a certificate that is the enterprise's, and not registered: how to register it here and now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.errors import TooManyAttempts
from idp.signin.certificate import NotRegistered
from idp.signin.forms import RegisterCertificateForm
from idp.signin.password import WrongCredentials
from idp.signin.pending import Pending, PendingSignIns
from idp.signin.register_at_sign_in import RegisterAtSignIn
from idp.signin.register_certificate import TooManyCertificates
from idp.signin.routes.arrive import Arrive
from idp.signin.routes.login_page import allow_ending_of
from idp.signin.unregistered import Unregistered
from idp.verification.evidence import Evidence
from idp.web.browser import Browser, address
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class UnregisteredPages:
    """What the page is made of."""

    pending: PendingSignIns
    kept: Unregistered
    register: RegisterAtSignIn
    browser: Browser
    arrive: Arrive

    def begin(self, pending: Pending, evidence: Evidence) -> ResponseReturnValue:
        """Keep what was proved, and say how to go on."""
        self.kept.keep(pending, evidence)
        return self._page(pending, evidence, RegisterCertificateForm(formdata=None)), 401

    def certificate(self, pending_id: str) -> ResponseReturnValue:
        """Show the page again, or register and sign in."""
        pending = self.pending.get(pending_id, self.browser.marked())
        evidence = self.kept.get(pending)
        form = RegisterCertificateForm(formdata=None)
        if request.method == "GET":
            return self._page(pending, evidence, form)
        if request.form.get("renew") == "yes":
            return self._registered(pending, evidence, form, self.register.by_renewal)
        form = RegisterCertificateForm()
        if not form.validate_on_submit():
            return self._page(pending, evidence, form), 400

        def by_password(proved: Evidence, at: str, former: str | None) -> str:
            return self.register.by_password(proved, form.login_id.data, form.password.data, at, former)

        return self._registered(pending, evidence, form, by_password)

    def _registered(
        self,
        pending: Pending,
        evidence: Evidence,
        form: RegisterCertificateForm,
        act: Callable[[Evidence, str, str | None], str],
    ) -> ResponseReturnValue:
        try:
            cookie = act(evidence, address(request), self.browser.session_cookie())
        except WrongCredentials:
            failure = _("아이디 또는 비밀번호가 일치하지 않습니다. 다시 확인해 주세요.")
            return self._page(pending, evidence, form, failure=failure), 401
        except TooManyAttempts as refusal:
            failure = _(
                "로그인 시도가 많아 잠시 제한되었습니다. %(minutes)s분 뒤에 다시 시도해 주세요.",
                minutes=refusal.minutes,
            )
            page = self._page(pending, evidence, form, failure=failure)
            return page, 429, {"Retry-After": str(refusal.retry_after)}
        except TooManyCertificates:
            failure = _("등록할 수 있는 인증서 수를 넘었습니다. 쓰지 않는 인증서를 삭제한 뒤 다시 등록해 주세요.")
            return self._page(pending, evidence, form, failure=failure), 409
        except NotRegistered:
            # Nothing renews it any more, or the member is gone: the tab says where to begin.
            return see_other(url_for("signin.show", pending_id=pending.id, type="enterprise"))
        self.kept.spend(pending)
        response = see_other(url_for("signin.show", pending_id=pending.id))
        self.arrive(response, cookie)
        return response

    def _page(
        self, pending: Pending, evidence: Evidence, form: RegisterCertificateForm, *, failure: str | None = None
    ) -> str:
        allow_ending_of(pending)
        return render_template(
            "signin/unregistered.html",
            form=form,
            form_action=url_for("signin.certificate", pending_id=pending.id),
            other_url=url_for("signin.show", pending_id=pending.id, type="enterprise"),
            evidence=evidence,
            ending=self.register.renews(evidence),
            now=self.register.clock.now(),
            failure=failure,
        )
