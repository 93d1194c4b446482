"""통합회원 탈퇴."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Row

from idp.account.confirm_password import ConfirmPassword
from idp.account.forms import EnterpriseWithdrawForm, WithdrawForm
from idp.account.routes.frame import Frame, SignInNeeded
from idp.account.routes.words import minutes_left
from idp.agencies.catalogue import Catalogue
from idp.errors import TooManyAttempts
from idp.links import store as links
from idp.links.former_subjects import FormerSubjects
from idp.links.state import LinkState
from idp.members.leave_later import LeaveLater
from idp.members.retention import RetentionRow
from idp.members.withdraw import Withdraw
from idp.sessions.sessions import Sessions
from idp.signin.front_channel_logout import FrontChannels
from idp.signin.password import WrongCredentials
from idp.signin.visitor import Visitor
from idp.storage.database import Database
from idp.storage.expiring import ExpiringStore
from idp.web import allow_frames
from idp.web.browser import address
from idp.web.translations import language

_ASKED_WITHIN, _ASKED_AT_MOST = timedelta(minutes=10), 5


@dataclass(frozen=True, slots=True)
class WithdrawalPages:
    """Leaving: what it means, and the act. A person proves who they are by their password, an enterprise, which has
    none to sign in with, by having signed in lately (REQ-81)."""

    frame: Frame
    database: Database
    catalogue: Catalogue
    sessions: Sessions
    front_channels: FrontChannels
    confirm_password: ConfirmPassword
    withdraw_member: Withdraw
    retention: tuple[RetentionRow, ...]
    former: FormerSubjects
    leave_later: LeaveLater
    open_applications: Callable[[Iterable[tuple[str, str]]], frozenset[str]] | None
    """Asks agencies, by the member's subject there, which of them has an application open; supplied from above."""
    store: ExpiringStore

    def show(self) -> ResponseReturnValue:
        """통합회원 탈퇴 (requirements §4-4)."""
        visitor = self.frame.visitor("withdraw")
        person = visitor.kind == "person"
        form = WithdrawForm() if person else EnterpriseWithdrawForm()
        if request.method == "POST" and not person and not self.frame.has_proven(visitor):
            raise SignInNeeded("withdraw", again=True)
        if not form.validate_on_submit():
            return self._page(visitor, form, 400 if request.method == "POST" else 200)
        failure = self._not_proven(visitor, form.password.data) if isinstance(form, WithdrawForm) else None
        if failure is not None:
            return self._page(visitor, form, 401, failure)
        frames = self._frames()
        if self.leave_later.cooling_off:
            return self._later(visitor, frames, keep_subjects=bool(form.keep_subjects.data))
        released = self.withdraw_member(
            visitor.session.member_id, address=address(request), keep_subjects=bool(form.keep_subjects.data)
        )
        rows = [(name, _("탈퇴 사실을 보내는 중")) for name in released.names]
        page = render_template(
            "account/withdrawn.html", agencies=rows, receipt=released.receipt, frames=frames, sign_out_action=None
        )
        return self._gone(page)

    def _frames(self) -> list[tuple[str, str]]:
        """What the last page opens so that this browser is signed out at relying parties, too."""
        hearers = self.front_channels(self.frame.browser.session_cookie())
        framed = allow_frames(*(each.frame for each in hearers if each.frame is not None))
        return [(each.name, each.frame) for each in hearers if each.frame in framed]

    def _gone(self, page: str) -> ResponseReturnValue:
        """The last page, at a browser that knows nobody any more."""
        browser = self.frame.browser
        cookie = browser.session_cookie()
        if cookie is not None:
            self.sessions.end(cookie)
        response = make_response(page)
        browser.signed_out(response)
        browser.remember_login_id(response, None)
        return response

    def _later(self, visitor: Visitor, frames: list[tuple[str, str]], *, keep_subjects: bool) -> ResponseReturnValue:
        until = self.leave_later(visitor.session.member_id, address=address(request), keep_subjects=keep_subjects)
        page = render_template("account/leaving.html", until=until, frames=frames, sign_out_action=None)
        return self._gone(page)

    def _not_proven(self, visitor: Visitor, password: str) -> str | None:
        """Why the member at this browser has not proven again who they are, or None."""
        try:
            self.confirm_password(visitor, password, address(request))
        except WrongCredentials:
            mismatch: str = _("비밀번호가 일치하지 않습니다. 다시 확인해 주세요.")
            return mismatch
        except TooManyAttempts as refusal:
            return minutes_left(refusal)
        return None

    def _open_at(self, visitor: Visitor, subjects: list[tuple[str, str]]) -> list[str]:
        """The names of the agencies that say so. Somebody who looks again and again has them asked no more."""
        if self.open_applications is None or request.method != "GET":
            return []
        key = f"withdrawal_check:{visitor.session.member_id}"
        if self.store.increment(key, _ASKED_WITHIN) > _ASKED_AT_MOST:
            return []
        agencies, said = self.catalogue.snapshot().agencies, self.open_applications(subjects)
        return [agency.name for agency in agencies.values() if agency.id in said]

    def _page(
        self, visitor: Visitor, form: EnterpriseWithdrawForm, status: int, failure: str | None = None
    ) -> ResponseReturnValue:
        agencies = self.catalogue.snapshot().agencies
        with self.database.reading() as connection:
            held = links.of_member(connection, visitor.session.member_id)
        linked = [agencies[link.agency_id].name for link in held if _alive(link) and link.agency_id in agencies]
        page = render_template(
            "account/withdraw.html",
            form=form,
            failure=failure,
            retention_rows=[row.written_in(language()) for row in self.retention],
            linked_agencies=linked,
            open_at=self._open_at(visitor, [(link.agency_id, link.subject) for link in held if _alive(link)]),
            cooling_off_days=self.leave_later.cooling_off.days,
            may_keep_subjects=self.former.asked_for_by({link.agency_id for link in held}),
            form_action=request.path,
        )
        return page, status


def _alive(link: Row[Any]) -> bool:
    return bool(link.state != LinkState.UNLINKED)
