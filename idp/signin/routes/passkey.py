"""Passkeys on the sign-in pages: by autofill or button on the first, as the second step on the second."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.credentials.passkey_ceremonies import Occasion
from idp.credentials.passkey_refusals import ChallengeSpent, CounterRegressed, PasskeyRefused, UnknownPasskey
from idp.errors import NotFound
from idp.signin.passkey import UsePasskey
from idp.signin.pending import Pending, PendingSignIns
from idp.signin.routes.arrive import Arrive
from idp.signin.routes.second_step import SecondStepPages
from idp.web.browser import Browser, address
from idp.web.redirects import see_other


@dataclass(frozen=True, slots=True)
class PasskeyDoor:
    """What the pages' script calls. Which of the two steps it is, the sign-in knows; the browser never says."""

    pending: PendingSignIns
    use: UsePasskey
    second: SecondStepPages
    arrive: Arrive
    browser: Browser

    def ask(self, pending_id: str) -> ResponseReturnValue:
        """What the authenticator is asked."""
        if not self.use.ceremonies.offered:
            raise NotFound("no passkeys here")
        pending = self.pending.get(pending_id, self.browser.marked())
        session = self.second.asked(pending)
        occasion = self._occasion(pending, session.member_id if session is not None else None)
        options = self.use.ask(occasion, session.member_id if session is not None else None)
        return Response(options, content_type="application/json", headers={"Cache-Control": "no-store"})

    def answer(self, pending_id: str) -> Response | str:
        """Take what it answered: a new session, or the second step of one. A sentence where it is refused."""
        pending = self.pending.get(pending_id, self.browser.marked())
        session = self.second.asked(pending)
        text = request.form.get("credential", "")
        occasion = self._occasion(pending, session.member_id if session is not None else None)
        try:
            if session is not None:
                by = self.use.second_step(occasion, text, address(request), session.member_id)
                gone_on = self.second.go_on(pending, session, by)
                assert isinstance(gone_on, Response)  # noqa: S101  # a redirect
                return gone_on
            former = self.browser.session_cookie()
            cookie, _session = self.use.sign_in(occasion, text, address(request), former)
        except PasskeyRefused as refusal:
            return passkey_words(refusal)
        response = see_other(url_for("signin.show", pending_id=pending.id))
        self.arrive(response, cookie)
        return response

    def _occasion(self, pending: Pending, member_id: str | None) -> Occasion:
        return Occasion(self.browser.marked() or "", f"sign-in:{pending.id}:{member_id or ''}")


def passkey_words(refusal: PasskeyRefused) -> str:
    """What the member is told: what to do, and nothing that would help whoever is not them."""
    if isinstance(refusal, ChallengeSpent):
        said: str = _("시간이 지났거나 이미 사용한 요청입니다. 패스키 확인을 다시 시도해 주세요.")
    elif isinstance(refusal, UnknownPasskey):
        said = _("등록되지 않은 패스키입니다. 삭제한 패스키라면 기기의 비밀번호 관리자에서도 지워 주세요.")
    elif isinstance(refusal, CounterRegressed):
        said = _(
            "이 패스키가 복제되었을 수 있어 사용하지 않았습니다. 다른 방법으로 로그인한 뒤 이 패스키를 삭제해 주세요."
        )
    else:
        said = _("패스키를 확인하지 못했습니다. 다시 시도하거나 다른 방법으로 로그인해 주세요.")
    return said
