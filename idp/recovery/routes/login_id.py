"""아이디 찾기."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from idp.recovery.find_member import FindMember
from idp.recovery.routes.frame import Frame
from idp.web.browser import address
from idp.web.masking import mask_login_id
from idp.web.redirects import see_other

_PURPOSE = "find_login_id"


@dataclass(frozen=True, slots=True)
class FindLoginId:
    """What the pages are made of."""

    frame: Frame
    find: FindMember

    def ask(self) -> ResponseReturnValue:
        """Choose how to prove who you are."""
        if request.method == "GET":
            return self.frame.methods_page("login_id")
        recovery = self.frame.start()
        back = url_for("recovery.found", recovery_id=recovery.id)
        on = self.frame.verify(recovery, _PURPOSE, back)
        if on is None:
            return self.frame.methods_page("login_id", failure=_("인증 방법을 선택해 주세요.")), 400
        return on

    def found(self, recovery_id: str) -> ResponseReturnValue:
        """The 아이디 of whoever was verified, or that they have none: nobody else learns either (REQ-43)."""
        recovery = self.frame.recovery(recovery_id)
        evidence = self.frame.evidence(recovery, _PURPOSE)
        if evidence is not None:
            self.frame.recoveries.prove(recovery, self.find(evidence, address(request)))
            return see_other(url_for("recovery.found", recovery_id=recovery.id))
        proof = recovery.proof
        if proof is None:
            return see_other(url_for("recovery.login_id", sign_in=recovery.sign_in))
        login_id = self.find.login_id(proof.member_id) if proof.member_id is not None else None
        shown = login_id if login_id is None or proof.whole else mask_login_id(login_id)
        return self.frame.page("login_id_found", recovery, login_id=shown, whole=proof.whole)
