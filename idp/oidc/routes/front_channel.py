"""What browsers are sent to: the authorization and the end-session endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from idp.agencies.catalogue import Catalogue
from idp.oidc.answer import Answer
from idp.oidc.answered_once import AnsweredOnce
from idp.oidc.asked import AskedBy
from idp.oidc.authorization_response import AuthorizationResponse, Respond, error_members
from idp.oidc.authorize import ANSWER_PATH, read
from idp.oidc.end_session import ReadLogout
from idp.oidc.errors import InvalidRequest, OAuthError, UntrustedRequest
from idp.oidc.id_token_hint import ReadHint
from idp.oidc.parameters import parameters
from idp.sessions.sessions import Sessions
from idp.signin.desk import SignInDesk
from idp.signin.pending import Pending
from idp.signin.pending_sign_out import PendingSignOut, PendingSignOuts
from idp.signin.routes.good_bye import GoodBye
from idp.signin.sign_out import SignOut
from idp.web import auto_post, exempt
from idp.web.browser import Browser, address
from idp.web.get_only import get_only
from idp.web.redirects import see_other
from idp.web.source_words import N_
from idp.web.translations import speak_as_asked

_LONGEST_ADDRESS = 8000
"""Octets. A longer one would be sent back by the proxy on its way here, with a page that explains nothing."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FrontChannel:
    """The two endpoints and the place where a sign-in's answer is collected."""

    catalogue: Catalogue
    asked_by: AskedBy
    once: AnsweredOnce
    desk: SignInDesk
    answer: Answer
    respond: Respond
    browser: Browser
    sessions: Sessions
    read_hint: ReadHint
    read_logout: ReadLogout
    sign_out: SignOut
    pending_sign_outs: PendingSignOuts
    good_bye: GoodBye

    def blueprint(self) -> Blueprint:
        """Under `/oidc`. No form token: requests come from relying parties' pages, and none of them acts by itself on
        a post, which only turns into the same request by GET."""
        doors = Blueprint("oidc", __name__, url_prefix="/oidc")
        doors.add_url_rule("/authorize", view_func=self.authorize, methods=["GET", "POST"])
        doors.add_url_rule(ANSWER_PATH.removeprefix("/oidc") + "/<pending_id>", view_func=self.collect)
        doors.add_url_rule("/logout", view_func=self.logout, methods=["GET", "POST"])
        exempt(doors)
        get_only(doors)
        return doors

    def authorize(self) -> ResponseReturnValue:
        """OpenID Connect Core §3.1.2."""
        sent = _sent()
        if request.method == "POST":
            # A cross-site post carries no SameSite=Lax cookie; the same question by GET does.
            return _same_by_get(sent)
        asked = self.asked_by(sent)
        redirect_to = asked.redirect(self.catalogue)
        try:
            if asked.refused is not None:
                raise asked.refused
            question = asked.remembered(read(redirect_to, asked.parameters, self.read_hint))
        except OAuthError as error:
            _log.info("authorization.refused", code=error.code, detail=error.detail, relying_party=redirect_to.party.id)
            members = error_members(error)
            return _carried(
                self.respond(redirect_to.client, redirect_to.uri, redirect_to.mode, redirect_to.state, members)
            )
        begun = self.desk.begin(question, self.browser.session_cookie(), self.browser.mark)
        if isinstance(begun, Pending):
            pages = see_other(f"/signin/{begun.id}")
            speak_as_asked(pages, asked.parameters.get("ui_locales"))
            return pages
        self.once.answer(question.protocol_state)
        return _carried(self.answer(question, begun, address(request)))

    def collect(self, pending_id: str) -> ResponseReturnValue:
        """The answer of a sign-in that took pages."""
        collected = self.desk.collect(
            pending_id, self.browser.marked(), self.browser.session_cookie(), answer_path=ANSWER_PATH
        )
        if isinstance(collected, Pending):
            return see_other(f"/signin/{collected.id}")
        question, outcome = collected
        self.once.answer(question.protocol_state)
        return _carried(self.answer(question, outcome, address(request)))

    def logout(self) -> ResponseReturnValue:
        """OpenID Connect RP-Initiated Logout §2."""
        sent = _sent()
        if request.method == "POST":
            return _same_by_get(sent)
        cookie = self.browser.session_cookie()
        session = self.sessions.unfinished(cookie)
        question = self.read_logout(sent, session)
        asked_by = question.party.id if question.party is not None else None
        if session is not None and not question.proven:
            name = question.party.name if question.party is not None else None
            pending = PendingSignOut(asked_by, name, question.onward)
            answer = see_other(f"/signin/out/{self.pending_sign_outs.put(pending, self.browser.mark())}")
        else:
            hearers = self.sign_out(cookie, address=address(request), asked_by=asked_by)
            answer = self.good_bye(hearers, question.onward)
        speak_as_asked(answer, sent.get("ui_locales"))
        return answer


def _carried(response: AuthorizationResponse) -> Response:
    """The browser on its way with `response`. RFC 6749 §4.1.2, OAuth 2.0 Form Post Response Mode §2."""
    if response.by == "form_post":
        return auto_post(response.uri.value, tuple(response.members.items()), response.client_name)
    return see_other(response.address)


def _sent() -> dict[str, str]:
    """The parameters as they were sent.

    Raises:
        UntrustedRequest: they cannot be read without doubt.
    """
    if request.method == "POST" and request.mimetype != "application/x-www-form-urlencoded":
        raise UntrustedRequest("content type must be application/x-www-form-urlencoded")
    try:
        return parameters(request.get_data() if request.method == "POST" else request.query_string)
    except InvalidRequest as error:
        raise UntrustedRequest(error.description) from error


def _same_by_get(sent: Mapping[str, str]) -> Response:
    same = f"{request.path}?{urlencode(sent)}"
    if len(same) > _LONGEST_ADDRESS:
        raise UntrustedRequest(
            "posted request too long",
            public=N_("서비스가 보낸 요청이 너무 깁니다. 서비스로 돌아가 관리자에게 알려 주세요."),
        )
    return see_other(same)
