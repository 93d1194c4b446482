"""Reaching the level a relying party asks for by a verification; also the way past a second factor that was lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.members import store as members
from idp.members.directory import Directory
from idp.members.profile import Profile
from idp.sessions.session import Session
from idp.signin.certificate import CertificateUnknown
from idp.signin.desk import SignInDesk
from idp.signin.means import MeansOf
from idp.signin.next_step import Ask, Page
from idp.signin.pending import Pending, PendingSignIns
from idp.signin.routes.login_page import allow_ending_of
from idp.signin.routes.second_step import SecondStepPages
from idp.signin.step_up import PURPOSE, StepUp, verification_of
from idp.verification.desk import MethodNotOffered, VerificationDesk
from idp.verification.method import Method
from idp.verification.transactions import BoundElsewhere, PageExpired
from idp.web.browser import Browser, address
from idp.web.redirects import see_other


class _Asked(NamedTuple):
    """Whom the page is for; `instead` where it stands in for a second factor that they have and cannot use."""

    session: Session
    profile: Profile
    methods: tuple[Method, ...]
    level: int
    instead: bool


@dataclass(frozen=True, slots=True)
class StepUpPages:
    """What the page is made of."""

    desk: SignInDesk
    pending: PendingSignIns
    directory: Directory
    means: MeansOf
    verification: VerificationDesk
    step_up: StepUp
    second: SecondStepPages
    browser: Browser

    def show(self, pending_id: str) -> ResponseReturnValue:
        """The same page, for whoever cannot take the second step."""
        pending = self.pending.get(pending_id, self.browser.marked())
        return self._shown(pending, "")

    def begin(self, pending_id: str) -> ResponseReturnValue:
        """Begin a verification that nobody but this member passes."""
        pending = self.pending.get(pending_id, self.browser.marked())
        found = self._asked(pending)
        if found is None:
            return see_other(url_for("signin.show", pending_id=pending.id))
        code = request.form.get("method", "")
        back = url_for("signin.stepped_up", pending_id=pending.id)
        bound_to = _bound_to(pending, found.session)
        asked = verification_of(found.profile, bound_to, back, pending.request.continues_at)
        if code not in {method.code for method in found.methods}:
            return self._shown(pending, _("확인할 방법을 선택해 주세요."))
        try:
            where = self.verification.begin(code, asked, self.browser.mark(), address=address(request))
        except MethodNotOffered:
            return self._shown(pending, _("지금은 이용할 수 없는 방법입니다. 다른 방법을 선택해 주세요."))
        return see_other(where)

    def verified(self, pending_id: str) -> ResponseReturnValue:
        """Back from it."""
        mark = self.browser.marked()
        pending = self.pending.get(pending_id, mark)
        found = self._asked(pending)
        if found is not None:
            try:
                evidence = self.verification.collect(
                    request.args.get("verification", ""), mark, PURPOSE, _bound_to(pending, found.session)
                )
            except (PageExpired, BoundElsewhere):
                # Turned back, or loaded again: what comes next, the sign-in itself knows.
                return see_other(url_for("signin.show", pending_id=pending.id))
            if evidence.method in {method.code for method in found.methods}:
                try:
                    by = self.step_up(found.session.member_id, evidence, address=address(request))
                except CertificateUnknown:
                    failure = _("등록하지 않은 인증서입니다. 마이페이지의 인증서 관리에서 등록한 다음 이용해 주세요.")
                    return self._shown(pending, failure)
                return self.second.go_on(pending, found.session, by)
        return see_other(url_for("signin.show", pending_id=pending.id))

    def _asked(self, pending: Pending) -> _Asked | None:
        considered = self.desk.look(pending, self.browser.session_cookie())
        if not isinstance(considered.next, Ask) or considered.session is None:
            return None
        page, level = considered.next.page, considered.next.level
        if page not in (Page.STEP_UP, Page.SECOND_STEP):
            return None
        with self.desk.database.reading() as connection:
            row = members.find(connection, considered.session.member_id)
        profile = self.directory.profile(row) if row is not None else None
        if profile is None:
            return None
        methods = self.means.methods(profile, level)
        return _Asked(considered.session, profile, methods, level, page is Page.SECOND_STEP)

    def _shown(self, pending: Pending, error: str) -> ResponseReturnValue:
        found = self._asked(pending)
        if found is None:
            return see_other(url_for("signin.show", pending_id=pending.id))
        allow_ending_of(pending)
        party = self.desk.relying_party(pending.request)
        page = render_template(
            "signin/step_up.html",
            base=url_for("signin.show", pending_id=pending.id),
            methods=found.methods,
            level=found.level,
            instead=found.instead,
            essential=pending.request.acr_essential,
            relying_party_name=party.name if party is not None else None,
            error=error,
        )
        return page, 400 if error else 200


def _bound_to(pending: Pending, session: Session) -> str:
    """This sign-in of this member: who signs in meanwhile as somebody else collects nothing."""
    return f"{pending.id}:{session.id}"
