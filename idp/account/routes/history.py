"""로그인 기록: who came in, or tried to, and the browsers that are signed in now."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.account.end_sessions import EndEverySession
from idp.account.routes.consents import page_mark
from idp.account.routes.frame import Frame
from idp.account.routes.words import method_word
from idp.agencies.catalogue import Catalogue
from idp.audit.actions import Action
from idp.audit.history import SIGN_INS, SignInRecord, sign_ins
from idp.errors import NotFound
from idp.sessions.session import Session
from idp.sessions.session_index import Indexed
from idp.sessions.sessions import Sessions
from idp.signin.front_channel_logout import FrontChannels
from idp.signin.routes.good_bye import GoodBye
from idp.signin.sign_out import SignOut
from idp.signin.spare_device import SpareDevice
from idp.signin.visitor import Visitor
from idp.storage.database import Database
from idp.web.browser import address
from idp.web.redirects import see_other

PAGE_SIZE = 20
_SHOWN = (
    *SIGN_INS,
    Action.SECOND_STEP_TAKEN,
    Action.SECOND_STEP_FAILED,
    Action.SECOND_STEP_CLOSED,
    Action.SIGN_IN_ANSWERED,
)


@dataclass(frozen=True, slots=True)
class HistoryPages:
    """The history and the sessions. Which session to end, the browser names by a handle; whose it is, it never says."""

    frame: Frame
    database: Database
    catalogue: Catalogue
    sessions: Sessions
    sign_out: SignOut
    good_bye: GoodBye
    front_channels: FrontChannels
    end_every_session: EndEverySession
    spare: SpareDevice

    def show(self) -> ResponseReturnValue:
        """Sessions first, then the history, newest first."""
        visitor = self.frame.visitor("history")
        before = page_mark("before")
        with self.database.reading() as connection:
            found = sign_ins(connection, visitor.session.member_id, before=before, limit=PAGE_SIZE + 1, actions=_SHOWN)
        return render_template(
            "account/history.html",
            sessions=[
                (session, self.sessions.handle(session), session.id == visitor.session.id)
                for _entry, session in self._of(visitor)
            ],
            records=[(each, *self._said(each)) for each in found[:PAGE_SIZE]],
            older_mark=found[PAGE_SIZE - 1].number if len(found) > PAGE_SIZE else None,
            paged=before is not None,
            person=visitor.kind == "person",
            spared=self.spare.listed(visitor.session.member_id),
        )

    def end(self, handle: str) -> ResponseReturnValue:
        """End one of the member's sessions; their relying parties are told."""
        visitor = self.frame.visitor("history")
        for entry, session in self._of(visitor):
            if self.sessions.handle(session) == handle:
                hearers = self.sign_out.elsewhere(entry, address=address(request))
                own = session.id == visitor.session.id
                return self.good_bye(hearers) if own else see_other(url_for("account.history"))
        raise NotFound("no such session")

    def ask_again(self, device_id: str) -> ResponseReturnValue:
        """Spare a browser the second step no more."""
        visitor = self.frame.visitor("history")
        self.spare.ask_again(visitor.session.member_id, device_id, address=address(request))
        return see_other(url_for("account.history"))

    def end_others(self) -> ResponseReturnValue:
        """End every session but this one."""
        visitor = self.frame.visitor("history")
        for entry, session in self._of(visitor):
            if session.id != visitor.session.id:
                self.sign_out.elsewhere(entry, address=address(request))
        return see_other(url_for("account.history"))

    def end_all(self) -> ResponseReturnValue:
        """모든 기기에서 로그아웃, this one too."""
        visitor = self.frame.visitor("history")
        own, hearers = self._of(visitor), self.front_channels(self.frame.browser.session_cookie())
        self.end_every_session(visitor.session.member_id, address=address(request))
        for entry, _session in own:
            self.sessions.close(entry)
        return self.good_bye(hearers)

    def _of(self, visitor: Visitor) -> list[tuple[Indexed, Session]]:
        """The member's sessions that are good for anything: one from before a change of password is not."""
        own = self.sessions.of_member(visitor.session.member_id)
        return [pair for pair in own if pair[1].member_epoch == visitor.session.member_epoch]

    def _said(self, entry: SignInRecord) -> tuple[str, str]:
        """What happened, and by which method or at which relying party."""
        if entry.action is Action.SIGN_IN_ANSWERED:
            return _("유관기관 로그인"), self.catalogue.snapshot().name_of(entry.relying_party_id or "-")
        said = {
            Action.SIGN_IN_SUCCEEDED: _("로그인"),
            Action.SIGN_IN_FAILED: _("로그인 실패"),
            Action.SIGN_IN_LOCKED: _("로그인 실패로 계정 잠김"),
            Action.SECOND_STEP_TAKEN: _("2단계 인증"),
            Action.SECOND_STEP_FAILED: _("2단계 인증 실패"),
            Action.SECOND_STEP_CLOSED: _("2단계 인증 코드 입력 제한"),
        }
        return said[entry.action], method_word(entry.method)
