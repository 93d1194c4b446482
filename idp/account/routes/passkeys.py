"""패스키 of a member: making, naming and removing, each after having proven lately who it is."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.account.forms import PasskeyNameForm
from idp.account.own_passkeys import OwnPasskeys
from idp.account.routes.frame import PAGES, Frame
from idp.account.routes.second_step import SecondStepPages
from idp.credentials.passkey_ceremonies import Occasion
from idp.credentials.passkey_refusals import AttestationRefused, PasskeyRefused, TooManyPasskeys
from idp.credentials.passkeys import PasskeyTaken
from idp.errors import NotFound
from idp.signin.visitor import Visitor
from idp.web.browser import address
from idp.web.redirects import see_other

_PAGE = "second_step"


@dataclass(frozen=True, slots=True)
class PasskeyPages:
    """What the pages are made of."""

    frame: Frame
    own: OwnPasskeys
    overview: SecondStepPages

    def begin(self) -> ResponseReturnValue:
        """Prove who it is, where that was too long ago, and back to the page whose script makes one."""
        self._changing()
        return see_other(PAGES[_PAGE])

    def ask(self) -> ResponseReturnValue:
        """What the authenticator is asked."""
        visitor = self._changing()
        options = self.own.ask(
            self._occasion(visitor), visitor.session.member_id, visitor.profile.login_id or self.overview.brand
        )
        return Response(options, content_type="application/json", headers={"Cache-Control": "no-store"})

    def register(self) -> ResponseReturnValue:
        """Keep what it made, and let the member name it."""
        # Asked here too: a challenge of before the first one was made must not add a second by the password alone.
        visitor = self._changing()
        answer = request.form.get("credential", "")
        try:
            row_id = self.own.register(
                self._occasion(visitor), visitor.session.member_id, answer, address=address(request)
            )
        except PasskeyTaken:
            return self.overview.page(visitor, failure=_("이미 등록한 패스키입니다.")), 409
        except TooManyPasskeys:
            failure = _("등록할 수 있는 패스키 수를 넘었습니다. 쓰지 않는 패스키를 삭제한 뒤 다시 등록해 주세요.")
            return self.overview.page(visitor, failure=failure), 409
        except AttestationRefused:
            failure = _("이 서비스에서 허용하지 않는 인증 장치입니다. 다른 장치로 등록해 주세요.")
            return self.overview.page(visitor, failure=failure), 403
        except PasskeyRefused:
            return self.overview.page(visitor, failure=_("패스키를 등록하지 못했습니다. 다시 시도해 주세요.")), 400
        return see_other(url_for("account.passkey_name", row_id=row_id, new="1"))

    def name(self, row_id: str) -> ResponseReturnValue:
        """What it is called."""
        visitor = self._person(self.frame.proven(_PAGE))
        passkey = self.own.one(visitor.session.member_id, row_id)
        form = PasskeyNameForm()
        if form.validate_on_submit():
            self.own.rename(visitor.session.member_id, row_id, form.name.data, address=address(request))
            return see_other(PAGES[_PAGE])
        if request.method == "GET":
            form.name.data = passkey.name
        new = request.args.get("new") == "1"
        page = render_template("account/passkey_name.html", form=form, passkey=passkey, new=new)
        return page, 400 if request.method == "POST" else 200

    def remove(self, row_id: str) -> ResponseReturnValue:
        """삭제: first what it means, then the act."""
        visitor = self._changing()
        passkey = self.own.one(visitor.session.member_id, row_id)
        if request.method == "GET":
            return render_template("account/passkey_remove.html", passkey=passkey)
        self.own.remove(visitor.session.member_id, row_id, address=address(request))
        return see_other(PAGES[_PAGE])

    def _occasion(self, visitor: Visitor) -> Occasion:
        return Occasion(self.frame.browser.mark(), f"register:{visitor.session.id}")

    def _changing(self) -> Visitor:
        visitor = self._person(self.frame.visitor(_PAGE))
        return self.frame.proven(_PAGE, level=self.overview.level(visitor.session.member_id))

    def _person(self, visitor: Visitor) -> Visitor:
        if visitor.kind != "person" or not self.own.ceremonies.offered:
            raise NotFound("no passkeys here")
        return visitor
