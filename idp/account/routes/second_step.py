"""2단계 인증: an app's codes, recovery codes, and how passkeys fit in."""

from __future__ import annotations

import io
from dataclasses import dataclass

import segno
from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.account.level_to_change import LevelToChange
from idp.account.own_passkeys import OwnPasskeys
from idp.account.own_second_step import OwnSecondStep
from idp.account.pending_secret import PendingSecret
from idp.account.routes.frame import PAGES, Frame
from idp.credentials.one_time_codes import AppRegistered, enrolment_uri
from idp.errors import NotFound
from idp.sessions.assurance import by_one_time_code
from idp.sessions.sessions import SessionOver
from idp.signin.take_code import AddProof, WrongCode
from idp.signin.visitor import Visitor
from idp.web.browser import address
from idp.web.redirects import see_other

_PAGE = "second_step"
_LEVEL = 2
"""To let go of a second factor takes one, lately; a browser that is spared it is asked here all the same."""


@dataclass(frozen=True, slots=True)
class SecondStepPages:
    """What the pages are made of."""

    frame: Frame
    own: OwnSecondStep
    passkeys: OwnPasskeys
    secrets: PendingSecret
    add_proof: AddProof
    level: LevelToChange
    brand: str

    def show(self) -> ResponseReturnValue:
        """What is on, and what can be."""
        return self.page(self.frame.visitor(_PAGE))

    def app(self) -> ResponseReturnValue:
        """Add an app: what it must be told, and the first code it shows."""
        visitor = self._person(self.frame.visitor(_PAGE))
        visitor = self.frame.proven(_PAGE, level=self.level(visitor.session.member_id))
        session = visitor.session
        if self.own.state(session.member_id).since is not None:
            return see_other(PAGES[_PAGE])
        secret = self.secrets.of(session)
        if request.method == "GET":
            return self._app_page(secret)
        try:
            codes = self.own.turn_on(
                session.member_id, secret, request.form.get("code", "")[:64], address=address(request)
            )
        except WrongCode:
            return self._app_page(secret, _("코드가 맞지 않습니다. 앱에 새로 표시된 코드를 입력해 주세요.")), 400
        except AppRegistered:
            return see_other(PAGES[_PAGE])
        self.secrets.forget(session)
        former = self.frame.browser.session_cookie() or ""
        try:
            cookie, _renewed = self.add_proof(former, session, by_one_time_code(self.frame.clock.now()))
        except SessionOver:
            # They signed out meanwhile: recovery codes are for nobody to see any more. New ones can be made.
            return see_other(PAGES[_PAGE])
        response = self._codes_page(codes, new=True)
        self.frame.browser.signed_in(response, cookie)
        return response

    def qr(self) -> ResponseReturnValue:
        """What the app is told, as a picture of our own: no policy need allow data in addresses."""
        visitor = self._person(self.frame.visitor(_PAGE))
        secret = self.secrets.look(visitor.session)
        if secret is None:
            raise NotFound("no app is being added")
        picture = io.BytesIO()
        segno.make(enrolment_uri(secret, visitor.profile.login_id or self.brand, self.brand), error="m").save(
            picture, kind="svg", scale=5, border=4, light="#fff", xmldecl=False
        )
        return Response(picture.getvalue(), mimetype="image/svg+xml", headers={"Cache-Control": "no-store"})

    def remove(self) -> ResponseReturnValue:
        """해제: first what it means, then the act."""
        visitor = self._person(self.frame.proven(_PAGE, level=_LEVEL))
        if request.method == "GET":
            return render_template("account/second_step_remove.html")
        self.own.turn_off(visitor.session.member_id, address=address(request))
        return see_other(PAGES[_PAGE])

    def renew_codes(self) -> ResponseReturnValue:
        """Ten new recovery codes."""
        visitor = self._person(self.frame.proven(_PAGE, level=_LEVEL))
        return self._codes_page(self.own.renew_codes(visitor.session.member_id, address=address(request)), new=False)

    def page(self, visitor: Visitor, *, failure: str = "") -> str:
        """The overview, also with what went wrong."""
        member_id = visitor.session.member_id
        return render_template(
            "account/second_step.html",
            person=visitor.kind == "person",
            state=self.own.state(member_id),
            passkeys=self.passkeys.listed(member_id),
            offered=self.passkeys.ceremonies.offered,
            full=len(self.passkeys.listed(member_id)) >= self.passkeys.ceremonies.policy.most,
            proven=self.frame.has_proven(visitor, self.level(member_id)),
            failure=failure,
        )

    def _app_page(self, secret: str, error: str = "") -> str:
        grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
        return render_template("account/second_step_app.html", secret=grouped, error=error)

    def _codes_page(self, codes: tuple[str, ...], *, new: bool) -> Response:
        page = Response(render_template("account/recovery_codes.html", codes=codes, new=new), mimetype="text/html")
        page.headers["Cache-Control"] = "no-store"
        return page

    def _person(self, visitor: Visitor) -> Visitor:
        if visitor.kind != "person":
            raise NotFound("an enterprise signs in by certificate")
        return visitor
