"""비밀번호 재설정."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.recovery.ask_reset_link import AskResetLink
from idp.recovery.find_member import FindMember
from idp.recovery.forms import LoginIdForm
from idp.recovery.limits import TooManyRecoveries
from idp.recovery.recoveries import Recovery, RecoveryExpired
from idp.recovery.routes.frame import Frame
from idp.recovery.routes.new_password import NewPassword
from idp.recovery.set_new_password import Authority
from idp.web.browser import address
from idp.web.redirects import see_other

_PURPOSE = "reset_password"


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """What the pages are made of. Up to the proof, no page looks anybody up whose answer could be seen."""

    frame: Frame
    find: FindMember
    ask_link: AskResetLink
    by_email: bool
    new_password: NewPassword

    def ask(self) -> ResponseReturnValue:
        """Whose password."""
        form = LoginIdForm()
        if not form.validate_on_submit():
            return self.frame.page("password", form=form), 400 if request.method == "POST" else 200
        recovery = self.frame.start(form.login_id.data)
        return see_other(url_for("recovery.ways", recovery_id=recovery.id))

    def ways(self, recovery_id: str) -> ResponseReturnValue:
        """How to prove that you are that member; and back from having done so."""
        recovery = self._recovery(recovery_id)
        evidence = self.frame.evidence(recovery, _PURPOSE)
        if evidence is not None:
            proof = self.find.of_login_id(evidence, recovery.login_id or "", address(request))
            if proof is None:
                return self.frame.page("no_match", recovery), 403
            self.frame.recoveries.prove(recovery, proof)
            return self._to_new_password(recovery)
        if recovery.proof is not None:
            return self._to_new_password(recovery)
        return self._ways_page(recovery)

    def verify(self, recovery_id: str) -> ResponseReturnValue:
        """On to the chosen method."""
        recovery = self._recovery(recovery_id)
        on = self.frame.verify(recovery, _PURPOSE, url_for("recovery.ways", recovery_id=recovery.id))
        if on is None:
            return self._ways_page(recovery, failure=_("인증 방법을 선택해 주세요.")), 400
        return on

    def send_link(self, recovery_id: str) -> ResponseReturnValue:
        """A letter, to whom it can reach; the page says the same in any case."""
        recovery = self._recovery(recovery_id)
        if not self.by_email:
            return self._ways_page(recovery, failure=_("인증 방법을 선택해 주세요.")), 400
        try:
            self.ask_link(recovery.login_id or "", address(request))
        except TooManyRecoveries as refusal:
            failure = _(
                "메일을 여러 번 요청해 잠시 제한되었습니다. %(minutes)s분 뒤에 다시 시도해 주세요.",
                minutes=refusal.minutes,
            )
            return self._ways_page(recovery, failure=failure), 429, {"Retry-After": str(refusal.retry_after)}
        return see_other(url_for("recovery.sent", recovery_id=recovery.id))

    def sent(self, recovery_id: str) -> ResponseReturnValue:
        """What may have been sent, and what to do when nothing comes."""
        recovery = self._recovery(recovery_id)
        return self.frame.page("sent", recovery, ways_url=url_for("recovery.ways", recovery_id=recovery.id))

    def set(self, recovery_id: str) -> ResponseReturnValue:
        """A new password, for whoever was verified."""
        recovery = self._recovery(recovery_id)
        proof = recovery.proof
        if proof is None or proof.member_id is None:
            return see_other(url_for("recovery.ways", recovery_id=recovery.id))
        authority = Authority(proof.member_id, proof.epoch, proof.method)
        return self.new_password(authority, lambda: self.frame.recoveries.spend(recovery), recovery)

    def done(self) -> ResponseReturnValue:
        """That it is set, and where to sign in."""
        return self.frame.page("done")

    def _recovery(self, recovery_id: str) -> Recovery:
        recovery = self.frame.recovery(recovery_id)
        if recovery.login_id is None:
            raise RecoveryExpired("begun for another purpose")
        return recovery

    def _to_new_password(self, recovery: Recovery) -> ResponseReturnValue:
        return see_other(url_for("recovery.set", recovery_id=recovery.id))

    def _ways_page(self, recovery: Recovery, *, failure: str | None = None) -> str:
        return self.frame.methods_page(
            "ways",
            recovery,
            login_id=recovery.login_id,
            by_email=self.by_email,
            failure=failure,
            verify_action=url_for("recovery.verify", recovery_id=recovery.id),
            email_action=url_for("recovery.send_link", recovery_id=recovery.id),
        )
