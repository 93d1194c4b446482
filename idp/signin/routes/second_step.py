"""The second step: a code, or a passkey of the member's; or, where neither is at hand, a verification."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.credentials.daily_guesses import GuessesSpent
from idp.credentials.passkeys import has_passkey
from idp.errors import TooManyAttempts
from idp.members import store as members
from idp.members.directory import Directory
from idp.sessions.assurance import Authentication
from idp.sessions.session import Session
from idp.sessions.sessions import SessionOver
from idp.signin.desk import Considered, SignInDesk
from idp.signin.means import MeansOf
from idp.signin.next_step import Ask, Page
from idp.signin.passkey import UsePasskey
from idp.signin.pending import Pending, PendingSignIns
from idp.signin.routes.arrive import Arrive
from idp.signin.routes.login_page import allow_ending_of
from idp.signin.spare_device import SpareDevice
from idp.signin.take_code import AddProof, TakeCode, WrongCode
from idp.web.browser import Browser, address
from idp.web.redirects import see_other

_LONGEST = 64

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SecondStepPages:
    """What the page is made of."""

    desk: SignInDesk
    pending: PendingSignIns
    directory: Directory
    means: MeansOf
    take_code: TakeCode
    passkey: UsePasskey
    add_proof: AddProof
    spare: SpareDevice
    arrive: Arrive
    browser: Browser

    def code(self, pending_id: str) -> ResponseReturnValue:
        """Take a code."""
        pending = self.pending.get(pending_id, self.browser.marked())
        session = self.asked(pending)
        if session is None:
            return see_other(url_for("signin.show", pending_id=pending.id))
        typed = request.form.get("code", "")[:_LONGEST]
        if not typed.strip():
            return self.page(pending, session, error=_("인증 코드를 입력해 주세요.")), 400
        try:
            by = self.take_code(session.member_id, typed, address(request))
        except WrongCode:
            error = _("코드가 맞지 않거나 이미 사용한 코드입니다. 앱에 새로 표시된 코드를 입력해 주세요.")
            return self.page(pending, session, error=error), 401
        except GuessesSpent as refusal:
            _log.info("second_step.refused", code=refusal.code)
            return self.page(pending, session), 429, {"Retry-After": str(refusal.retry_after)}
        except TooManyAttempts as refusal:
            error = _(
                "시도가 많아 잠시 제한되었습니다. %(minutes)s분 뒤에 다시 시도해 주세요.", minutes=refusal.minutes
            )
            return self.page(pending, session, error=error), 429, {"Retry-After": str(refusal.retry_after)}
        return self.go_on(pending, session, by)

    def go_on(self, pending: Pending, session: Session, by: Authentication) -> ResponseReturnValue:
        """On with a session that `by` was added to."""
        former = self.browser.session_cookie() or ""
        own = session.awaits_second_step
        try:
            cookie, renewed = self.add_proof(former, session, by)
        except SessionOver as over:
            _log.info("second_step.refused", code=over.code)
            # They signed out meanwhile, perhaps elsewhere: the sign-in begins with who they are.
            return see_other(url_for("signin.show", pending_id=pending.id))
        if by.level > 0:
            # Says by itself who is there; guesses at their codes were somebody else's.
            self.take_code.daily.forget(session.member_id)
        response = see_other(url_for("signin.show", pending_id=pending.id))
        # First of all, so that a browser nobody knew is told about before it is spared anything.
        self.arrive(response, cookie)
        if own and request.form.get("spare") == "y":
            self.browser.know_device(response, self.spare(renewed, address=address(request)))
        return response

    def skip(self, pending_id: str) -> ResponseReturnValue:
        """Go on without the level that was asked for. What the member asks of themselves is not passed by."""
        pending = self.pending.get(pending_id, self.browser.marked())
        if self.asked(pending) is not None or self.asked(pending, Page.STEP_UP) is not None:
            self.pending.progress(pending, skipped=True)
        return see_other(url_for("signin.show", pending_id=pending.id))

    def asked(self, pending: Pending, page: Page = Page.SECOND_STEP) -> Session | None:
        """Whose step it is; None where something else comes next."""
        considered = self.desk.look(pending, self.browser.session_cookie())
        return considered.session if asks(considered, page) else None

    def page(self, pending: Pending, session: Session, *, error: str = "") -> str:
        """The page."""
        allow_ending_of(pending)
        with self.desk.database.reading() as connection:
            row = members.find(connection, session.member_id)
            profile = self.directory.profile(row) if row is not None else None
            passkey = self.passkey.ceremonies.offered and has_passkey(connection, session.member_id)
            app = self.take_code.codes.registered_at(connection, session.member_id) is not None
        # Whoever lost the only factor they have is neither shut out of their own pages nor of what asks for a level.
        others = self.means.methods(profile, 2) if profile is not None else ()
        party = self.desk.relying_party(pending.request)
        return render_template(
            "signin/second_step.html",
            base=url_for("signin.show", pending_id=pending.id),
            has_app=app,
            closed=app and self.take_code.daily.spent(session.member_id),
            has_passkey=passkey,
            own=session.awaits_second_step,
            relying_party_name=party.name if party is not None else None,
            essential=pending.request.acr_essential,
            spared_days=self.spare.lifetime.days,
            verifiable=bool(others),
            error=error,
        )


def asks(considered: Considered, page: Page) -> bool:
    """Whether this page comes next."""
    return isinstance(considered.next, Ask) and considered.next.page is page
