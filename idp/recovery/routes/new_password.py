"""The form for a new password, however the right to set it was proven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.recovery.forms import NewPasswordForm
from idp.recovery.recoveries import Recovery
from idp.recovery.routes.frame import Frame
from idp.recovery.set_new_password import Authority, SetNewPassword
from idp.web.browser import address
from idp.web.masking import mask_login_id
from idp.web.password_words import password_rule, why_weak
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class NewPassword:
    """Shows the form; takes it."""

    frame: Frame
    set_new_password: SetNewPassword

    def __call__(
        self, authority: Authority, spend: Callable[[], object], recovery: Recovery | None = None
    ) -> ResponseReturnValue:
        """The form, or what came of it. `spend` uses the proof up, and raises where it was used before; that happens
        when the password is known to be good, so that a weak one costs nobody their link.

        Raises:
            ProofOutdated: the proof is good no more.
        """
        profile = self.set_new_password.member(authority)
        form = NewPasswordForm()
        judged = form.validate_on_submit()
        password = (form.password.data or "") if judged else ""
        if judged:
            weaknesses = self.set_new_password.weaknesses(profile, password)
            if weaknesses:
                form.password.errors = [why_weak(weaknesses)]
            if form.password_again.data != password:
                form.password_again.errors = [_("비밀번호가 서로 다릅니다. 같은 비밀번호를 다시 한번 입력해 주세요.")]
        if not judged or form.password.errors or form.password_again.errors:
            page = self.frame.page(
                "new_password",
                recovery,
                form=form,
                form_action=request.path,
                rule=password_rule(),
                login_id=mask_login_id(profile.login_id),
            )
            return page, 400 if request.method == "POST" else 200
        spend()
        self.set_new_password(authority, password, address(request))
        response = see_other(url_for("recovery.done", sign_in=self.frame.sign_in(recovery)))
        # Whoever was signed in here is not any more; the cookie would only be looked up in vain.
        self.frame.browser.signed_out(response)
        return response
