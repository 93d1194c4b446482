"""What every recovery page shares: this browser, the sign-in it came from, verification and its way back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.recovery.limits import AskLimits
from idp.recovery.recoveries import Recoveries, Recovery
from idp.signin.pending import PageExpired, PendingSignIns
from idp.verification.desk import MethodNotOffered, VerificationDesk
from idp.verification.evidence import Evidence, Holder
from idp.verification.request import VerificationRequest
from idp.verification.transactions import BoundElsewhere, PageExpired as VerificationExpired
from idp.web.browser import Browser, address
from idp.web.errors import error_page
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class Frame:
    """Begins recoveries, sends them to be verified and takes what was proven."""

    recoveries: Recoveries
    limits: AskLimits
    verification: VerificationDesk
    pending: PendingSignIns
    browser: Browser

    def start(self, login_id: str | None = None) -> Recovery:
        """A new recovery in this browser.

        Raises:
            TooManyRecoveries: this network address began too many.
        """
        self.limits.begin(address(request))
        return self.recoveries.start(self.browser.mark(), sign_in=self.sign_in(), login_id=login_id)

    def recovery(self, recovery_id: str) -> Recovery:
        """The one of this id in this browser.

        Raises:
            RecoveryExpired: there is none.
        """
        return self.recoveries.get(recovery_id, self.browser.marked())

    def verify(self, recovery: Recovery, purpose: str, back: str) -> ResponseReturnValue | None:
        """On to the chosen method; None where none that is offered was chosen."""
        asked = VerificationRequest(purpose, Holder.PERSON, recovery.id, back)
        try:
            where = self.verification.begin(
                request.form.get("method", ""), asked, self.browser.mark(), address=address(request)
            )
        except MethodNotOffered:
            return None
        return see_other(where)

    def evidence(self, recovery: Recovery, purpose: str) -> Evidence | None:
        """What was proven, once; None where somebody turned back, or loads the page again."""
        tx_id = request.args.get("verification")
        if tx_id is None:
            return None
        try:
            return self.verification.collect(tx_id, self.browser.marked(), purpose, recovery.id)
        except (VerificationExpired, BoundElsewhere):
            return None

    def sign_in(self, recovery: Recovery | None = None) -> str | None:
        """The id of the started sign-in they came from, while it waits."""
        wanted = recovery.sign_in if recovery is not None else request.values.get("sign_in")
        try:
            return self.pending.get(wanted or "", self.browser.marked()).id
        except PageExpired:
            return None

    def page(self, template: str, recovery: Recovery | None = None, **shown: object) -> str:
        """A page; `sign_in_url` leads back to where they were going."""
        sign_in = self.sign_in(recovery)
        return render_template(
            f"recovery/{template}.html",
            sign_in=sign_in,
            sign_in_url=url_for("signin.show", pending_id=sign_in) if sign_in is not None else "/account/",
            find_login_id_url=url_for("recovery.login_id", sign_in=sign_in),
            reset_password_url=url_for("recovery.password", sign_in=sign_in),
            join_url=url_for("enrolment.start", sign_in=sign_in),
            **shown,
        )

    def methods_page(self, template: str, recovery: Recovery | None = None, **shown: object) -> str:
        """A page that offers the methods."""
        return self.page(template, recovery, methods=self.verification.methods(Holder.PERSON), **shown)


def expired(_error: Exception) -> ResponseReturnValue:
    """What somebody reads whose recovery is over."""
    return error_page(
        404,
        title=_("진행 중인 화면이 아닙니다"),
        sentence=_("시간이 지났거나, 이미 마쳤거나, 다른 브라우저에서 시작한 화면입니다."),
        next_steps=[_("아이디 찾기나 비밀번호 재설정을 처음부터 다시 진행해 주세요.")],
        way_on=url_for("recovery.password"),
        way_on_label=_("비밀번호 재설정"),
    )


def link_expired(_error: Exception) -> ResponseReturnValue:
    """What somebody reads whose link is good no more."""
    return error_page(
        404,
        title=_("사용할 수 없는 링크입니다"),
        sentence=_("링크는 정해진 시간 안에 한 번만 사용할 수 있습니다. 이미 사용했거나 시간이 지났습니다."),
        next_steps=[
            _("비밀번호를 바꾸려던 것이면 비밀번호 재설정을 처음부터 다시 진행해 주세요."),
            _("이메일 주소를 확인하려던 것이면 로그인한 뒤 나의 정보에서 확인 메일을 다시 받아 주세요."),
        ],
        way_on=url_for("recovery.password"),
        way_on_label=_("비밀번호 재설정"),
    )
