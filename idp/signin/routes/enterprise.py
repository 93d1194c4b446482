"""The tab `기업 회원 로그인`: a 사업자등록번호, and a certificate that the enterprise registered."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.signin.certificate import METHODS, PURPOSE, CertificateUnknown, NotRegistered, SignInByCertificate
from idp.signin.desk import SignInDesk
from idp.signin.forms import EnterpriseForm
from idp.signin.pending import Pending, PendingSignIns
from idp.signin.routes.arrive import Arrive
from idp.signin.routes.login_page import login_page
from idp.signin.routes.unregistered import UnregisteredPages
from idp.verification.desk import VerificationDesk
from idp.verification.evidence import Holder
from idp.verification.request import VerificationRequest
from idp.verification.transactions import BoundElsewhere, PageExpired
from idp.web.browser import Browser, address
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class EnterpriseTab:
    """What the tab is made of."""

    desk: SignInDesk
    pending: PendingSignIns
    verification: VerificationDesk
    sign_in: SignInByCertificate
    browser: Browser
    arrive: Arrive
    unregistered: UnregisteredPages

    def show(self, pending: Pending, *, reauthenticate: bool) -> ResponseReturnValue:
        """The empty form."""
        return self._page(pending, EnterpriseForm(formdata=None), reauthenticate=reauthenticate)

    def enterprise(self, pending_id: str) -> ResponseReturnValue:
        """Take a 사업자등록번호 and let the enterprise prove that it is theirs. Whose it is, nobody looks up yet."""
        pending = self.pending.get(pending_id, self.browser.marked())
        form = EnterpriseForm()
        form.method.choices = self._methods()
        if not form.validate_on_submit():
            return self._page(pending, form), 400
        back = url_for("signin.verified", pending_id=pending.id)
        asked = VerificationRequest(
            PURPOSE,
            Holder.BUSINESS,
            pending.id,
            back,
            form.business_number.data,
            ends_at=pending.request.continues_at,
        )
        where = self.verification.begin(form.method.data, asked, self.browser.mark(), address=address(request))
        return see_other(where)

    def verified(self, pending_id: str) -> ResponseReturnValue:
        """Back from the certificate: whose evidence it is, and whether they registered it."""
        mark = self.browser.marked()
        pending = self.pending.get(pending_id, mark)
        try:
            evidence = self.verification.collect(request.args.get("verification", ""), mark, PURPOSE, pending.id)
        except (PageExpired, BoundElsewhere):
            # Turned back, or loaded again: what comes next, the sign-in itself knows.
            return see_other(url_for("signin.show", pending_id=pending.id, type="enterprise"))
        try:
            cookie = self.sign_in(evidence, address(request), self.browser.session_cookie())
        except CertificateUnknown:
            return self.unregistered.begin(pending, evidence)
        except NotRegistered:
            form = EnterpriseForm(formdata=None, business_number=evidence.business_number, method=evidence.method)
            failure = _(
                "이 사업자등록번호와 인증서로는 로그인할 수 없습니다. "
                "통합회원 가입 및 마이페이지에서 인증서 등록 후 이용 가능합니다."
            )
            return self._page(pending, form, failure=failure), 401
        response = see_other(url_for("signin.show", pending_id=pending.id))
        self.arrive(response, cookie)
        return response

    def _methods(self) -> list[tuple[str, str]]:
        enabled = {method.code for method in self.verification.methods(Holder.BUSINESS)}
        return [(code, _(label)) for code, label in METHODS.items() if code in enabled]

    def _page(
        self, pending: Pending, form: EnterpriseForm, *, failure: str | None = None, reauthenticate: bool = False
    ) -> str:
        return login_page(
            "enterprise",
            pending,
            self.desk.relying_party(pending.request),
            form=form,
            failure=failure,
            reauthenticate=reauthenticate,
            methods=self._methods(),
            method=form.method.data,
            method_missing=bool(form.method.errors),
        )
